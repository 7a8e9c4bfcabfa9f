package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import drover.graph.Holding;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import drover.inference.Sampler;
import drover.sampling.GaussianNoise;
import drover.sampling.SamplingPlan;
import drover.weights.Lora;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights of 16 bits that stay as the file has them, under networks that compute with 32. */
class HoldingTest {
    private static Torch torch;

    @BeforeAll
    static void start() {
        torch = new Torch(TorchOptions.cpu(2));
    }

    @AfterAll
    static void stop() {
        assertThat(torch.liveHandles()).isZero();
        torch.close();
    }

    private static ModelSource source(String fixture, String settings) throws EngineException {
        return ModelSource.singleFile(Fixtures.path("single-file/" + fixture), Fixtures.path(settings));
    }

    private static StableDiffusion load(ModelSource source, Holding holding) throws EngineException {
        return StableDiffusion.load(torch, source, DataType.FLOAT32, holding, (bytes, of) -> {});
    }

    private static float[] picture(StableDiffusion model) throws EngineException {
        StableDiffusion.LatentSize size = model.latentSize(64, 64);
        SamplingPlan plan = SamplingPlan.of(Sampler.EULER, model.schedule().table(), 2, false);
        float[] noise = new GaussianNoise(3).next(size.elements());
        Prompts prompts = new Prompts("a (red:1.2) apple", Optional.of("blurry"), 5, 1);
        try (Conditioning conditioning = model.condition(prompts, size)) {
            float[] latents = model.denoise(
                    conditioning, plan, size, noise, (sigma, next, count) -> new float[count], step -> {});
            return model.decode(latents, size);
        }
    }

    @ParameterizedTest
    @CsvSource({"sd15-fp16.safetensors, sd15", "sdxl-fp16.safetensors, sdxl"})
    void halfTheMemoryGivesTheSamePictureToTheLastBit(String file, String settings) throws Exception {
        ModelSource source = source(file, settings);
        try (StableDiffusion wide = load(source, Holding.AS_COMPUTED);
                StableDiffusion narrow = load(source, Holding.AS_STORED)) {
            assertThat(narrow.bytes()).isEqualTo(wide.bytes() / 2);
            assertThat(narrow.bytes())
                    .isEqualTo(StableDiffusion.weightBytes(source, DataType.FLOAT32, Holding.AS_STORED));
            assertThat(picture(narrow)).isEqualTo(picture(wide));
            assertThat(picture(narrow.tiling())).isEqualTo(picture(wide.tiling()));
        }
    }

    @Test
    void whatTheFileHasIn32BitsStays() throws Exception {
        ModelSource source = ModelSource.at(Fixtures.path("sd15"));
        try (StableDiffusion model = load(source, Holding.AS_STORED)) {
            assertThat(model.bytes()).isEqualTo(StableDiffusion.weightBytes(source, DataType.FLOAT32));
        }
    }

    @Test
    void aLoraIsAddedToWeightsOf16Bits() throws Exception {
        ModelSource source = source("sd15-fp16.safetensors", "sd15");
        Path file = Fixtures.path("lora/kohya_fp16.safetensors");
        try (Lora lora = Lora.open(file);
                StableDiffusion wide = load(source, Holding.AS_COMPUTED);
                StableDiffusion narrow = load(source, Holding.AS_STORED)) {
            LoraStack stack = new LoraStack(List.of(new LoraStack.Entry(lora, 0.8)));
            try (StableDiffusion changed = narrow.with(stack, stack);
                    StableDiffusion other = wide.with(stack, stack)) {
                float[] plain = picture(narrow);
                float[] adapted = picture(changed);
                float[] expected = picture(other);
                // The sum is rounded to 16 bits.
                assertThat(distance(adapted, expected)).isLessThan(0.02 * distance(adapted, plain));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsUsedInTheMappedFileGivesThePicturesOfCopies(boolean halves) throws Exception {
        ModelSource source = halves ? source("sd15-fp16.safetensors", "sd15") : ModelSource.at(Fixtures.path("sd15"));
        Torch copying = new Torch(TorchOptions.cpu(2).mapping(false));
        try (Lora lora = Lora.open(Fixtures.path("lora/kohya_fp16.safetensors"));
                StableDiffusion mapped = load(source, Holding.AS_STORED);
                StableDiffusion copied =
                        StableDiffusion.load(copying, source, DataType.FLOAT32, Holding.AS_STORED, (bytes, of) -> {})) {
            float[] plain = picture(copied);
            LoraStack stack = new LoraStack(List.of(new LoraStack.Entry(lora, 0.8)));
            try (StableDiffusion changed = mapped.with(stack, stack);
                    StableDiffusion expected = copied.with(stack, stack)) {
                assertThat(picture(changed)).isEqualTo(picture(expected)).isNotEqualTo(plain);
            }
            assertThat(picture(mapped)).isEqualTo(plain);
        } finally {
            copying.close();
        }
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.pow(a[i] - b[i], 2);
        }
        return Math.sqrt(sum / a.length);
    }
}
