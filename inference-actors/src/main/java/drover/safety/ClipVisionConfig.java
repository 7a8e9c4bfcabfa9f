package drover.safety;

import drover.diffusion.ConfigFile;
import drover.inference.EngineException;

/**
 * Settings of CLIP's picture encoder, from a {@code config.json}.
 *
 * @param side pictures are squares of that many pixels
 * @param patch patches are squares of that many pixels
 * @param width of the hidden states
 * @param inner width of the feed-forward network
 * @param layers encoder layers
 * @param heads attention heads
 * @param quickGelu whether the activation is CLIP's approximation of GELU; else it is the exact one
 * @param eps of the layer norms
 * @param projection width of the embedding
 */
record ClipVisionConfig(
        int side,
        int patch,
        int width,
        int inner,
        int layers,
        int heads,
        boolean quickGelu,
        double eps,
        int projection) {
    private static final int MOST = 1 << 20;

    /** Reads and checks the file of a model that has such an encoder. */
    static ClipVisionConfig of(ConfigFile model) throws EngineException {
        ConfigFile config = model.object("vision_config");
        String activation = config.text("hidden_act");
        if (!activation.equals("quick_gelu") && !activation.equals("gelu")) {
            throw new EngineException.Unsupported(
                    config.name() + ": hidden_act is " + activation + "; supported are quick_gelu, gelu");
        }
        config.supportsOnly("num_channels", 3);
        ClipVisionConfig read = new ClipVisionConfig(
                within(config, "image_size"),
                within(config, "patch_size"),
                within(config, "hidden_size"),
                within(config, "intermediate_size"),
                within(config, "num_hidden_layers"),
                within(config, "num_attention_heads"),
                activation.equals("quick_gelu"),
                config.number("layer_norm_eps", 1e-5),
                within(model, "projection_dim"));
        if (read.side % read.patch != 0 || read.width % read.heads != 0) {
            throw new EngineException.BadModel(
                    config.name() + ": patch_size must divide image_size, and num_attention_heads hidden_size");
        }
        return read;
    }

    private static int within(ConfigFile config, String key) throws EngineException.BadModel {
        int value = config.integer(key);
        if (value < 1 || value > MOST) {
            throw new EngineException.BadModel(config.name() + ": " + key + " is " + value + "; expected 1 to " + MOST);
        }
        return value;
    }

    /** Tokens: one for each patch, and one for the whole. */
    int tokens() {
        return side / patch * (side / patch) + 1;
    }
}
