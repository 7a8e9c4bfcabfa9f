package drover.graph;

import ai.djl.ndarray.types.Shape;

/**
 * A weight that a graph reads.
 *
 * @param key the graph's name for it, such as {@code conv_in.weight}
 * @param shape the only shape that fits
 */
public record WeightSpec(String key, Shape shape) {}
