package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.StableDiffusion.LatentSize;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import drover.inference.Sampler;
import drover.sampling.GaussianNoise;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingMethods;
import drover.sampling.SamplingPlan;
import drover.sampling.StepListener;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The pipeline and what it leaves behind; its numbers are compared by the golden runner. */
class StableDiffusionTest {
    private static final Prompts PROMPTS = new Prompts("a red apple", Optional.empty(), 5, 1);

    private static Torch torch;
    private static StableDiffusion model;

    @BeforeAll
    static void load() throws Exception {
        torch = new Torch(TorchOptions.cpu(2));
        model = StableDiffusion.load(
                torch, ModelSource.at(GoldenCase.fixture("")), DataType.FLOAT32, (bytes, of) -> {});
    }

    @AfterAll
    static void free() {
        model.close();
        assertThat(torch.liveHandles()).as("native objects left behind").isZero();
        torch.close();
    }

    @ParameterizedTest
    @EnumSource(Sampler.class)
    void everySamplerRunsTheNetworkAndIsRepeatable(Sampler sampler) throws Exception {
        float[] once = latents(sampler, 7);
        assertThat(latents(sampler, 7)).isEqualTo(once);
        assertThat(latents(sampler, 8)).isNotEqualTo(once);
    }

    private static float[] latents(Sampler sampler, long seed) throws EngineException {
        LatentSize size = model.latentSize(64, 64);
        SamplingPlan plan = SamplingPlan.of(sampler, model.schedule().table(), 3, true);
        GaussianNoise stream = new GaussianNoise(seed);
        float[] noise = stream.next(size.elements());
        NoiseSource more = SamplingMethods.noise(sampler, stream, seed);
        try (Conditioning conditioning = model.condition(PROMPTS, size)) {
            return model.denoise(conditioning, plan, size, noise, more, StepListener.NONE);
        }
    }

    @Test
    void aStrengthThatLeavesNoStepIsRefused() throws Exception {
        LatentSize size = model.latentSize(64, 64);
        SamplingPlan plan = SamplingPlan.of(Sampler.EULER, model.schedule().table(), 4, false);
        float[] picture = new float[3 * 64 * 64];
        float[] noise = new GaussianNoise(1).next(size.elements());
        float[] clean = model.encode(picture, size, noise);
        NoiseSource none = NoiseSource.independent(new GaussianNoise(2));
        try (Conditioning conditioning = model.condition(PROMPTS, size)) {
            assertThat(model.denoiseFrom(conditioning, plan, size, clean, 0.5, noise, none, StepListener.NONE))
                    .hasSize(size.elements());
            assertThatThrownBy(() ->
                            model.denoiseFrom(conditioning, plan, size, clean, 0.2, noise, none, StepListener.NONE))
                    .isInstanceOf(EngineException.Unsupported.class)
                    .hasMessageContaining("raise the strength");
        }
    }
}
