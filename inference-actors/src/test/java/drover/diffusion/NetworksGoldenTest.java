package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every network alone against the reference implementation's numbers. */
class NetworksGoldenTest {
    private static Torch torch;
    private NativeScope scope;

    @BeforeAll
    static void startTorch() {
        torch = new Torch(TorchOptions.cpu(2));
    }

    @AfterAll
    static void stopTorch() {
        torch.close();
    }

    @BeforeEach
    void openScope() {
        scope = torch.open("test");
    }

    @AfterEach
    void closeScope() {
        scope.close();
    }

    @Test
    void textEncoder() throws Exception {
        try (GoldenCase golden = GoldenCase.open("text_encoder", scope);
                ClipTextEncoder encoder = ClipTextEncoder.load(
                        torch, ModelSource.at(GoldenCase.fixture("")), "text_encoder", DataType.FLOAT32)) {
            NDArray ids = golden.array("input.input_ids");
            int length = (int) ids.getShape().get(1);
            long[] flat = ids.toLongArray();
            long[][] rows = new long[(int) ids.getShape().get(0)][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = Arrays.copyOfRange(flat, i * length, (i + 1) * length);
            }
            ClipTextEncoder.Encoding encoding = encoder.encode(scope, rows);
            golden.assertClose(encoding.hidden(1), "output.last_hidden_state");
            golden.assertClose(encoding.hidden(2), "output.clip_skip_2");
            golden.assertClose(encoding.hidden(3), "output.clip_skip_3");
            golden.assertClose(encoding.hidden(4), "output.clip_skip_4");
            golden.assertClose(encoding.unnormed(2), "output.penultimate_no_norm");
            golden.assertClose(encoding.pooled(), "output.pooled");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unet_forward", "unet_forward_odd_size"})
    void unet(String name) throws Exception {
        try (GoldenCase golden = GoldenCase.open(name, scope);
                UNet2DConditionModel unet = UNet2DConditionModel.load(
                        torch, ModelSource.at(GoldenCase.fixture("")), "unet", DataType.FLOAT32)) {
            NDArray sample = golden.array("input.sample");
            NDArray context = golden.array("input.encoder_hidden_states");
            for (var timestep : golden.json().path("timesteps")) {
                NDArray predicted = unet.predict(scope, sample, timestep.floatValue(), context, Optional.empty());
                golden.assertClose(predicted, "output.eps_t" + timestep.asText());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"vae", "vae-legacy-keys"})
    void autoencoder(String folder) throws Exception {
        try (GoldenCase golden = GoldenCase.open("vae", scope);
                AutoencoderKL vae =
                        AutoencoderKL.load(torch, ModelSource.at(GoldenCase.fixture("")), folder, DataType.FLOAT32)) {
            AutoencoderKL.Posterior posterior = vae.encode(scope, golden.array("input.image"));
            golden.assertClose(posterior.mean(), "output.mean");
            golden.assertClose(posterior.logVariance(), "output.logvar");
            golden.assertClose(vae.decode(scope, golden.array("input.latent")), "output.decoded");
        }
    }
}
