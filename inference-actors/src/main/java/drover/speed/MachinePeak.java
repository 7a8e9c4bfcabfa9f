package drover.speed;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import drover.graph.CompiledGraph;
import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Script;
import drover.graph.Tensor;
import drover.graph.Torch;
import drover.graph.WeightSpec;
import drover.inference.EngineException;
import drover.weights.RandomWeights;
import drover.weights.SafeTensors;
import drover.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The most that this machine has been seen to compute through libtorch, in operations per second: the best of some runs of
 * one large operation each, which leave nothing else to wait for.
 *
 * @param matmul a product of two square matrices of {@value #SIDE} a side
 * @param convolution 3x3, {@value #CHANNELS} channels, the outermost of a UNet at 512x512 with guidance
 */
public record MachinePeak(double matmul, double convolution) {
    private static final long SIDE = 4096;
    private static final long CHANNELS = 320;
    private static final long PLACES = 64;
    private static final int RUNS = 4;
    private static final String OUT = "out";

    /** Measures for some seconds. */
    static MachinePeak measure(Torch torch, DataType dtype, Path scratch) throws IOException, EngineException {
        double matmul = best(
                torch,
                dtype,
                scratch,
                (layer, x) -> layer.linearNoBias("w", x, SIDE, SIDE),
                new Shape(SIDE, SIDE),
                2.0 * SIDE * SIDE * SIDE);
        double convolution = best(
                torch,
                dtype,
                scratch,
                (layer, x) -> layer.conv2d("w", x, CHANNELS, CHANNELS, 3),
                new Shape(2, CHANNELS, PLACES, PLACES),
                2.0 * 2 * PLACES * PLACES * CHANNELS * CHANNELS * 9);
        return new MachinePeak(matmul, convolution);
    }

    private static double best(
            Torch torch,
            DataType dtype,
            Path scratch,
            BiFunction<Layer, Tensor, Tensor> operation,
            Shape input,
            double operations)
            throws IOException, EngineException {
        Graph graph = new Graph("peak", dtype);
        Tensor x = graph.input("x");
        try (Layer layer = graph.layer("")) {
            graph.output(OUT, operation.apply(layer, x));
        }
        Script script = graph.script();
        try (LoadedWeights weights = random(torch, script, scratch);
                CompiledGraph compiled = new CompiledGraph(torch, script);
                NativeScope scope = torch.open("peak")) {
            NDArray values = scope.manager()
                    .randomUniform(-1, 1, input, DataType.FLOAT32)
                    .toType(dtype, false);
            double best = 0;
            for (int i = 0; i < RUNS; i++) {
                long begun = System.nanoTime();
                try (NativeScope run = torch.open("peak run")) {
                    NDArray result = compiled.run(weights, run, values).get(OUT);
                    // A device works behind one's back; to read a number of the result is to wait for it.
                    run.toFloats(result.flatten().get("0:1"));
                }
                best = Math.max(best, operations / (System.nanoTime() - begun) * 1e9);
            }
            return best;
        }
    }

    private static LoadedWeights random(Torch torch, Script script, Path scratch) throws IOException, EngineException {
        Path folder = Files.createTempDirectory(scratch, "drover-peak-");
        Path file = folder.resolve("weights.safetensors");
        try {
            Map<String, List<Long>> shapes = script.weights().stream()
                    .collect(Collectors.toMap(
                            WeightSpec::key,
                            spec -> LongStream.of(spec.shape().getShape())
                                    .boxed()
                                    .toList()));
            RandomWeights.write(file, shapes, 1);
            try (SafeTensors opened = SafeTensors.open(file)) {
                return LoadedWeights.load(
                        torch, script, opened, file.toString(), UnaryOperator.identity(), bytes -> {});
            }
        } catch (WeightsException e) {
            throw new IllegalStateException("a file that has just been written cannot be read", e);
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }
}
