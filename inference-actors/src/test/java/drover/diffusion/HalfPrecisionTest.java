package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import drover.inference.Sampler;
import drover.sampling.GaussianNoise;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingPlan;
import drover.sampling.StepListener;
import drover.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What networks make in float16, as they do on GPUs, beside the reference implementation's numbers of float32 and beside
 * the pictures that they make in float32. The golden cases' own tolerances are for float32 and hold there.
 */
class HalfPrecisionTest {
    /** Root of the mean square of the error, by that of the values: float16 has 11 bits, 0.0005, at each operation. */
    private static final double TOLERANCE = 0.005;

    /** Decibels. From about 40 on, two pictures look the same. */
    private static final double LEAST_PSNR = 40;

    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    private static Torch torch;
    private NativeScope scope;

    @TempDir
    private Path folder;

    @BeforeAll
    static void startTorch() {
        torch = new Torch(TorchOptions.cpu(2));
    }

    @AfterAll
    static void stopTorch() {
        assertThat(torch.liveHandles()).as("native objects left behind").isZero();
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
                        torch, ModelSource.at(GoldenCase.fixture("")), "text_encoder", DataType.FLOAT16)) {
            NDArray ids = golden.array("input.input_ids");
            long[] flat = ids.toLongArray();
            long[][] rows =
                    new long[(int) ids.getShape().get(0)][(int) ids.getShape().get(1)];
            for (int i = 0; i < flat.length; i++) {
                rows[i / rows[0].length][i % rows[0].length] = flat[i];
            }
            ClipTextEncoder.Encoding encoding = encoder.encode(scope, rows);
            assertClose(golden, encoding.hidden(1), "output.last_hidden_state");
            assertClose(golden, encoding.pooled(), "output.pooled");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unet_forward", "unet_forward_odd_size"})
    void unet(String name) throws Exception {
        try (GoldenCase golden = GoldenCase.open(name, scope);
                UNet2DConditionModel unet = UNet2DConditionModel.load(
                        torch, ModelSource.at(GoldenCase.fixture("")), "unet", DataType.FLOAT16)) {
            NDArray sample = half(golden.array("input.sample"));
            NDArray context = half(golden.array("input.encoder_hidden_states"));
            for (var timestep : golden.json().path("timesteps")) {
                NDArray predicted = unet.predict(scope, sample, timestep.floatValue(), context, Optional.empty());
                assertClose(golden, predicted, "output.eps_t" + timestep.asText());
            }
        }
    }

    @Test
    void autoencoder() throws Exception {
        Path part = Files.createDirectories(folder.resolve("model/vae"));
        Path from = GoldenCase.fixture("vae");
        Files.copy(GoldenCase.fixture("model_index.json"), folder.resolve("model/model_index.json"));
        Files.copy(from.resolve(WEIGHTS), part.resolve(WEIGHTS));
        String config = Files.readString(from.resolve("config.json"));
        assertThat(config).contains("\"force_upcast\": true");
        Files.writeString(
                part.resolve("config.json"), config.replace("\"force_upcast\": true", "\"force_upcast\": false"));
        try (GoldenCase golden = GoldenCase.open("vae", scope);
                AutoencoderKL vae =
                        AutoencoderKL.load(torch, ModelSource.at(folder.resolve("model")), "vae", DataType.FLOAT16)) {
            assertClose(
                    golden, vae.encode(scope, half(golden.array("input.image"))).mean(), "output.mean");
            assertClose(golden, vae.decode(scope, half(golden.array("input.latent"))), "output.decoded");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sd15", "sdxl"})
    void picturesLookTheSame(String fixture) throws Exception {
        assertLooksTheSame(ModelSource.at(Fixtures.path(fixture)));
    }

    @Test
    void picturesOfStableDiffusionTwoLookTheSame() throws Exception {
        assertLooksTheSame(ModelSource.at(new TinyTwo(false, 4).folder(folder.resolve("two"))));
    }

    @Test
    void theAutoencoderOfSdxlStaysInFloat32() throws Exception {
        try (StableDiffusion model = StableDiffusion.load(
                torch, ModelSource.at(Fixtures.path("sdxl")), DataType.FLOAT16, (bytes, of) -> {})) {
            assertThat(model.unet().dtype()).isEqualTo(DataType.FLOAT16);
            assertThat(model.vae().dtype()).isEqualTo(DataType.FLOAT32);
        }
    }

    private static NDArray half(NDArray array) {
        return array.toType(DataType.FLOAT16, true);
    }

    private void assertClose(GoldenCase golden, NDArray actual, String tensor) throws WeightsException {
        assertThat(actual.getDataType()).isEqualTo(DataType.FLOAT16);
        float[] expected = golden.floats(tensor);
        double error = Math.sqrt(meanSquare(scope.toFloats(actual), expected));
        double size = Math.sqrt(meanSquare(expected, new float[expected.length]));
        assertThat(error / size).as(tensor).isLessThan(TOLERANCE);
    }

    private static void assertLooksTheSame(ModelSource source) throws EngineException {
        float[] wide = picture(source, DataType.FLOAT32);
        float[] narrow = picture(source, DataType.FLOAT16);
        assertThat(wide).isNotEqualTo(narrow);
        // From -1 to 1.
        double psnr = 10 * Math.log10(4 / meanSquare(wide, narrow));
        assertThat(psnr).isGreaterThan(LEAST_PSNR);
    }

    private static float[] picture(ModelSource source, DataType dtype) throws EngineException {
        try (StableDiffusion model = StableDiffusion.load(torch, source, dtype, (bytes, of) -> {})) {
            StableDiffusion.LatentSize size = model.latentSize(64, 64);
            SamplingPlan plan = SamplingPlan.of(Sampler.EULER, model.schedule().table(), 6, true);
            GaussianNoise stream = new GaussianNoise(3);
            float[] noise = stream.next(size.elements());
            Prompts prompts = new Prompts("a red apple", Optional.of("blurry"), 5, 1);
            try (Conditioning conditioning = model.condition(prompts, size)) {
                float[] latents = model.denoise(
                        conditioning, plan, size, noise, NoiseSource.independent(stream), StepListener.NONE);
                return StableDiffusion.finite(model.decode(latents, size));
            }
        }
    }

    private static double meanSquare(float[] one, float[] other) {
        assertThat(one).hasSameSizeAs(other);
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += Math.pow(one[i] - other[i], 2);
        }
        return sum / one.length;
    }
}
