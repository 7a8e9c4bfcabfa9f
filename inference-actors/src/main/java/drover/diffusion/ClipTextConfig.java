package drover.diffusion;

import drover.inference.EngineException;
import java.util.List;

/**
 * Settings of a CLIP text encoder, from its {@code config.json}.
 *
 * @param vocabulary rows of the token table
 * @param positions longest sequence
 * @param width of the hidden states
 * @param inner width of the feed-forward network
 * @param layers encoder layers
 * @param heads attention heads
 * @param quickGelu whether the activation is CLIP's approximation of GELU; else it is the exact one
 * @param eps of the layer norms
 * @param projection width of the pooled embedding's projection; 0 if there is none
 */
public record ClipTextConfig(
        int vocabulary,
        int positions,
        int width,
        int inner,
        int layers,
        int heads,
        boolean quickGelu,
        double eps,
        int projection) {

    /** Reads and checks {@code text_encoder/config.json}. */
    public static ClipTextConfig of(ConfigFile config) throws EngineException {
        String activation = config.text("hidden_act");
        if (!List.of("quick_gelu", "gelu").contains(activation)) {
            throw new EngineException.Unsupported(
                    config.name() + ": hidden_act is " + activation + "; supported are quick_gelu, gelu");
        }
        ClipTextConfig read = new ClipTextConfig(
                config.integer("vocab_size"),
                config.integer("max_position_embeddings"),
                config.integer("hidden_size"),
                config.integer("intermediate_size"),
                config.integer("num_hidden_layers"),
                config.integer("num_attention_heads"),
                activation.equals("quick_gelu"),
                config.number("layer_norm_eps", 1e-5),
                projects(config) ? config.integer("projection_dim") : 0);
        if (projects(config)) {
            ConfigChecks.sane(config, "projection_dim", List.of(read.projection));
        }
        ConfigChecks.sane(config, "vocab_size", List.of(read.vocabulary));
        ConfigChecks.sane(config, "max_position_embeddings", List.of(read.positions));
        ConfigChecks.sane(config, "hidden_size", List.of(read.width));
        ConfigChecks.sane(config, "intermediate_size", List.of(read.inner));
        ConfigChecks.deep(config, "num_hidden_layers", List.of(read.layers));
        ConfigChecks.divides(config, "num_attention_heads", read.heads, "hidden_size", read.width);
        return read;
    }

    private static boolean projects(ConfigFile config) throws EngineException.BadModel {
        return config.has("architectures") && config.texts("architectures").contains("CLIPTextModelWithProjection");
    }
}
