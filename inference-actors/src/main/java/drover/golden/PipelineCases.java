package drover.golden;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.diffusion.Conditioning;
import drover.diffusion.ConfigFile;
import drover.diffusion.Masked;
import drover.diffusion.ModelSource;
import drover.diffusion.PictureSizes;
import drover.diffusion.Prompts;
import drover.diffusion.StableDiffusion;
import drover.diffusion.StableDiffusion.LatentSize;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaDenoiser;
import drover.sampling.StepListener;
import drover.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Cases of a whole pipeline, from prompt to picture. Keeps the last model, because neighbours share it. */
final class PipelineCases implements AutoCloseable {
    /** The samplers of these cases draw no noise on the way. */
    private static final NoiseSource NO_NOISE = (sigma, next, count) -> {
        throw new IllegalStateException("a deterministic sampler asked for noise");
    };

    private static final String LENDER = "sd15";

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
            case "StableDiffusionPipeline", "StableDiffusionXLPipeline" -> textToImage(golden, scheduler);
            case "StableDiffusionImg2ImgPipeline", "StableDiffusionXLImg2ImgPipeline" ->
                imageToImage(golden, scheduler);
            case "StableDiffusionInpaintPipeline" -> inpaint(golden, scheduler);
            default ->
                throw new EngineException.Unsupported("the pipeline " + pipeline + "; these are supported:"
                        + " StableDiffusion(XL)Pipeline, StableDiffusion(XL)Img2ImgPipeline,"
                        + " StableDiffusionInpaintPipeline");
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
        Steps steps = new Steps();
        try (Conditioning conditioning = condition(diffusion, golden.description())) {
            compareText(diffusion, golden, conditioning);
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
        float[] clean =
                diffusion.encode(golden.floats("input.image"), size, latents(golden, "input.posterior_noise", size));
        double strength = golden.description().number("strength");
        Steps steps = new Steps();
        try (Conditioning conditioning = condition(diffusion, golden.description())) {
            compareText(diffusion, golden, conditioning);
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
     * Inpainting. With a network that knows nothing of masks, what is not masked is put back after every step, with as
     * much noise as the next step expects; one that was trained for it sees mask and picture, and is left alone.
     */
    private void inpaint(GoldenCase golden, ReferenceScheduler scheduler) throws EngineException, WeightsException {
        StableDiffusion diffusion = model(golden.model());
        LatentSize size = size(diffusion, golden.description());
        float[] noise = latents(golden, "input.noise", size);
        boolean[] keep = kept(golden, diffusion, size);
        double strength = golden.description().number("strength", 1);
        SamplingPlan plan = scheduler.plan();
        int first = plan.firstStep(strength);
        Optional<Masked> masked =
                diffusion.inpaints() ? Optional.of(masked(golden, diffusion, size, keep)) : Optional.empty();
        boolean picture = strength < 1 || masked.isEmpty();
        float[] clean = picture
                ? diffusion.encode(golden.floats("input.image"), size, latents(golden, "input.posterior_noise", size))
                : noise;
        float[] start = strength < 1 ? plan.addNoise(clean, noise, first) : plan.start(noise);
        Steps steps = new Steps();
        StepListener compare = steps.into(golden, scheduler, first);
        StepListener putBack = step -> {
            int next = first + step.index() + 1;
            float[] original = next < plan.steps() ? plan.addNoise(clean, noise, next) : scheduler.unshown(clean);
            for (int i = 0; i < original.length; i++) {
                if (keep[i % keep.length]) {
                    step.latents()[i] = original[i];
                }
            }
            compare.onStep(step);
        };
        try (Conditioning conditioning = condition(diffusion, golden.description())) {
            compareText(diffusion, golden, conditioning);
            SigmaDenoiser denoiser = diffusion.denoiser(conditioning, plan, size, masked, Optional.empty());
            float[] latents = plan.run(start, first, denoiser, NO_NOISE, masked.isPresent() ? compare : putBack);
            steps.rethrow();
            comparePicture(diffusion, golden, scheduler, latents, size);
        }
    }

    private static Masked masked(GoldenCase golden, StableDiffusion diffusion, LatentSize size, boolean[] keep)
            throws WeightsException, EngineException {
        float[] repaint = new float[keep.length];
        for (int i = 0; i < keep.length; i++) {
            repaint[i] = keep[i] ? 0 : 1;
        }
        float[] noise = latents(golden, "input.posterior_noise_masked", size);
        return new Masked(repaint, diffusion.encode(golden.floats("input.masked_image"), size, noise));
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
        StableDiffusion fresh = StableDiffusion.load(torch, source(folder), DataType.FLOAT32, (bytes, of) -> {});
        model = fresh;
        loaded = folder;
        return fresh;
    }

    /** The parts that a model lacks are those of the folder sd15 beside it. */
    private static ModelSource source(Path folder) throws EngineException {
        return Files.isDirectory(folder.resolve("vae"))
                ? ModelSource.at(folder)
                : ModelSource.borrowing(folder, folder.resolveSibling(LENDER));
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
        Optional<String> negative = description.has("negative_prompt")
                ? Optional.of(description.text("negative_prompt"))
                : Optional.empty();
        Prompts prompts = new Prompts(
                description.text("prompt"), negative, description.number("guidance_scale"), clipSkip(description));
        PictureSizes own = PictureSizes.of(description.integer("width"), description.integer("height"));
        PictureSizes sizes = sizes(description, "", own);
        return diffusion.prompts().condition(prompts, sizes, sizes(description, "negative_", sizes));
    }

    /** Sizes that SDXL's network is told, height first; those of the picture unless the case says otherwise. */
    private static PictureSizes sizes(ConfigFile description, String prefix, PictureSizes absent)
            throws EngineException {
        if (!description.has("sizes") || !description.object("sizes").has(prefix + "original_size")) {
            return absent;
        }
        ConfigFile sizes = description.object("sizes");
        List<Integer> original = sizes.integers(prefix + "original_size");
        List<Integer> crop = sizes.integers(prefix + "crops_coords_top_left");
        List<Integer> target = sizes.integers(prefix + "target_size");
        return new PictureSizes(
                original.getFirst(),
                original.getLast(),
                crop.getFirst(),
                crop.getLast(),
                target.getFirst(),
                target.getLast());
    }

    /** The AI Horde counts the last layer as 1, diffusers as 0. */
    private static int clipSkip(ConfigFile description) throws EngineException {
        return description.has("clip_skip_horde")
                ? description.integer("clip_skip_horde")
                : description.integer("clip_skip", 0) + 1;
    }

    private static void compareText(StableDiffusion diffusion, GoldenCase golden, Conditioning conditioning)
            throws EngineException, WeightsException {
        ConfigFile description = golden.description();
        compareIds(diffusion, golden, description.text("prompt"), "output.input_ids");
        compareIds(diffusion, golden, description.text("negative_prompt", ""), "output.negative_input_ids");
        NDArray context = conditioning.context();
        if (conditioning.added().isPresent()) {
            golden.compare("output.prompt_embeds", context);
            golden.compare("output.pooled", conditioning.added().get().pooled());
            golden.compare("output.time_ids", conditioning.added().get().sizes());
            return;
        }
        long rows = context.getShape().get(0);
        try (NDArray positive = context.get((rows - 1) + ":" + rows);
                NDArray negative = context.get("0:1")) {
            golden.compare("output.prompt_embeds", positive);
            golden.compare("output.negative_prompt_embeds", negative);
        }
    }

    private static void compareIds(StableDiffusion diffusion, GoldenCase golden, String prompt, String tensor)
            throws WeightsException {
        long[] ids = diffusion.prompts().tokenizer().encode(prompt);
        float[] numbers = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            numbers[i] = (float) ids[i];
        }
        golden.compare(tensor, numbers);
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
