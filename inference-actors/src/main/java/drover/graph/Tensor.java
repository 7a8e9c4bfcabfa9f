package drover.graph;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A value in a {@link Graph}: the name of a variable of its script. Immutable; every method appends a line and returns
 * the name of the result. Dimensions may be negative and then count from the end. Shapes are known only when the graph
 * runs; libtorch checks them there.
 */
public final class Tensor {
    private final Graph graph;
    private final String name;

    Tensor(Graph graph, String name) {
        this.graph = graph;
        this.name = name;
    }

    String name() {
        return name;
    }

    /** Elementwise sum; shapes broadcast. */
    public Tensor add(Tensor other) {
        return graph.line("torch.add(%s, %s)".formatted(name, other.name));
    }

    /** Elementwise product; shapes broadcast. */
    public Tensor mul(Tensor other) {
        return graph.line("torch.mul(%s, %s)".formatted(name, other.name));
    }

    /** Every element times a number. */
    public Tensor mul(double factor) {
        return graph.line("torch.mul(%s, %s)".formatted(name, number(factor)));
    }

    /** Every element divided by a number. */
    public Tensor div(double divisor) {
        return graph.line("torch.div(%s, %s)".formatted(name, number(divisor)));
    }

    /** {@code x · sigmoid(x)}. */
    public Tensor silu() {
        return unary("silu");
    }

    /** {@code x · Φ(x)}, with the exact error function. */
    public Tensor gelu() {
        return graph.line("torch.gelu(%s, approximate=\"none\")".formatted(name));
    }

    /** CLIP's approximation of GELU: {@code x · sigmoid(1.702 x)}. */
    public Tensor quickGelu() {
        return mul(mul(1.702).sigmoid());
    }

    /** {@code 1 / (1 + e⁻ˣ)}. */
    public Tensor sigmoid() {
        return unary("sigmoid");
    }

    /** {@code eˣ}. */
    public Tensor exp() {
        return unary("exp");
    }

    /** Cosine, in radians. */
    public Tensor cos() {
        return unary("cos");
    }

    /** Sine, in radians. */
    public Tensor sin() {
        return unary("sin");
    }

    /** Limits every element to a range. */
    public Tensor clamp(double low, double high) {
        return graph.line("torch.clamp(%s, %s, %s)".formatted(name, number(low), number(high)));
    }

    /** Cuts a dimension into equal parts. */
    public List<Tensor> chunk(int parts, int dim) {
        return graph.unpack(parts, "torch.chunk(%s, %d, %d)".formatted(name, parts, dim));
    }

    /** The first {@code length} entries of a dimension. */
    public Tensor narrow(int dim, long length) {
        return graph.line("torch.slice(%s, %d, 0, %d)".formatted(name, dim, length));
    }

    /** As many first entries of the first dimension as {@code like} has in dimension {@code dim}. */
    public Tensor narrowLike(Tensor like, int dim) {
        return graph.line("torch.slice(%s, 0, 0, torch.size(%s, %d))".formatted(name, like.name, dim));
    }

    /** The same elements in another shape; one size may be -1. */
    public Tensor reshape(long... sizes) {
        return graph.line("torch.reshape(%s, %s)".formatted(name, list(sizes)));
    }

    /** Joins the dimensions {@code from} to {@code to} into one. */
    public Tensor flatten(int from, int to) {
        return graph.line("torch.flatten(%s, %d, %d)".formatted(name, from, to));
    }

    /** Splits one dimension into several; one size may be -1. */
    public Tensor unflatten(int dim, long... sizes) {
        return graph.line("torch.unflatten(%s, %d, %s)".formatted(name, dim, list(sizes)));
    }

    /** Splits the last dimension into the sizes that {@code like} has from its dimension {@code from} on. */
    public Tensor unflattenLike(Tensor like, int from) {
        return graph.line("torch.unflatten(%s, -1, torch.slice(torch.size(%s), %d))".formatted(name, like.name, from));
    }

    /** {@code [1, T, width]} to {@code [B, T, width]}, with the B of {@code like}, by repetition. */
    public Tensor repeatedLike(Tensor like) {
        return graph.line("torch.expand(%s, [torch.size(%s, 0), -1, -1])".formatted(name, like.name));
    }

    /** Scaled to a length of 1 along the last dimension. */
    public Tensor unit() {
        return graph.line("torch.div(%s, torch.clamp_min(torch.norm(%s, 2, [-1], True), 1e-12))".formatted(name, name));
    }

    /** {@code A Bᵀ}: {@code [N, width]} and {@code [M, width]} to {@code [N, M]}. */
    public Tensor matmulTransposed(Tensor other) {
        return graph.line("torch.linear(%s, %s, None)".formatted(name, other.name));
    }

    /** Swaps two dimensions. */
    public Tensor transpose(int a, int b) {
        return graph.line("torch.transpose(%s, %d, %d)".formatted(name, a, b));
    }

    /** A new dimension of size 1. */
    public Tensor unsqueeze(int dim) {
        return graph.line("torch.unsqueeze(%s, %d)".formatted(name, dim));
    }

