package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.Script;
import drover.graph.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The text encoder of CLIP (Radford et al., 2021): a causal transformer with learned positions. Padding is not masked;
 * it takes part in attention like any token.
 */
final class ClipTextGraph {
    /** Input: int64 {@code [B, T]}. */
    static final String IDS = "ids";
    /** Further input of a graph that takes vectors: 1 where there is a token, 0 where a vector is, {@code [B, T, 1]}. */
    static final String TOKENS = "tokens";
    /** Further input of such a graph: the vectors, 0 where there is a token, {@code [B, T, width]}. */
    static final String VECTORS = "vectors";
    /** Output: the token of the largest id, after the final norm, {@code [B, width]}. */
    static final String POOLED = "pooled";
    /** Output of an encoder that has a projection: {@link #POOLED}, projected, {@code [B, projection]}. */
    static final String PROJECTED = "projected";

    private final ClipTextConfig config;
    private final Graph graph;
    private final ClipLayer layer;

    private ClipTextGraph(ClipTextConfig config, DataType dtype) {
        this.config = config;
        this.graph = new Graph("text_encoder", dtype);
        this.layer = new ClipLayer(
                graph, config.width(), config.inner(), config.heads(), config.quickGelu(), config.eps(), true);
    }

    static Script describe(ClipTextConfig config, DataType dtype) {
        return new ClipTextGraph(config, dtype).forward(false);
    }

    /** With inputs for vectors in the place of tokens. */
    static Script describeWithVectors(ClipTextConfig config, DataType dtype) {
        return new ClipTextGraph(config, dtype).forward(true);
    }

    /** Output: the hidden states that {@code clip_skip} asks for, counted from 1 at the end, after the final norm. */
    static String skipped(int clipSkip) {
        return "clip_skip_" + clipSkip;
    }

    /** Output: as {@link #skipped}, without the final norm. */
    static String unnormed(int clipSkip) {
        return "unnormed_" + clipSkip;
    }

    private Script forward(boolean vectors) {
        Tensor ids = graph.input(IDS);
        Optional<Tensor> tokens = vectors ? Optional.of(graph.input(TOKENS)) : Optional.empty();
        Optional<Tensor> others = vectors ? Optional.of(graph.input(VECTORS)) : Optional.empty();
        List<Tensor> hidden = new ArrayList<>();
        Tensor pooled = ids;
        try (Layer model = graph.layer("text_model")) {
            hidden.add(embeddings(ids, tokens, others));
            for (int i = 0; i < config.layers(); i++) {
                hidden.add(layer.apply("encoder.layers." + i, hidden.getLast()));
            }
            for (int skip = 1; skip <= config.layers(); skip++) {
                Tensor normed = model.layerNorm(
                        "final_layer_norm", hidden.get(config.layers() + 1 - skip), config.width(), config.eps());
                graph.output(skipped(skip), normed);
                graph.output(unnormed(skip), hidden.get(config.layers() + 1 - skip));
                if (skip == 1) {
                    // The end-of-text token has the largest id; the config's eos_token_id is wrong in old models.
                    pooled = normed.rowAt(ids.argmax(), config.width());
                    graph.output(POOLED, pooled);
                }
            }
        }
        if (config.projection() > 0) {
            try (Layer at = graph.layer("")) {
                graph.output(
                        PROJECTED, at.linearNoBias("text_projection", pooled, config.width(), config.projection()));
            }
        }
        return graph.script();
    }

    private Tensor embeddings(Tensor ids, Optional<Tensor> kept, Optional<Tensor> others) {
        try (Layer at = graph.layer("embeddings")) {
            Tensor tokens = at.embedding("token_embedding", ids, config.vocabulary(), config.width());
            if (kept.isPresent() && others.isPresent()) {
                tokens = tokens.mul(kept.get()).add(others.get());
            }
            Tensor positions = at.weight("position_embedding.weight", config.positions(), config.width());
            return tokens.add(positions.narrowLike(ids, 1));
        }
    }
}
