package drover.golden;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.diffusion.ConfigFile;
import drover.diffusion.StableDiffusion;
import drover.diffusion.StableDiffusion.Conditioning;
import drover.diffusion.StableDiffusion.LatentSize;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaDenoiser;
import drover.sampling.StepListener;
import drover.weights.WeightsException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Cases of a whole pipeline, from prompt to picture. Keeps the last model, because neighbours share it. */
final class PipelineCases implements AutoCloseable {
    /** The samplers of these cases draw no noise on the way. */
    private static final NoiseSource NO_NOISE = (sigma, next, count) -> {
        throw new IllegalStateException("a deterministic sampler asked for noise");
    };

    private final Torch torch;
    private @Nullable Path loaded;
    private @Nullable StableDiffusion model;

    PipelineCases(Torch torch) {
        this.torch = torch;
    }

    /** {@code pipeline}. */
    void run(GoldenCase golden) throws EngineException, WeightsException {
        // What would change the numbers and is not done here.
        golden.description().supportsOnly("eta", 0);
        golden.description().supportsOnly("guidance_rescale", 0);
        String pipeline = golden.description().text("pipeline");
        ReferenceScheduler scheduler = scheduler(golden.description());
        switch (pipeline) {
            case "StableDiffusionPipeline" -> textToImage(golden, scheduler);
            case "StableDiffusionImg2ImgPipeline" -> imageToImage(golden, scheduler);
            case "StableDiffusionInpaintPipeline" -> inpaint(golden, scheduler);
            default ->
                throw new EngineException.Unsupported("the pipeline " + pipeline + "; these are supported:"
                        + " StableDiffusionPipeline, StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline");
        }
    }

    private static ReferenceScheduler scheduler(ConfigFile description) throws EngineException {
        ConfigFile scheduler = description.object("scheduler");
        int steps = description.integer(
                "num_inference_steps", scheduler.raw("timesteps").size());
        return ReferenceScheduler.of(scheduler.text("class"), scheduler.object("config"), steps);
    }

    private void textToImage(GoldenCase golden, ReferenceScheduler scheduler) throws EngineException, WeightsException {
        StableDiffusion diffusion = model(golden.model());
        LatentSize size = size(diffusion, golden.description());
        float[] noise = latents(golden, "input.latents", size);
        compareText(diffusion, golden);
        Steps steps = new Steps();
        try (Conditioning conditioning = condition(diffusion, golden.description())) {
            float[] latents = diffusion.denoise(
                    conditioning, scheduler.plan(), size, noise, NO_NOISE, steps.into(golden, scheduler, 0));
            steps.rethrow();
            comparePicture(diffusion, golden, scheduler, latents, size);
        }
    }

    private void imageToImage(GoldenCase golden, ReferenceScheduler scheduler)
            throws EngineException, WeightsException {
        StableDiffusion diffusion = model(golden.model());
        LatentSize size = size(diffusion, golden.description());
        compareText(diffusion, golden);
        float[] clean =
                diffusion.encode(golden.floats("input.image"), size, latents(golden, "input.posterior_noise", size));
        double strength = golden.description().number("strength");
        Steps steps = new Steps();
        try (Conditioning conditioning = condition(diffusion, golden.description())) {
            float[] latents = diffusion.denoiseFrom(
                    conditioning,
                    scheduler.plan(),
                    size,
                    clean,
                    strength,
                    latents(golden, "input.noise", size),
                    NO_NOISE,
                    steps.into(golden, scheduler, scheduler.plan().firstStep(strength)));
            steps.rethrow();
            comparePicture(diffusion, golden, scheduler, latents, size);
        }
    }

    /**
     * Inpainting with a network that knows nothing of masks: after every step, what is not masked is put back with as
     * much noise as the next step expects.
     */
    private void inpaint(GoldenCase golden, ReferenceScheduler scheduler) throws EngineException, WeightsException {
        StableDiffusion diffusion = model(golden.model());
        LatentSize size = size(diffusion, golden.description());
        compareText(diffusion, golden);
        float[] clean =
                diffusion.encode(golden.floats("input.image"), size, latents(golden, "input.posterior_noise", size));
        float[] noise = latents(golden, "input.noise", size);
        boolean[] keep = kept(golden, diffusion, size);
        double strength = golden.description().number("strength", 1);
        SamplingPlan plan = scheduler.plan();
        int first = plan.firstStep(strength);
        float[] start = strength < 1 ? plan.addNoise(clean, noise, first) : plan.start(noise);
        Steps steps = new Steps();
        StepListener compare = steps.into(golden, scheduler, first);
        try (Conditioning conditioning = condition(diffusion, golden.description())) {
            SigmaDenoiser denoiser = diffusion.denoiser(conditioning, plan, size);
            float[] latents = plan.run(start, first, denoiser, NO_NOISE, step -> {
                int next = first + step.index() + 1;
                float[] original = next < plan.steps() ? plan.addNoise(clean, noise, next) : scheduler.unshown(clean);
                for (int i = 0; i < original.length; i++) {
                    if (keep[i % keep.length]) {
                        step.latents()[i] = original[i];
                    }
                }
                compare.onStep(step);
            });
            steps.rethrow();
            comparePicture(diffusion, golden, scheduler, latents, size);
        }
    }

