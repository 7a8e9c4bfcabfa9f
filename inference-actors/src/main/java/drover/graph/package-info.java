/**
 * Networks described in Java and run whole by libtorch. Model packages write a {@link drover.graph.Graph} line by line;
 * engines compile it to a {@link drover.graph.CompiledGraph} and run it with {@link drover.graph.Weights} loaded once.
 * Weights come in through {@link drover.graph.WeightSource}, arrays go in and out as DJL NDArrays, and everything native
 * is owned by a {@link drover.graph.NativeScope} of one {@link drover.graph.Torch}.
 */
@NullMarked
package drover.graph;

import org.jspecify.annotations.NullMarked;
