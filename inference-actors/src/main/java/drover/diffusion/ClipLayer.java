package drover.diffusion;

import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.Tensor;

/**
 * The transformer layer of both of CLIP's encoders (Radford et al., 2021).
 *
 * @param graph to be written to
 * @param width of the hidden states
 * @param inner width of the feed-forward network
 * @param heads attention heads
 * @param quickGelu whether the activation is CLIP's approximation of GELU; else it is the exact one
 * @param eps of the layer norms
 * @param causal whether a token sees only those before it, as in text
 */
public record ClipLayer(Graph graph, int width, int inner, int heads, boolean quickGelu, double eps, boolean causal) {
    /** {@code [B, T, width]} to the same shape. */
    public Tensor apply(String path, Tensor x) {
        try (Layer at = graph.layer(path)) {
            x = x.add(selfAttention(at.layerNorm("layer_norm1", x, width, eps)));
            return x.add(mlp(at.layerNorm("layer_norm2", x, width, eps)));
        }
    }

    private Tensor selfAttention(Tensor x) {
        try (Layer at = graph.layer("self_attn")) {
            Tensor q = at.linear("q_proj", x, width, width);
            Tensor k = at.linear("k_proj", x, width, width);
            Tensor v = at.linear("v_proj", x, width, width);
            return at.linear("out_proj", q.multiHeadAttention(k, v, heads, causal), width, width);
        }
    }

    private Tensor mlp(Tensor x) {
        try (Layer at = graph.layer("mlp")) {
            Tensor h = at.linear("fc1", x, width, inner);
            return at.linear("fc2", quickGelu ? h.quickGelu() : h.gelu(), inner, width);
        }
    }
}
