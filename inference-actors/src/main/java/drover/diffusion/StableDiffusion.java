package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.Edges;
import drover.graph.Holding;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.picture.Picture;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaDenoiser;
import drover.sampling.StepListener;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pipeline of Stable Diffusion 1 and 2 and of SDXL: prompt to hidden states, noise to latents, latents to pixels.
 * Thread-safe; owns its native memory. Every result depends on the arguments alone.
 */
public final class StableDiffusion implements AutoCloseable {
    private final Torch torch;
    private final PromptEncoder prompts;
    private final UNet2DConditionModel unet;
    private final AutoencoderKL vae;
    private final NoiseSchedule schedule;
    private final Runnable free;
    private @Nullable StableDiffusion seamless;

    private StableDiffusion(
            Torch torch,
            PromptEncoder prompts,
            UNet2DConditionModel unet,
            AutoencoderKL vae,
            NoiseSchedule schedule,
            Runnable free) {
        this.torch = torch;
        this.prompts = prompts;
        this.unet = unet;
        this.vae = vae;
        this.schedule = schedule;
        this.free = free;
    }

    /** Hears how loading goes on. */
    @FunctionalInterface
    public interface LoadListener {
        /**
         * Called before the first and after every tensor.
         *
         * @param bytes loaded so far
         * @param of bytes to be loaded in all
         * @throws EngineException to stop loading
         */
        void onLoaded(long bytes, long of) throws EngineException;
    }

    /** Size of a latent. */
    public record LatentSize(int channels, int height, int width) {
        /** How many numbers one latent has. */
        public int elements() {
            return channels * height * width;
        }
    }

    /** As {@link #load(Torch, ModelSource, DataType, Holding, LoadListener)}, weights in the type of the activations. */
    public static StableDiffusion load(Torch torch, ModelSource model, DataType dtype, LoadListener listener)
            throws EngineException {
        return load(torch, model, dtype, Holding.AS_COMPUTED, listener);
    }

    /**
     * Loads a model. All configurations and all checkpoints' headers are checked before the first weight is read.
     *
     * @param dtype type of activations
     * @param holding type of weights
     */
    public static StableDiffusion load(
            Torch torch, ModelSource model, DataType dtype, Holding holding, LoadListener listener)
            throws EngineException {
        try (PipelinePlan plan = PipelinePlan.of(model, dtype, holding)) {
            long total = plan.bytes();
            LoadedWeights.Listener sum = new LoadedWeights.Listener() {
                private long done;

                @Override
                public void onLoaded(long bytes) throws EngineException {
                    done += bytes;
                    listener.onLoaded(done, total);
                }
            };
            listener.onLoaded(0, total);
            try (Closer loaded = new Closer()) {
                PromptEncoder prompts = loaded.add(plan.text().load(torch, sum), PromptEncoder::close);
                UNet2DConditionModel network = loaded.add(plan.unet().load(torch, sum), UNet2DConditionModel::close);
                AutoencoderKL autoencoder = loaded.add(plan.vae().load(torch, sum), AutoencoderKL::close);
                return new StableDiffusion(torch, prompts, network, autoencoder, plan.schedule(), loaded.handOver());
            }
        }
    }

    /** Bytes that the weights of a model will take in memory, from its configurations alone. */
    public static long weightBytes(ModelSource model, DataType dtype) throws EngineException {
        return PipelinePlan.bytesAsComputed(model, dtype);
    }

    /** As {@link #weightBytes(ModelSource, DataType)}, if they are held so; reads the headers of its files. */
    public static long weightBytes(ModelSource model, DataType dtype, Holding holding) throws EngineException {
        try (PipelinePlan plan = PipelinePlan.of(model, dtype, holding)) {
            return plan.bytes();
        }
    }

    /**
     * This pipeline for pictures whose opposite edges fit together. It shares all weights, is made once and stays; it is
     * closed with this one.
     */
    public synchronized StableDiffusion tiling() {
        if (seamless == null) {
            try (Closer made = new Closer()) {
                UNet2DConditionModel network = made.add(unet.tiling(torch), UNet2DConditionModel::close);
                AutoencoderKL autoencoder = made.add(vae.tiling(torch), AutoencoderKL::close);
                seamless = new StableDiffusion(torch, prompts, network, autoencoder, schedule, made.handOver());
            }
        }
        return seamless;
    }

