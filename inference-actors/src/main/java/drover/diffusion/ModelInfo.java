package drover.diffusion;

import drover.inference.EngineException;
import drover.inference.Sampler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What an installation knows of one of its models without loading it.
 *
 * @param name the name that requests use
 * @param path the diffusers folder, or the single file
 * @param architecture what kind of model it is
 * @param prediction what its UNet predicts
 * @param width the size that it was trained for, in pixels
 * @param height the size that it was trained for, in pixels
 * @param latentFactor pixels per latent, 2^(VAE blocks - 1); widths and heights are multiples of it
 * @param maxSize the longest side that is accepted, in pixels
 * @param steps denoising steps when a request names none
 * @param cfgScale guidance when a request names none
 * @param sampler the sampler when a request names none
 * @param weightBytes bytes of its weights on disk
 * @param declared what its owner says of it
 */
public record ModelInfo(
        String name,
        Path path,
        Architecture architecture,
        Prediction prediction,
        int width,
        int height,
        int latentFactor,
        int maxSize,
        int steps,
        double cfgScale,
        Sampler sampler,
        long weightBytes,
        ModelDeclaration declared) {
    /** The file in a model's folder in which its owner may set the defaults of requests. */
    public static final String DEFAULTS_FILE = "drover.json";

    private static final int DEFAULT_STEPS = 25;
    private static final double DEFAULT_CFG_SCALE = 7.5;
    private static final Sampler DEFAULT_SAMPLER = Sampler.EULER;
    /** Far beyond the size of training a picture falls apart, and memory grows with the square. */
    private static final int DEFAULT_MAX_SIZE_FACTOR = 4;

    private static final int MAX_VAE_BLOCKS = 8;
    private static final List<String> DEFAULT_KEYS = List.of("steps", "cfg", "sampler", "max_size");

    /**
     * Reads a diffusers folder or the header of a single file.
     *
     * @throws EngineException.Unsupported if it is of a kind that is not run here
     * @throws EngineException.BadModel if something is missing or wrong
     */
    public static ModelInfo read(String name, Path path, ModelDeclaration declared) throws EngineException {
        if (declared.vae().filter(Files::notExists).isPresent()) {
            throw new EngineException.BadModel("the autoencoder that is declared for " + name + " is not there: "
                    + declared.vae().get());
        }
        ModelSource model = ModelSource.of(path, declared);
        Architecture architecture = model.architecture();
        Prediction prediction = Prediction.of(model.config("scheduler"));
        int factor = latentFactor(model.config("vae"));
        ConfigFile unet = model.config("unet");
        List<Integer> size = unet.integers("sample_size");
        if (size.isEmpty() || size.size() > 2 || size.stream().anyMatch(s -> s < 1 || s > 4096)) {
            throw new EngineException.BadModel(
                    unet.name() + ": sample_size is " + size + "; expected one or two numbers from 1 to 4096");
        }
        int height = size.getFirst() * factor;
        int width = size.getLast() * factor;
        Defaults defaults = Defaults.read(model.defaults(), Math.max(width, height) * DEFAULT_MAX_SIZE_FACTOR);
        return new ModelInfo(
                name,
                path,
                architecture,
                prediction,
                width,
                height,
                factor,
                defaults.maxSize,
                defaults.steps,
                defaults.cfgScale,
                defaults.sampler,
                model.bytes(),
                declared);
    }

    /** Where its parts come from. */
    public ModelSource source() throws EngineException {
        return ModelSource.of(path, declared);
    }

    /** The layer of the text encoder when a request names none, counted from the end. */
    public int clipSkip() {
        return declared.clipSkip().orElse(1);
    }

    private static int latentFactor(ConfigFile vae) throws EngineException.BadModel {
        int blocks = vae.integers("block_out_channels").size();
        if (blocks < 1 || blocks > MAX_VAE_BLOCKS) {
            throw new EngineException.BadModel(
                    vae.name() + ": block_out_channels has " + blocks + " entries; expected 1 to " + MAX_VAE_BLOCKS);
        }
        return 1 << (blocks - 1);
    }

    private record Defaults(int steps, double cfgScale, Sampler sampler, int maxSize) {
        static Defaults read(Path file, int maxSize) throws EngineException.BadModel {
            if (!Files.exists(file)) {
                return new Defaults(DEFAULT_STEPS, DEFAULT_CFG_SCALE, DEFAULT_SAMPLER, maxSize);
            }
            ConfigFile config = ConfigFile.read(file);
            for (String key : config.keys()) {
                if (!DEFAULT_KEYS.contains(key)) {
                    throw new EngineException.BadModel(
                            config.name() + ": the key " + key + " is not known; expected " + DEFAULT_KEYS);
                }
            }
            String sampler = config.text("sampler", DEFAULT_SAMPLER.hordeName());
            return new Defaults(
                    within(config, "steps", config.integer("steps", DEFAULT_STEPS), 1, 500),
                    within(config, "cfg", config.number("cfg", DEFAULT_CFG_SCALE), 1, 100),
                    Sampler.byName(sampler)
                            .orElseThrow(() -> new EngineException.BadModel(config.name() + ": sampler is " + sampler
                                    + "; expected one of " + Sampler.names())),
                    within(config, "max_size", config.integer("max_size", maxSize), 8, 1 << 16));
        }

        private static int within(ConfigFile config, String key, int value, int min, int max)
                throws EngineException.BadModel {
            return (int) within(config, key, (double) value, min, max);
        }

        private static double within(ConfigFile config, String key, double value, int min, int max)
                throws EngineException.BadModel {
            if (value < min || value > max) {
                throw new EngineException.BadModel(
                        config.name() + ": " + key + " is " + value + "; expected " + min + " to " + max);
            }
            return value;
        }
    }
}