    /** Which latent pixels are kept: the mask's pixel at their upper left corner is below one half. */
    private static boolean[] kept(GoldenCase golden, StableDiffusion diffusion, LatentSize size)
            throws WeightsException, EngineException.BadModel {
        float[] mask = golden.floats("input.mask");
        int factor = diffusion.vae().config().factor();
        int width = size.width() * factor;
        if (mask.length != width * size.height() * factor) {
            throw new EngineException.BadModel("input.mask has " + mask.length + " numbers; expected one a pixel");
        }
        boolean[] keep = new boolean[size.width() * size.height()];
        for (int i = 0; i < keep.length; i++) {
            int y = i / size.width() * factor;
            int x = i % size.width() * factor;
            keep[i] = mask[y * width + x] < 0.5f;
        }
        return keep;
    }

    private StableDiffusion model(Path folder) throws EngineException {
        @Nullable StableDiffusion present = model;
        if (present != null && folder.equals(loaded)) {
            return present;
        }
        close();
        StableDiffusion fresh = StableDiffusion.load(torch, folder, DataType.FLOAT32, (bytes, of) -> {});
        model = fresh;
        loaded = folder;
        return fresh;
    }

    private static LatentSize size(StableDiffusion diffusion, ConfigFile description) throws EngineException {
        return diffusion.latentSize(description.integer("width"), description.integer("height"));
    }

    private static float[] latents(GoldenCase golden, String tensor, LatentSize size)
            throws WeightsException, EngineException.Unsupported {
        float[] latents = golden.floats(tensor);
        if (latents.length != size.elements()) {
            throw new EngineException.Unsupported(
                    tensor + " has the shape " + golden.shape(tensor) + "; only one picture at a time is supported");
        }
        return latents;
    }

    private static Conditioning condition(StableDiffusion diffusion, ConfigFile description) throws EngineException {
        return diffusion.condition(
                description.text("prompt"),
                description.text("negative_prompt", ""),
                description.number("guidance_scale"),
                clipSkip(description));
    }

    /** The AI Horde counts the last layer as 1, diffusers as 0. */
    private static int clipSkip(ConfigFile description) throws EngineException {
        return description.has("clip_skip_horde")
                ? description.integer("clip_skip_horde")
                : description.integer("clip_skip", 0) + 1;
    }

    private void compareText(StableDiffusion diffusion, GoldenCase golden) throws EngineException, WeightsException {
        ConfigFile description = golden.description();
        compareText(diffusion, golden, description.text("prompt"), "input_ids", "prompt_embeds");
        compareText(
                diffusion,
                golden,
                description.text("negative_prompt", ""),
                "negative_input_ids",
                "negative_prompt_embeds");
    }

    private void compareText(
            StableDiffusion diffusion, GoldenCase golden, String prompt, String idsName, String hiddenName)
            throws EngineException, WeightsException {
        long[] ids = diffusion.tokenizer().encode(prompt);
        try (NativeScope scope = torch.open("golden prompt")) {
            golden.compare("output." + idsName, scope.longs(ids, 1, ids.length));
            if (golden.has("output." + hiddenName)) {
                NDArray hidden = diffusion
                        .textEncoder()
                        .encode(scope, new long[][] {ids})
                        .hidden(clipSkip(golden.description()));
                golden.compare("output." + hiddenName, hidden);
            }
        }
    }

    private static void comparePicture(
            StableDiffusion diffusion,
            GoldenCase golden,
            ReferenceScheduler scheduler,
            float[] sampled,
            LatentSize size)
            throws WeightsException {
        float[] latents = scheduler.shown(sampled, scheduler.plan().steps());
        golden.compare("output.latents", latents);
        golden.compare("output.latents_final", latents);
        float[] raw = diffusion.decode(latents, size);
        golden.compare("output.image_raw", raw);
        float[] picture = new float[raw.length];
        for (int i = 0; i < raw.length; i++) {
            picture[i] = Math.clamp(raw[i] / 2 + 0.5f, 0f, 1f);
        }
        golden.compare("output.image", picture);
    }

    @Override
    public void close() {
        if (model != null) {
            model.close();
        }
        model = null;
        loaded = null;
    }

    /** Compares latents as they come; a listener may not throw what the comparison may, so that waits. */
    private static final class Steps {
        private @Nullable WeightsException trouble;

        StepListener into(GoldenCase golden, ReferenceScheduler scheduler, int first) {
            return step -> {
                try {
                    float[] shown = scheduler.shown(step.latents(), first + step.index() + 1);
                    golden.compare("output.latents_step_" + step.index(), shown);
                } catch (WeightsException e) {
                    trouble = e;
                }
            };
        }

        void rethrow() throws WeightsException {
            if (trouble != null) {
                throw trouble;
            }
        }
    }
}