    /**
     * This pipeline with LoRAs. What they leave alone is shared, so it must be closed before this one, which stays as it
     * is.
     *
     * @param ofModel weights in the UNet
     * @param ofClip weights in the text encoders
     * @throws EngineException.Unsupported if one of them was made for another architecture
     */
    public StableDiffusion with(LoraStack ofModel, LoraStack ofClip) throws EngineException {
        for (LoraStack.Entry entry : ofModel.entries()) {
            if (!unet.isChangedBy(entry.lora()) && !prompts.isChangedBy(entry.lora())) {
                throw new EngineException.Unsupported("the LoRA " + entry.lora().name()
                        + " changes nothing of this model; it was made for another architecture");
            }
        }
        try (Closer made = new Closer()) {
            UNet2DConditionModel network = made.add(unet.with(torch, ofModel), UNet2DConditionModel::close);
            PromptEncoder changed = made.add(prompts.with(ofClip), PromptEncoder::close);
            return new StableDiffusion(torch, changed, network, vae, schedule, made.handOver());
        }
    }

    /** Whether the network was trained for inpainting, so that it sees a mask and a picture. */
    public boolean inpaints() {
        return unet.config().inChannels() > unet.config().outChannels();
    }

    /** The noise levels that it was trained with. */
    public NoiseSchedule schedule() {
        return schedule;
    }

    /** The text encoders alone. */
    public PromptEncoder prompts() {
        return prompts;
    }

    /** The UNet alone. */
    public UNet2DConditionModel unet() {
        return unet;
    }

    /** The autoencoder alone. */
    public AutoencoderKL vae() {
        return vae;
    }

    /**
     * Size of the latent of a picture.
     *
     * @throws EngineException.Unsupported if a side is not a multiple of the autoencoder's factor
     */
    public LatentSize latentSize(int width, int height) throws EngineException.Unsupported {
        int factor = vae.config().factor();
        if (width % factor != 0 || height % factor != 0) {
            throw new EngineException.Unsupported("width and height must be multiples of " + factor
                    + " for this model, but were " + width + "x" + height);
        }
        return new LatentSize(vae.config().latentChannels(), height / factor, width / factor);
    }

    /** Encodes the prompts of a picture that was never larger or smaller. */
    public Conditioning condition(Prompts texts, LatentSize size) throws EngineException {
        return condition(texts, size, 1);
    }

    /** As {@link #condition(Prompts, LatentSize)}, for several pictures that are denoised at once. */
    public Conditioning condition(Prompts texts, LatentSize size, int pictures) throws EngineException {
        int factor = vae.config().factor();
        PictureSizes sizes = PictureSizes.of(size.width() * factor, size.height() * factor);
        return prompts.condition(texts, sizes, sizes, pictures);
    }

    /**
     * Runs a sampler from standard normal noise.
     *
     * @param noise as many numbers as the latent has
     * @param more what a stochastic sampler adds on the way
     * @return the final latents, {@code [channels, height, width]}
     */
    public float[] denoise(
            Conditioning conditioning,
            SamplingPlan plan,
            LatentSize size,
            float[] noise,
            NoiseSource more,
            StepListener listener)
            throws EngineException {
        SigmaDenoiser denoiser = denoiser(conditioning, plan, size, unmasked(size), Optional.empty());
        return finite(plan.run(plan.start(noise), 0, denoiser, more, listener));
    }

    /**
     * Runs the last part of a sampler from the latents of a picture.
     *
     * @param latents of {@link #encode}
     * @param strength how much of the schedule is run: above 0, at most 1
     * @param noise as many numbers as the latent has
     * @param more what a stochastic sampler adds on the way
     */
    public float[] denoiseFrom(
            Conditioning conditioning,
            SamplingPlan plan,
            LatentSize size,
            float[] latents,
            double strength,
            float[] noise,
            NoiseSource more,
            StepListener listener)
            throws EngineException {
        int first = plan.firstStep(strength);
        float[] start = plan.addNoise(latents, noise, first);
        SigmaDenoiser denoiser = denoiser(conditioning, plan, size, unmasked(size), Optional.empty());
        return finite(plan.run(start, first, denoiser, more, listener));
    }

    /** To a network for inpainting, a picture without a mask is one of which nothing is kept; to others, it is nothing. */
    public Optional<Masked> unmasked(LatentSize size) {
        if (!inpaints()) {
            return Optional.empty();
        }
        float[] everywhere = new float[size.height() * size.width()];
        Arrays.fill(everywhere, 1);
        int factor = vae.config().factor();
        float[] grey = new float[vae.config().pictureChannels() * size.height() * factor * size.width() * factor];
        return Optional.of(new Masked(everywhere, encode(grey, size, new float[size.elements()])));
    }

