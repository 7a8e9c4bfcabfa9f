package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import drover.inference.Sampler;
import drover.sampling.SamplingPlan;
import drover.sampling.Spacing;
import drover.sampling.StepListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StableDiffusionTwoTest {
    private static final String PROMPT = "a photograph of an astronaut riding a horse";

    @TempDir
    Path folder;

    private Torch torch;

    @BeforeEach
    void start() {
        torch = new Torch(TorchOptions.cpu(1));
    }

    @AfterEach
    void free() {
        assertThat(torch.liveHandles()).as("native objects left behind").isZero();
        torch.close();
    }

    @ParameterizedTest
    @CsvSource({"false, 4", "true, 4", "false, 9"})
    void theFolderAndTheSingleFileMakeTheSamePicture(boolean velocity, int channels) throws Exception {
        TinyTwo tiny = new TinyTwo(velocity, channels);
        ModelSource parts = ModelSource.at(tiny.folder(folder.resolve("parts")));
        tiny.settings(folder.resolve("one"));
        ModelSource file = ModelSource.at(tiny.file(folder.resolve("one.safetensors")));

        assertThat(parts.architecture()).isEqualTo(Architecture.STABLE_DIFFUSION_2);
        assertThat(file.architecture()).isEqualTo(Architecture.STABLE_DIFFUSION_2);
        Prediction expected = velocity ? Prediction.V_PREDICTION : Prediction.EPSILON;
        assertThat(ModelInfo.read("x", file.path(), ModelDeclaration.NONE).prediction())
                .isEqualTo(expected);
        float[] first = picture(parts);
        float[] second = picture(file);
        assertThat(second).isEqualTo(first);
        assertThat(first).doesNotContain(Float.NaN);
        Prediction other = velocity ? Prediction.EPSILON : Prediction.V_PREDICTION;
        assertThat(picture(ModelSource.of(file.path(), declaring(other)))).isNotEqualTo(first);
    }

    @Test
    void whatItPredictsIsToldBySettingsBeforeWeightsAndByTheOwnerBeforeBoth() throws Exception {
        TinyTwo tiny = new TinyTwo(true, 4);
        Path file = tiny.file(folder.resolve("one.safetensors"));
        assertThat(prediction(file, ModelDeclaration.NONE)).isEqualTo(Prediction.V_PREDICTION);
        assertThat(ModelInfo.read("x", file, ModelDeclaration.NONE).width()).isEqualTo(768);

        Path scheduler = Files.createDirectories(folder.resolve("one/scheduler"));
        Files.writeString(scheduler.resolve("scheduler_config.json"), "{\"prediction_type\": \"epsilon\"}");
        assertThat(prediction(file, ModelDeclaration.NONE)).isEqualTo(Prediction.EPSILON);
        assertThat(ModelInfo.read("x", file, ModelDeclaration.NONE).width()).isEqualTo(512);

        assertThat(prediction(file, declaring(Prediction.V_PREDICTION))).isEqualTo(Prediction.V_PREDICTION);
        assertThat(ModelInfo.read("x", file, declaring(Prediction.V_PREDICTION)).width())
                .isEqualTo(768);
        Path parts = tiny.folder(folder.resolve("parts"));
        assertThat(prediction(parts, declaring(Prediction.EPSILON))).isEqualTo(Prediction.EPSILON);
    }

    @Test
    void promptsArePaddedAsOpenClipDoesAndTheLastLayerThereIsTheOneItWasTrainedOn() throws Exception {
        TinyTwo tiny = new TinyTwo(false, 4);
        ModelSource parts = ModelSource.at(tiny.folder(folder.resolve("parts")));
        try (StableDiffusion model = load(parts, DataType.FLOAT32)) {
            long[] ids = model.prompts().tokenizer().encode("a horse");
            assertThat(ids).hasSize(77).endsWith(0, 0, 0);
            float[] last = states(model, 1);
            assertThat(states(model, 2)).hasSameSizeAs(last).isNotEqualTo(last);
            assertThat(states(model, 4)).isNotEqualTo(last);
            assertThatThrownBy(() -> states(model, 5))
                    .isInstanceOf(EngineException.Unsupported.class)
                    .hasMessageContaining("clip_skip is 5; expected 1 to 4");
        }
    }

    @Test
    void halfPrecisionAttendsInFloat32() throws Exception {
        ModelSource parts = ModelSource.at(new TinyTwo(false, 4).folder(folder.resolve("parts")));
        UNetConfig config = UNetConfig.of(parts.config("unet"));
        assertThat(config.upcastAttention()).isTrue();
        assertThat(UNetGraph.describe(config, DataType.FLOAT16).source().lines())
                .anyMatch(line -> line.contains("torch.to(") && line.endsWith(", 6)"));
        float[] wide = picture(parts, DataType.FLOAT32);
        float[] narrow = picture(parts, DataType.FLOAT16);
        for (int i = 0; i < wide.length; i++) {
            assertThat(narrow[i]).isCloseTo(wide[i], Offset.offset(0.1f));
        }
    }

    private static ModelDeclaration declaring(Prediction prediction) {
        return new ModelDeclaration(
                Optional.empty(),
                Optional.empty(),
                Optional.of(prediction),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Prediction prediction(Path path, ModelDeclaration declared) throws EngineException {
        return NoiseSchedule.of(ModelSource.of(path, declared).config("scheduler"))
                .prediction();
    }

    private StableDiffusion load(ModelSource model, DataType dtype) throws EngineException {
        return StableDiffusion.load(torch, model, dtype, (bytes, of) -> {});
    }

    private float[] states(StableDiffusion model, int clipSkip) throws EngineException {
        Prompts prompts = new Prompts(PROMPT, Optional.of(""), 5, clipSkip, List.of());
        try (NativeScope scope = torch.open("test");
                Conditioning conditioning = model.condition(prompts, model.latentSize(64, 64))) {
            return scope.toFloats(conditioning.context());
        }
    }

    private float[] picture(ModelSource model) throws EngineException {
        return picture(model, DataType.FLOAT32);
    }

    private float[] picture(ModelSource source, DataType dtype) throws EngineException {
        try (StableDiffusion model = load(source, dtype)) {
            StableDiffusion.LatentSize size = model.latentSize(64, 64);
            SamplingPlan plan = SamplingPlan.of(Sampler.EULER, model.schedule().table(), 3, Spacing.NORMAL, 1);
            float[] noise = new float[size.elements()];
            Random random = new Random(11);
            for (int i = 0; i < noise.length; i++) {
                noise[i] = (float) random.nextGaussian();
            }
            Prompts prompts = new Prompts(PROMPT, Optional.of("low quality"), 5, 1, List.of());
            try (Conditioning conditioning = model.condition(prompts, size)) {
                float[] latents = model.denoise(
                        conditioning, plan, size, noise, (sigma, next, count) -> new float[count], StepListener.NONE);
                return Arrays.copyOf(model.decode(latents, size), 3 * 64 * 64);
            }
        }
    }
}
