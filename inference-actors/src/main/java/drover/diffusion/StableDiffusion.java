package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.sampling.NoiseSource;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaDenoiser;
import drover.sampling.StepListener;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * The pipeline of Stable Diffusion 1 and 2 from a diffusers folder: prompt to hidden states, noise to latents, latents
 * to pixels. Thread-safe; owns its native memory. Every result depends on the arguments alone.
 */
public final class StableDiffusion implements AutoCloseable {
    private final Torch torch;
    private final ClipTokenizer tokenizer;
    private final ClipTextEncoder textEncoder;
    private final UNet2DConditionModel unet;
    private final AutoencoderKL vae;
    private final NoiseSchedule schedule;

    private StableDiffusion(
            Torch torch,
            ClipTokenizer tokenizer,
            ClipTextEncoder textEncoder,
            UNet2DConditionModel unet,
            AutoencoderKL vae,
            NoiseSchedule schedule) {
        this.torch = torch;
        this.tokenizer = tokenizer;
        this.textEncoder = textEncoder;
        this.unet = unet;
        this.vae = vae;
        this.schedule = schedule;
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

    /**
     * What steers the denoising: the hidden states of the prompt, with guidance after those of the negative prompt. Owns
     * its native memory.
     */
    public static final class Conditioning implements AutoCloseable {
        private final NativeScope scope;
        private final NDArray context;
        private final boolean guided;
        private final float guidance;

        private Conditioning(NativeScope scope, NDArray context, boolean guided, float guidance) {
            this.scope = scope;
            this.context = context;
            this.guided = guided;
            this.guidance = guidance;
        }

        @Override
        public void close() {
            scope.close();
        }
    }

    /**
     * Loads a model folder. All configurations and all checkpoints' headers are checked before the first weight is read.
     *
     * @param folder holds {@code model_index.json}
     * @param dtype type of weights and activations
     */
    public static StableDiffusion load(Torch torch, Path folder, DataType dtype, LoadListener listener)
            throws EngineException {
        ConfigFile.read(folder.resolve("model_index.json")).supportsOnly("_class_name", "StableDiffusionPipeline");
        NoiseSchedule schedule = NoiseSchedule.read(folder.resolve("scheduler/scheduler_config.json"));
        try (ClipTextEncoder.Plan text = ClipTextEncoder.Plan.of(folder.resolve("text_encoder"), dtype);
                UNet2DConditionModel.Plan unet = UNet2DConditionModel.Plan.of(folder.resolve("unet"), dtype);
                AutoencoderKL.Plan vae = AutoencoderKL.Plan.of(folder.resolve("vae"), dtype)) {
            checkFit(folder, text.config(), unet.config(), vae.config());
            long total = text.network().bytes() + unet.network().bytes() + vae.bytes();
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
                StableDiffusion pipeline = new StableDiffusion(
                        torch,
                        loaded.add(ClipTokenizer.open(folder.resolve("tokenizer")), ClipTokenizer::close),
                        loaded.add(text.load(torch, sum), ClipTextEncoder::close),
                        loaded.add(unet.load(torch, sum), UNet2DConditionModel::close),
                        loaded.add(vae.load(torch, sum), AutoencoderKL::close),
                        schedule);
                loaded.release();
                return pipeline;
            }
        }
    }

    /** Bytes that the weights of a model folder will take in memory, from its configurations alone. */
    public static long weightBytes(Path folder, DataType dtype) throws EngineException {
        VaeConfig vae = VaeConfig.of(config(folder, "vae"));
        return Stream.of(
                        ClipTextGraph.describe(ClipTextConfig.of(config(folder, "text_encoder")), dtype),
                        UNetGraph.describe(UNetConfig.of(config(folder, "unet")), dtype),
                        VaeGraph.encoder(vae, dtype),
                        VaeGraph.decoder(vae, dtype))
                .mapToLong(LoadedWeights::bytes)
                .sum();
    }

    private static ConfigFile config(Path folder, String part) throws EngineException.BadModel {
        return ConfigFile.read(folder.resolve(part).resolve("config.json"));
    }