    /**
     * The network as a sampler sees it: one call of libtorch a look, all pictures and both prompts of guidance in one
     * batch. Latents are those of as many pictures as the conditioning is for, one after the other.
     *
     * @param size of one picture's latent
     * @param masked there if and only if the network {@link #inpaints}
     * @param control what to follow, made for this model's UNet
     */
    public SigmaDenoiser denoiser(
            Conditioning conditioning,
            SamplingPlan plan,
            LatentSize size,
            Optional<Masked> masked,
            Optional<Control> control) {
        int prompts = conditioning.guided() ? 2 : 1;
        Prediction.Predictor predictor = (input, timestep) -> {
            try (NativeScope step = torch.open("denoising step")) {
                float[] seen = masked.map(m -> m.beside(input, size.elements())).orElse(input);
                NDArray sample = step.floats(
                        repeat(seen, prompts),
                        unet.dtype(),
                        (long) prompts * (input.length / size.elements()),
                        unet.config().inChannels(),
                        size.height(),
                        size.width());
                NDArray context = conditioning.context();
                NDArray prediction = control.isPresent()
                        ? control.get().predict(step, sample, timestep, context)
                        : unet.predict(step, sample, timestep, context, conditioning.added());
                float[] predicted = step.toFloats(prediction);
                return conditioning.guided() ? guide(predicted, conditioning.guidance()) : predicted;
            }
        };
        return schedule.prediction().denoiser(predictor, plan);
    }

    /**
     * Encodes a picture to latents, drawing from the posterior.
     *
     * @param picture {@code [3, H, W]} in [-1, 1]
     * @param noise standard normal, as many numbers as the latent has
     */
    public float[] encode(float[] picture, LatentSize size, float[] noise) {
        int factor = vae.config().factor();
        float scale = (float) vae.config().scalingFactor();
        try (NativeScope scope = torch.open("vae encoder run")) {
            NDArray input = scope.floats(
                    picture,
                    vae.dtype(),
                    1,
                    vae.config().pictureChannels(),
                    (long) size.height() * factor,
                    (long) size.width() * factor);
            AutoencoderKL.Posterior posterior = vae.encode(scope, input);
            float[] latents = scope.toFloats(posterior.mean());
            float[] logVariance = scope.toFloats(posterior.logVariance());
            for (int i = 0; i < latents.length; i++) {
                float deviation = (float) Math.exp(0.5f * logVariance[i]);
                latents[i] = (latents[i] + deviation * noise[i]) * scale;
            }
            return latents;
        }
    }

    /**
     * Decodes final latents; large ones in {@linkplain TiledDecoding pieces}, unless opposite edges are to fit together.
     *
     * @return {@code [3, H, W]}, nominally in [-1, 1], not clamped
     */
    public float[] decode(float[] latents, LatentSize size) {
        float[] unscaled = latents.clone();
        float scale = (float) vae.config().scalingFactor();
        for (int i = 0; i < unscaled.length; i++) {
            unscaled[i] /= scale;
        }
        return vae.edges() == Edges.CIRCULAR
                ? decodeAtOnce(unscaled, size)
                : TiledDecoding.of(vae.config()).decode(unscaled, size, this::decodeAtOnce);
    }

    float[] decodeAtOnce(float[] unscaled, LatentSize size) {
        try (NativeScope scope = torch.open("vae decoder run")) {
            NDArray input = scope.floats(unscaled, vae.dtype(), 1, size.channels(), size.height(), size.width());
            return scope.toFloats(vae.decode(scope, input));
        }
    }

    /** Turns a decoder's output into a picture. */
    public Picture picture(float[] decoded, int width, int height) {
        return Picture.ofPlanes(decoded, 0.5f, 0.5f, width, height);
    }

    /** Bytes of its weights in memory. */
    public long bytes() {
        return prompts.bytes() + unet.bytes() + vae.bytes();
    }

    @Override
    public synchronized void close() {
        if (seamless != null) {
            seamless.close();
            seamless = null;
        }
        free.run();
    }

    /**
     * Checks what a network has made: a picture of other numbers would be black.
     *
     * @throws EngineException.NotANumber if any is not finite
     */
    public static float[] finite(float[] values) throws EngineException.NotANumber {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw new EngineException.NotANumber("the network made " + value
                        + " instead of a number, so there is no picture; its weights are damaged, or too large for it:"
                        + " drover models check looks at each of them");
            }
        }
        return values;
    }

    private static float[] repeat(float[] values, int times) {
        float[] repeated = Arrays.copyOf(values, values.length * times);
        for (int i = 1; i < times; i++) {
            System.arraycopy(values, 0, repeated, i * values.length, values.length);
        }
        return repeated;
    }

    /** Classifier-free guidance (Ho and Salimans, 2022); the first half is the negative prompt's. */
    private static float[] guide(float[] both, float scale) {
        int n = both.length / 2;
        float[] guided = new float[n];
        for (int i = 0; i < n; i++) {
            guided[i] = both[i] + scale * (both[n + i] - both[i]);
        }
        return guided;
    }
}
