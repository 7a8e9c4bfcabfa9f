package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.Script;
import drover.graph.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The text encoder of CLIP (Radford et al., 2021): a causal transformer with learned positions. Padding is not masked;
 * it takes part in attention like any token.
 */
final class ClipTextGraph {
    /** Input: int64 {@code [B, T]}. */
    static final String IDS = "ids";
    /** Output: the token of the largest id, after the final norm, {@code [B, width]}. */
    static final String POOLED = "pooled";
    /** Output: the last-but-one layer without the final norm, {@code [B, T, width]}. */
    static final String PENULTIMATE = "penultimate";

    private final ClipTextConfig config;
    private final Graph graph;

    private ClipTextGraph(ClipTextConfig config, DataType dtype) {
        this.config = config;
        this.graph = new Graph("text_encoder", dtype);
    }

    static Script describe(ClipTextConfig config, DataType dtype) {
        return new ClipTextGraph(config, dtype).forward();
    }

    /** Output: the hidden states that {@code clip_skip} asks for, counted from 1 at the end, after the final norm. */
    static String skipped(int clipSkip) {
        return "clip_skip_" + clipSkip;
    }

    private Script forward() {
        Tensor ids = graph.input(IDS);
        List<Tensor> hidden = new ArrayList<>();
        try (Layer model = graph.layer("text_model")) {
            hidden.add(embeddings(ids));
            for (int i = 0; i < config.layers(); i++) {
                hidden.add(encoderLayer("encoder.layers." + i, hidden.getLast()));
            }
            for (int skip = 1; skip <= config.layers(); skip++) {
                Tensor normed = model.layerNorm(
                        "final_layer_norm", hidden.get(config.layers() + 1 - skip), config.width(), config.eps());
                graph.output(skipped(skip), normed);
                if (skip == 1) {
                    // The end-of-text token has the largest id; the config's eos_token_id is wrong in old models.
                    graph.output(POOLED, normed.rowAt(ids.argmax(), config.width()));
                }
            }
            graph.output(PENULTIMATE, hidden.get(config.layers() - 1));
        }
        return graph.script();
    }

    private Tensor embeddings(Tensor ids) {
        try (Layer at = graph.layer("embeddings")) {
            Tensor tokens = at.embedding("token_embedding", ids, config.vocabulary(), config.width());
            Tensor positions = at.weight("position_embedding.weight", config.positions(), config.width());
            return tokens.add(positions.narrowLike(ids, 1));
        }
    }

    private Tensor encoderLayer(String path, Tensor x) {
        try (Layer at = graph.layer(path)) {
            Tensor h = at.layerNorm("layer_norm1", x, config.width(), config.eps());
            x = x.add(selfAttention(h));
            h = at.layerNorm("layer_norm2", x, config.width(), config.eps());
            return x.add(mlp(h));
        }
    }

    private Tensor selfAttention(Tensor x) {
        int width = config.width();
        try (Layer at = graph.layer("self_attn")) {
            Tensor q = at.linear("q_proj", x, width, width);
            Tensor k = at.linear("k_proj", x, width, width);
            Tensor v = at.linear("v_proj", x, width, width);
            return at.linear("out_proj", q.multiHeadAttention(k, v, config.heads(), true), width, width);
        }
    }

    private Tensor mlp(Tensor x) {
        try (Layer at = graph.layer("mlp")) {
            Tensor h = at.linear("fc1", x, config.width(), config.inner());
            h = config.quickGelu() ? h.quickGelu() : h.gelu();
            return at.linear("fc2", h, config.inner(), config.width());
        }
    }
}
