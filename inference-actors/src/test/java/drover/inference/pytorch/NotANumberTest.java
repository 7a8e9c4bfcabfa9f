package drover.inference.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.ExtraFiles;
import drover.diffusion.Fixtures;
import drover.inference.AttemptId;
import drover.inference.ControlUse;
import drover.inference.Drawing;
import drover.inference.EngineException;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.Sampler;
import drover.picture.Picture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks that make no numbers. */
class NotANumberTest {
    private static final Picture GREY = new Picture(64, 64, new byte[3 * 64 * 64]);
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("test"), 1);

    @TempDir
    private Path folder;

    @Test
    void damagedWeightsMakeAnHonestFaultAndTheNextJobRuns() throws Exception {
        Path spoiled = TinyModels.spoiled(folder.resolve("spoiled"), "conv_out.bias", Float.NaN);
        Path good = TinyModels.copy(folder.resolve("good"));
        try (PyTorchEngine engine = TinyModels.engine(DataType.FLOAT32, spoiled, good)) {
            assertThatThrownBy(() -> engine.run(ATTEMPT, request("spoiled"), new Recorder()))
                    .isInstanceOfSatisfying(EngineException.NotANumber.class, e -> {
                        assertThat(e.code()).isEqualTo("drover:picture.not-a-number");
                        assertThat(e.retryable()).isFalse();
                        assertThat(e).hasMessageContaining("drover models check");
                    });
            assertThat(engine.run(ATTEMPT, request("good"), new Recorder())).hasSize(1);
        }
    }

    @Test
    void whatIsTooLargeForHalfPrecisionIsPaintedInFloat32() throws Exception {
        Path large = TinyModels.spoiled(folder.resolve("large"), "conv_out.bias", 1e6f);
        Recorder recorder = new Recorder();
        try (PyTorchEngine engine = TinyModels.engine(DataType.FLOAT16, large)) {
            assertThat(engine.run(ATTEMPT, request("large"), recorder)).hasSize(1);
            assertThat(engine.resident()).containsExactly("large");
        }
        List<Position> positions = recorder.positions();
        assertThat(positions).isSorted();
        // Three steps, one step of loading, and three more.
        assertThat(positions).contains(new Position(Phase.DENOISING, 7, 7));
    }

    /** What has been painted is not painted again. */
    @Test
    void onlyTheDecodingIsRepeatedWhereOnlyItFailed() throws Exception {
        Path large = TinyModels.spoiled(folder.resolve("large"), "vae", "decoder.conv_out.bias", 1e6f);
        Path config = large.resolve("vae/config.json");
        Files.writeString(
                config, Files.readString(config).replace("\"force_upcast\": true", "\"force_upcast\": false"));
        Recorder recorder = new Recorder();
        try (PyTorchEngine engine = TinyModels.engine(DataType.FLOAT16, large)) {
            Picture picture =
                    engine.run(ATTEMPT, request("large"), recorder).getFirst().picture();
            // Red is far too bright; the rest is as it was.
            for (int i = 0; i < picture.rgb().length; i += 3) {
                assertThat(picture.rgb()[i]).isEqualTo((byte) 255);
            }
        }
        assertThat(recorder.positions()).isSorted();
        assertThat(recorder.positions().getLast().phase()).isEqualTo(Phase.DECODING);
        assertThat(recorder.positions()).contains(new Position(Phase.DENOISING, 3, 3));
    }

    @Test
    void whatIsNoNumberInFloat32EitherIsAFault() throws Exception {
        Path spoiled = TinyModels.spoiled(folder.resolve("spoiled"), "conv_out.bias", Float.NaN);
        try (PyTorchEngine engine = TinyModels.engine(DataType.FLOAT16, spoiled)) {
            assertThatThrownBy(() -> engine.run(ATTEMPT, request("spoiled"), new Recorder()))
                    .isInstanceOf(EngineException.NotANumber.class);
        }
    }

    @Test
    void aSecondTryWithAControlNetHasAllOfItInFloat32() throws Exception {
        Path large = TinyModels.spoiled(folder.resolve("large"), "conv_out.bias", 1e6f);
        Recorder recorder = new Recorder();
        ImageFeatures control = ImageFeatures.NONE.withControl(new ControlUse(
                "controlnet", recorder.keep("control", Pixels.png(GREY)), ControlUse.Type.NONE, 1, false));
        try (PyTorchEngine engine = TinyModels.engine(DataType.FLOAT16, large)) {
            assertThat(engine.run(ATTEMPT, request("large").with(control), recorder))
                    .hasSize(1);
            assertThat(engine.usage())
                    .extracting(ModelCache.Usage::model)
                    .contains("controlnet/controlnet", "float32/controlnet/controlnet", "float32/large");
        }
    }

    @Test
    void anUpscalerThatIsTooLargeForHalfPrecisionRunsInFloat32() throws Exception {
        Path good = TinyModels.copy(folder.resolve("good"));
        Path upscalers = Files.createDirectory(folder.resolve("upscalers"));
        Path bright = upscalers.resolve("bright.safetensors");
        Files.copy(Fixtures.path("upscaler/x4").resolve("model.safetensors"), bright);
        TinyModels.spoil(bright, "conv_last.bias", 1e6f);
        ExtraFiles files = new ExtraFiles(folder, upscalers, folder, folder);
        ImageFeatures larger = new ImageFeatures(
                Optional.empty(), List.of(), Optional.empty(), false, Optional.empty(), List.of("bright"));
        Recorder recorder = new Recorder();
        try (PyTorchEngine engine = TinyModels.engine(DataType.FLOAT16, files, good)) {
            Picture picture = only(engine, request("good").with(larger), recorder);
            assertThat(picture.width()).isEqualTo(256);
            assertThat(picture.rgb()[0]).isEqualTo((byte) 255);
        }
        assertThat(recorder.positions()).isSorted();
    }

    private static Picture only(PyTorchEngine engine, ImageRequest request, Recorder recorder) throws EngineException {
        List<Drawing> drawings = engine.run(ATTEMPT, request, recorder);
        assertThat(drawings).hasSize(1);
        return drawings.getFirst().picture();
    }

    private static ImageRequest request(String model) {
        return new ImageRequest(model, "a red apple", "", 64, 64, 3, Sampler.EULER, 5, 41, 1, 1, Optional.empty());
    }
}
