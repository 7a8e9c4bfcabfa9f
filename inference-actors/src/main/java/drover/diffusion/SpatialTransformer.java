package drover.diffusion;

import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.Tensor;
import java.util.List;

/**
 * The transformer between the residual blocks of the UNet (diffusers' {@code Transformer2DModel}): every pixel is a
 * token that attends to all pixels and to the prompt.
 *
 * @param graph to be written to
 * @param groups of the group norm at the entry
 * @param contextWidth width of the prompt's hidden states
 * @param linearProjection whether tokens are projected as tokens (SD 2, SDXL) or as pixels (SD 1); the same numbers
 *     either way, but other weight shapes
 * @param wideAttention whether attention is computed in float32 whatever the type of the graph
 */
record SpatialTransformer(Graph graph, int groups, int contextWidth, boolean linearProjection, boolean wideAttention) {
    /** The norm at the entry has its own eps, whatever the rest of the UNet uses. */
    private static final double ENTRY_EPS = 1e-6;

    private static final double LAYER_NORM_EPS = 1e-5;

    /**
     * {@code [B, channels, H, W]} to the same shape.
     *
     * @param context the prompt's hidden states, {@code [B, T, contextWidth]}
     */
    Tensor apply(String path, Tensor x, Tensor context, int channels, int heads, int layers) {
        try (Layer at = graph.layer(path)) {
            Tensor h = at.groupNorm("norm", x, groups, channels, ENTRY_EPS);
            h = linearProjection
                    ? at.linear("proj_in", tokens(h), channels, channels)
                    : tokens(at.conv2d("proj_in", h, channels, channels, 1));
            for (int i = 0; i < layers; i++) {
                h = block("transformer_blocks." + i, h, context, channels, heads);
            }
            h = linearProjection
                    ? pixels(at.linear("proj_out", h, channels, channels), x)
                    : at.conv2d("proj_out", pixels(h, x), channels, channels, 1);
            return h.add(x);
        }
    }

    private Tensor block(String path, Tensor x, Tensor context, int width, int heads) {
        try (Layer at = graph.layer(path)) {
            Tensor h = at.layerNorm("norm1", x, width, LAYER_NORM_EPS);
            x = x.add(attention("attn1", h, h, width, width, heads));
            h = at.layerNorm("norm2", x, width, LAYER_NORM_EPS);
            x = x.add(attention("attn2", h, context, width, contextWidth, heads));
            h = at.layerNorm("norm3", x, width, LAYER_NORM_EPS);
            return x.add(feedForward(h, width));
        }
    }

    private Tensor attention(String path, Tensor x, Tensor context, int width, int contextWidth, int heads) {
        try (Layer at = graph.layer(path)) {
            Tensor q = at.linearNoBias("to_q", x, width, width);
            Tensor k = at.linearNoBias("to_k", context, contextWidth, width);
            Tensor v = at.linearNoBias("to_v", context, contextWidth, width);
            Tensor attended = wideAttention
                    ? q.wideMultiHeadAttention(k, v, heads, false)
                    : q.multiHeadAttention(k, v, heads, false);
            return at.linear("to_out.0", attended, width, width);
        }
    }

    /** GEGLU (Shazeer, 2020): one half of the inner layer gates the other. */
    private Tensor feedForward(Tensor x, int width) {
        int inner = 4 * width;
        try (Layer at = graph.layer("ff.net")) {
            List<Tensor> halves = at.linear("0.proj", x, width, 2L * inner).chunk(2, -1);
            return at.linear("2", halves.get(0).mul(halves.get(1).gelu()), inner, width);
        }
    }

    /** {@code [B, C, H, W]} to {@code [B, HW, C]}. */
    private static Tensor tokens(Tensor x) {
        return x.flatten(2, 3).transpose(1, 2);
    }

    /** {@code [B, HW, C]} to {@code [B, C, H, W]}, with the height and width of {@code like}. */
    private static Tensor pixels(Tensor x, Tensor like) {
        return x.transpose(1, 2).unflattenLike(like, 2);
    }
}