    private static void checkFit(Path folder, ClipTextConfig text, UNetConfig unet, VaeConfig vae)
            throws EngineException {
        if (unet.inChannels() != vae.latentChannels() || unet.outChannels() != vae.latentChannels()) {
            throw new EngineException.Unsupported(folder + ": the unet takes " + unet.inChannels() + " and gives "
                    + unet.outChannels() + " channels; expected both to be the vae's latent_channels, "
                    + vae.latentChannels());
        }
        if (unet.contextWidth() != text.width()) {
            throw new EngineException.BadModel(folder + ": the unet's cross_attention_dim is " + unet.contextWidth()
                    + "; expected the text encoder's hidden_size, " + text.width());
        }
    }

    /** The noise levels that it was trained with. */
    public NoiseSchedule schedule() {
        return schedule;
    }

    /** The tokenizer of its prompts. */
    public ClipTokenizer tokenizer() {
        return tokenizer;
    }

    /** The text encoder alone. */
    public ClipTextEncoder textEncoder() {
        return textEncoder;
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

    /**
     * Encodes a prompt and, with guidance, the negative prompt.
     *
     * @param guidance classifier-free guidance scale; with 1 the negative prompt is not used
     * @param clipSkip which layer of the text encoder, counted from 1 at the end, for both prompts
     */
    public Conditioning condition(String prompt, String negativePrompt, double guidance, int clipSkip)
            throws EngineException {
        boolean guided = guidance > 1;
        long[][] ids = guided
                ? new long[][] {tokenizer.encode(negativePrompt), tokenizer.encode(prompt)}
                : new long[][] {tokenizer.encode(prompt)};
        NativeScope kept = torch.open("conditioning");
        try (NativeScope scope = torch.open("text encoder run")) {
            NDArray context = textEncoder.encode(scope, ids).hidden(clipSkip);
            context.attach(kept.manager());
            return new Conditioning(kept, context, guided, (float) guidance);
        } catch (EngineException | RuntimeException e) {
            kept.close();
            throw e;
        }
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
        SigmaDenoiser denoiser = denoiser(conditioning, plan, size);
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
        return finite(plan.run(start, first, denoiser(conditioning, plan, size), more, listener));
    }

    /** The network as a sampler sees it: one call of libtorch a look, both prompts of guidance in one batch. */
    public SigmaDenoiser denoiser(Conditioning conditioning, SamplingPlan plan, LatentSize size) {
        int batch = conditioning.guided ? 2 : 1;
        Prediction.Predictor predictor = (input, timestep) -> {
            try (NativeScope step = torch.open("denoising step")) {
                NDArray sample = step.floats(
                        repeat(input, batch), unet.dtype(), batch, size.channels(), size.height(), size.width());
                float[] predicted = step.toFloats(unet.predict(step, sample, timestep, conditioning.context));
                return conditioning.guided ? guide(predicted, conditioning.guidance) : predicted;
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
     * Decodes final latents.
     *
     * @return {@code [3, H, W]}, nominally in [-1, 1], not clamped
     */
    public float[] decode(float[] latents, LatentSize size) {
        float[] unscaled = latents.clone();
        float scale = (float) vae.config().scalingFactor();
        for (int i = 0; i < unscaled.length; i++) {
            unscaled[i] /= scale;
        }
        try (NativeScope scope = torch.open("vae decoder run")) {
            NDArray input = scope.floats(unscaled, vae.dtype(), 1, size.channels(), size.height(), size.width());
            return scope.toFloats(vae.decode(scope, input));
        }
    }

    /** Turns a decoder's output into a picture. */
    public Picture picture(float[] decoded, int width, int height) {
        float[] planes = new float[decoded.length];
        for (int i = 0; i < planes.length; i++) {
            planes[i] = decoded[i] / 2 + 0.5f;
        }
        return Picture.ofPlanes(planes, width, height);
    }

    /** Bytes of its weights in memory. */
    public long bytes() {
        return textEncoder.bytes() + unet.bytes() + vae.bytes();
    }

    @Override
    public void close() {
        tokenizer.close();
        textEncoder.close();
        unet.close();
        vae.close();
    }

    /** A picture of such latents would be black; an honest failure can be tried again elsewhere. */
    private static float[] finite(float[] latents) throws EngineException.Failed {
        for (float value : latents) {
            if (!Float.isFinite(value)) {
                throw new EngineException.Failed(
                        "the latents are not finite numbers after denoising; use a wider precision, or check the weights",
                        new ArithmeticException("latent is " + value));
            }
        }
        return latents;
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
