package drover.graph;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An open layer of a {@link Graph}, to be closed where its code ends. Its methods apply the layer's own weights, which
 * are looked up below its {@link #path()}; {@code child} may be empty where the weights lie directly in the layer.
 */
public final class Layer implements AutoCloseable {
    private final Graph graph;
    private final String path;

    Layer(Graph graph, String path) {
        this.graph = graph;
        this.path = path;
    }

    /** The layer's full name, as in the checkpoint's keys. */
    public String path() {
        return path;
    }

    /**
     * 2-D convolution, with bias: {@code [B, in, H, W]} to {@code [B, out, H', W']}.
     *
     * @param kernel side of the square kernel
     * @param stride step in both directions
     * @param padding rows and columns added on every side, of what the graph's {@link Edges} say
     */
    public Tensor conv2d(String child, Tensor x, long in, long out, int kernel, int stride, int padding) {
        if (padding > 0 && graph.edges() == Edges.CIRCULAR) {
            return conv2d(child, x.pad(padding, padding, padding, padding), in, out, kernel, stride, 0);
        }
        String at = name(child);
        return graph.line("torch.conv2d(%s, %s, %s, [%d, %d], [%d, %d], [1, 1], 1)"
                .formatted(
                        x.name(),
                        graph.weight(at + ".weight", out, in, kernel, kernel),
                        graph.weight(at + ".bias", out),
                        stride,
                        stride,
                        padding,
                        padding));
    }

    /** 2-D convolution without bias or padding, whose stride is its kernel: {@code [B, in, H, W]} to patches. */
    public Tensor patches(String child, Tensor x, long in, long out, int kernel) {
        return graph.line("torch.conv2d(%s, %s, None, [%d, %d], [0, 0], [1, 1], 1)"
                .formatted(x.name(), graph.weight(name(child) + ".weight", out, in, kernel, kernel), kernel, kernel));
    }

    /** 2-D convolution that keeps the size: stride 1, padding {@code kernel / 2}, with bias. */
    public Tensor conv2d(String child, Tensor x, long in, long out, int kernel) {
        return conv2d(child, x, in, out, kernel, 1, kernel / 2);
    }

    /** {@code x Wᵀ + b}: {@code [..., in]} to {@code [..., out]}. */
    public Tensor linear(String child, Tensor x, long in, long out) {
        String at = name(child);
        return graph.line("torch.linear(%s, %s, %s)"
                .formatted(x.name(), graph.weight(at + ".weight", out, in), graph.weight(at + ".bias", out)));
    }

    /** {@code x Wᵀ}: {@code [..., in]} to {@code [..., out]}. */
    public Tensor linearNoBias(String child, Tensor x, long in, long out) {
        return graph.line(
                "torch.linear(%s, %s, None)".formatted(x.name(), graph.weight(name(child) + ".weight", out, in)));
    }

    /** Group normalisation over {@code [B, channels, ...]}, with scale and shift per channel. */
    public Tensor groupNorm(String child, Tensor x, int groups, long channels, double eps) {
        String at = name(child);
        return graph.line("torch.group_norm(%s, %d, %s, %s, %s, True)"
                .formatted(
                        x.name(),
                        groups,
                        graph.weight(at + ".weight", channels),
                        graph.weight(at + ".bias", channels),
                        Tensor.number(eps)));
    }

    /** Layer normalisation over the last dimension, with scale and shift: {@code [..., width]}. */
    public Tensor layerNorm(String child, Tensor x, long width, double eps) {
        String at = name(child);
        return graph.line("torch.layer_norm(%s, [%d], %s, %s, %s, True)"
                .formatted(
                        x.name(),
                        width,
                        graph.weight(at + ".weight", width),
                        graph.weight(at + ".bias", width),
                        Tensor.number(eps)));
    }

    /** Rows of a table by number: int64 {@code [...]} to {@code [..., width]}. */
    public Tensor embedding(String child, Tensor ids, long rows, long width) {
        return graph.line(
                "torch.embedding(%s, %s)".formatted(graph.weight(name(child) + ".weight", rows, width), ids.name()));
    }

    /** A bare weight of this layer. */
    public Tensor weight(String child, long... shape) {
        return new Tensor(graph, graph.weight(name(child), shape));
    }

    /** Joins along a dimension; all others must agree. */
    public Tensor cat(int dim, Collection<Tensor> parts) {
        String names = parts.stream().map(Tensor::name).collect(Collectors.joining(", "));
        return graph.line("torch.cat([%s], %d)".formatted(names, dim));
    }

    /** Joins two along a dimension. */
    public Tensor cat(int dim, Tensor a, Tensor b) {
        return cat(dim, List.of(a, b));
    }

    @Override
    public void close() {
        graph.close(this);
    }

    private String name(String child) {
        return Graph.join(path, child);
    }
}
