package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import drover.diffusion.StableDiffusion.Conditioning;
import drover.diffusion.StableDiffusion.LatentSize;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.Sampler;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole pipelines against the reference implementation's numbers, after every step. */
class StableDiffusionGoldenTest {
    private static Torch torch;
    private static StableDiffusion model;
    private NativeScope scope;

    @BeforeAll
    static void load() throws Exception {
        torch = new Torch(TorchOptions.cpu(2));
        model = StableDiffusion.load(torch, GoldenCase.fixture(""), DataType.FLOAT32, (bytes, of) -> {});
    }

    @AfterAll
    static void free() {
        model.close();
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

    @ParameterizedTest
    @ValueSource(strings = {"txt2img_ddim", "txt2img_euler", "txt2img_ddim_clipskip2"})
    void textToImage(String name) throws Exception {
        try (GoldenCase golden = GoldenCase.open(name, scope);
                Conditioning conditioning = condition(golden.json())) {
            LatentSize size = size(golden.json());
            List<float[]> steps = new ArrayList<>();
            float[] latents = model.denoise(
                    conditioning,
                    sampler(golden.json()),
                    size,
                    golden.floats("input.latents"),
                    step -> steps.add(step.latents().clone()));
            check(golden, steps, latents, size);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"img2img_ddim", "img2img_euler"})
    void imageToImage(String name) throws Exception {
        try (GoldenCase golden = GoldenCase.open(name, scope);
                Conditioning conditioning = condition(golden.json())) {
            LatentSize size = size(golden.json());
            float[] clean = model.encode(golden.floats("input.image"), size, golden.floats("input.posterior_noise"));
            List<float[]> steps = new ArrayList<>();
            float[] latents = model.denoiseFrom(
                    conditioning,
                    sampler(golden.json()),
                    size,
                    clean,
                    golden.json().path("strength").doubleValue(),
                    golden.floats("input.noise"),
                    step -> steps.add(step.latents().clone()));
            check(golden, steps, latents, size);
        }
    }

    private static void check(GoldenCase golden, List<float[]> steps, float[] latents, LatentSize size)
            throws Exception {
        assertThat(steps).hasSize(golden.json().path("executed_timesteps").size());
        for (int i = 0; i < steps.size(); i++) {
            golden.assertClose(steps.get(i), "output.latents_step_" + i);
        }
        golden.assertClose(latents, "output.latents_step_" + (steps.size() - 1));
        golden.assertClose(model.decode(latents, size), "output.image_raw");
    }

    private static Conditioning condition(JsonNode json) throws Exception {
        return model.condition(
                json.path("prompt").asText(),
                json.path("negative_prompt").asText(),
                json.path("guidance_scale").doubleValue(),
                json.path("clip_skip_horde").intValue());
    }

    private static DiffusionSampler sampler(JsonNode json) throws Exception {
        JsonNode scheduler = json.path("scheduler");
        Sampler sampler =
                scheduler.path("class").asText().equals("EulerDiscreteScheduler") ? Sampler.EULER : Sampler.DDIM;
        NoiseSchedule schedule = NoiseSchedule.of(ConfigFile.of("case.json", scheduler.path("config")));
        return DiffusionSampler.of(
                sampler, schedule, scheduler.path("timesteps").size());
    }

    private static LatentSize size(JsonNode json) throws Exception {
        return model.latentSize(
                json.path("width").intValue(), json.path("height").intValue());
    }
}
