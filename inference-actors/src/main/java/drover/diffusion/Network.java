package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.CompiledGraph;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Outputs;
import drover.graph.Script;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.weights.Checkpoint;
import drover.weights.Weights;
import drover.weights.WeightsException;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A network that is ready to run: a compiled graph with its weights. Thread-safe; owns both. */
final class Network implements AutoCloseable {
    private final CompiledGraph graph;
    private final LoadedWeights weights;

    private Network(CompiledGraph graph, LoadedWeights weights) {
        this.graph = graph;
        this.weights = weights;
    }

    /**
     * A network on disk: described, and checked against its checkpoint, but not loaded. Keeps the checkpoint open until
     * closed.
     */
    static final class Plan implements AutoCloseable {
        private final Script script;
        private final Weights weights;
        private final String source;
        private final UnaryOperator<String> storedName;

        private Plan(Script script, Weights weights, String source, UnaryOperator<String> storedName) {
            this.script = script;
            this.weights = weights;
            this.source = source;
            this.storedName = storedName;
        }

        /**
         * Opens the checkpoint and checks that it has what the script reads.
         *
         * @param stem file name of the checkpoint without its extension
         * @param naming given the names in the checkpoint, turns a key of the script into one of them
         */
        static Plan of(Script script, Path folder, String stem, Function<Set<String>, UnaryOperator<String>> naming)
                throws EngineException.BadModel {
            Checkpoint checkpoint;
            try {
                checkpoint = Checkpoint.open(folder, stem);
            } catch (WeightsException e) {
                throw new EngineException.BadModel(script.name() + ": " + e.getMessage(), e);
            }
            try {
                UnaryOperator<String> storedName = naming.apply(checkpoint.names());
                LoadedWeights.check(script, checkpoint, folder.toString(), storedName);
                return new Plan(script, checkpoint, folder.toString(), storedName);
            } catch (EngineException.BadModel | RuntimeException e) {
                checkpoint.close();
                throw e;
            }
        }

        /** Bytes that the weights will take in memory. */
        long bytes() {
            return LoadedWeights.bytes(script);
        }

        /** Loads the weights and compiles the graph. */
        Network load(Torch torch, LoadedWeights.Listener listener) throws EngineException {
            CompiledGraph graph = new CompiledGraph(torch, script);
            try {
                return new Network(graph, LoadedWeights.load(torch, script, weights, source, storedName, listener));
            } catch (EngineException | RuntimeException e) {
                graph.close();
                throw e;
            }
        }

        @Override
        public void close() {
            weights.close();
        }
    }

    /** Runs it once; the results belong to {@code scope}. */
    Outputs run(NativeScope scope, NDArray... inputs) {
        return graph.run(weights, scope, inputs);
    }

    /** The type of its weights and activations. */
    DataType dtype() {
        return graph.script().dtype();
    }

    /** Bytes of its weights in memory. */
    long bytes() {
        return weights.bytes();
    }

    @Override
    public void close() {
        graph.close();
        weights.close();
    }
}