    /** Rows and columns beside a {@code [B, C, H, W]} picture, of what the graph's {@link Edges} say. */
    public Tensor pad(int left, int right, int top, int bottom) {
        String sides = list(left, right, top, bottom);
        return graph.line(
                switch (graph.edges()) {
                    case ZEROS -> "torch.constant_pad_nd(%s, %s, 0)".formatted(name, sides);
                    case CIRCULAR -> "torch.pad(%s, %s, \"circular\", None)".formatted(name, sides);
                });
    }

    /** {@code x} where it is positive, else {@code slope x}. */
    public Tensor leakyRelu(double slope) {
        return graph.line("torch.leaky_relu(%s, %s)".formatted(name, number(slope)));
    }

    /** {@code [B, C, H, W]} to {@code [B, C factor², H / factor, W / factor]}; a pixel's neighbours become channels. */
    public Tensor pixelUnshuffle(int factor) {
        return graph.line("torch.pixel_unshuffle(%s, %d)".formatted(name, factor));
    }

    /** {@code [B, C, H, W]} to {@code [B, C, factor·H, factor·W]}, by repetition. */
    public Tensor upsampleNearest(int factor) {
        String scale = number(factor);
        return graph.line("torch.upsample_nearest2d(%s, None, [%s, %s])".formatted(name, scale, scale));
    }

    /** {@code [B, C, H, W]} to the height and width of {@code like}, by repetition. */
    public Tensor upsampleNearestTo(Tensor like) {
        return graph.line(
                "torch.upsample_nearest2d(%s, torch.slice(torch.size(%s), 2), None)".formatted(name, like.name));
    }

    /**
     * Scaled dot-product attention, {@code softmax(Q Kᵀ / √d) V}, fused by libtorch.
     *
     * @param keys {@code [B, heads, S, d]}
     * @param values {@code [B, heads, S, d]}
     * @param causal whether a position sees only itself and those before it
     * @return {@code [B, heads, T, d]}, where this tensor is the queries of the same shape
     */
    public Tensor attention(Tensor keys, Tensor values, boolean causal) {
        return graph.line("torch.scaled_dot_product_attention(%s, %s, %s, None, 0., %s)"
                .formatted(name, keys.name, values.name, causal ? "True" : "False"));
    }

    /**
     * Attention of several heads: splits the last dimension into heads, attends, joins the heads again.
     *
     * @param keys {@code [B, S, heads·d]}
     * @param values {@code [B, S, heads·d]}
     * @return {@code [B, T, heads·d]}, where this tensor is the queries of the same shape
     */
    public Tensor multiHeadAttention(Tensor keys, Tensor values, int heads, boolean causal) {
        return splitHeads(heads)
                .attention(keys.splitHeads(heads), values.splitHeads(heads), causal)
                .transpose(1, 2)
                .flatten(2, 3);
    }

    /** As {@link #multiHeadAttention}, computed in float32 where the graph's own type is narrower. */
    public Tensor wideMultiHeadAttention(Tensor keys, Tensor values, int heads, boolean causal) {
        if (graph.dtype() == DataType.FLOAT32) {
            return multiHeadAttention(keys, values, heads, causal);
        }
        return wide().multiHeadAttention(keys.wide(), values.wide(), heads, causal)
                .toGraphType();
    }

    private Tensor wide() {
        return graph.line("torch.to(%s, %d)".formatted(name, ScalarTypes.number(DataType.FLOAT32)));
    }

    /** Index of the largest element along the last dimension, the first of them where several are equal; int64. */
    public Tensor argmax() {
        return graph.line("torch.argmax(%s, -1)".formatted(name));
    }

    /**
     * One row of every batch item: {@code [B, T, width]} and int64 {@code [B]} to {@code [B, width]}.
     *
     * @param row which row, for every item
     */
    public Tensor rowAt(Tensor row, long width) {
        return graph.line(
                "torch.squeeze(torch.gather(%s, 1, torch.expand(torch.reshape(%s, [-1, 1, 1]), [-1, 1, %d])), 1)"
                        .formatted(name, row.name, width));
    }

    /** float32 {@code [n]}: 0, 1, …, n-1, on this tensor's device. */
    public Tensor arange(long n) {
        return graph.line("torch.arange(%d, dtype=%d, layout=None, device=ops.prim.device(%s))"
                .formatted(n, ScalarTypes.number(DataType.FLOAT32), name));
    }

    /** The same values in the type of the graph's weights. */
    public Tensor toGraphType() {
        return graph.line("torch.to(%s, %d)".formatted(name, ScalarTypes.number(graph.dtype())));
    }

    @Override
    public String toString() {
        return name;
    }

    /** A number as the script's lexer takes it: always with a point, exponents in lower case. */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("a constant must be finite, but was " + value);
        }
        return Double.toString(value).replace('E', 'e');
    }

    private Tensor splitHeads(int heads) {
        return unflatten(-1, heads, -1).transpose(1, 2);
    }

    private Tensor unary(String function) {
        return graph.line("torch.%s(%s)".formatted(function, name));
    }

    private static String list(long... values) {
        return Arrays.stream(values).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
