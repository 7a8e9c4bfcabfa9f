package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.CompiledGraph;
import drover.graph.FlopCount;
import drover.graph.Holding;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Outputs;
import drover.graph.Script;
import drover.graph.Torch;
import drover.graph.WeightSpec;
import drover.inference.EngineException;
import drover.weights.NonFinite;
import drover.weights.Weights;
import drover.weights.WeightsException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A network that is ready to run: a compiled graph with its weights. Thread-safe; owns both. */
final class Network implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Network.class);

    private final CompiledGraph graph;
    private final LoadedWeights weights;
    private final Holding holding;
    private final boolean ownsGraph;
    private final boolean ownsWeights;

    private Network(
            CompiledGraph graph, LoadedWeights weights, Holding holding, boolean ownsGraph, boolean ownsWeights) {
        this.graph = graph;
        this.weights = weights;
        this.holding = holding;
        this.ownsGraph = ownsGraph;
        this.ownsWeights = ownsWeights;
    }

    /** This network with something added to some weights; must be closed before this one. */
    Network patched(Torch torch, LoadedWeights.Patch patch) throws EngineException {
        return new Network(graph, weights.patched(torch, graph.script(), patch), holding, false, true);
    }

    /** Another graph over these weights; must be closed before this one. */
    Network sharing(Torch torch, Script script) {
        return new Network(new CompiledGraph(torch, holding.fitting(script)), weights, holding, true, false);
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
        private final Holding holding;

        private Plan(Script script, Weights weights, String source, UnaryOperator<String> storedName, Holding holding) {
            this.script = script;
            this.weights = weights;
            this.source = source;
            this.storedName = storedName;
            this.holding = holding;
        }

        /**
         * Opens the weights of a part and checks that they have what the script reads.
         *
         * @param naming see {@link ModelSource#weights}
         */
        static Plan of(
                Script script,
                ModelSource model,
                String part,
                Holding holding,
                Function<Set<String>, UnaryOperator<String>> naming)
                throws EngineException {
            ModelSource.Part opened = model.weights(part, naming);
            try {
                LoadedWeights.check(script, opened.weights(), opened.description(), opened.storedName());
                return new Plan(script, opened.weights(), opened.description(), opened.storedName(), holding);
            } catch (EngineException.BadModel e) {
                Optional<Architecture> other = lookedLike(opened.weights());
                opened.weights().close();
                throw other.isEmpty()
                        ? e
                        : new EngineException.BadModel(
                                e.getMessage() + "; by the width of its prompts it looks like "
                                        + other.get().commonName(),
                                e);
            } catch (RuntimeException e) {
                opened.weights().close();
                throw e;
            }
        }

        /** What a UNet was made for, by the width of the hidden states that its attention takes. */
        private static Optional<Architecture> lookedLike(Weights weights) {
            return weights.names().stream()
                    .filter(name -> name.endsWith(".attn2.to_k.weight"))
                    .findFirst()
                    .flatMap(weights::find)
                    .filter(tensor -> tensor.shape().size() == 2)
                    .flatMap(tensor -> Architecture.ofPromptWidth(tensor.shape().get(1)));
        }

        /**
         * Looks at every number that the network reads.
         *
         * @return a sentence that names the tensors with numbers that are none; empty if there are none of those
         */
        Optional<String> complaint() throws EngineException.BadModel {
            List<String> read = script.weights().stream()
                    .map(spec -> storedName.apply(spec.key()))
                    .toList();
            try {
                return NonFinite.complaint(weights, read)
                        .map(which -> "the weights of " + script.name() + " in " + source + " are damaged: " + which
                                + "; get the file again, or another version of the model");
            } catch (WeightsException e) {
                throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
            }
        }

        /** Bytes that the weights will take in memory. */
        long bytes() {
            return LoadedWeights.bytes(script, weights, storedName, holding);
        }

        /** Loads the weights, and compiles the graph meanwhile. */
        Network load(Torch torch, LoadedWeights.Listener listener) throws EngineException {
            Script fitting = holding.fitting(script);
            FutureTask<CompiledGraph> compiling = new FutureTask<>(() -> new CompiledGraph(torch, fitting));
            Thread.ofPlatform().daemon().name("compiler of " + script.name()).start(compiling);
            try (Closer made = new Closer()) {
                // Last first: whatever has gone wrong, the thread has ended before its graph is freed.
                made.add(fitting, _ -> freeWhatCameOut(compiling));
                LoadedWeights loaded = made.add(
                        LoadedWeights.load(torch, script, weights, source, storedName, holding, listener),
                        LoadedWeights::close);
                Network network = new Network(result(compiling), loaded, holding, true, true);
                made.release();
                return network;
            }
        }

        /** Waits whatever happens: to interrupt is to cancel, which is noticed after the next tensor. */
        private static CompiledGraph result(FutureTask<CompiledGraph> compiling) {
            boolean interrupted = false;
            try {
                while (true) {
                    try {
                        return compiling.get();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new IllegalStateException("the compiler of a graph ended oddly", e);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private static void freeWhatCameOut(FutureTask<CompiledGraph> compiling) {
            try {
                result(compiling).close();
            } catch (RuntimeException e) {
                LOG.debug("there is no graph to free", e);
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

    /** What one pass costs; see {@link FlopCount}. */
    FlopCount flops(Torch torch, NDArray... inputs) {
        return FlopCount.of(torch, graph.script(), weights, inputs);
    }

    /** See {@link CompiledGraph#nativeNanos}. */
    long nativeNanos() {
        return graph.nativeNanos();
    }

    /** What its graph reads. */
    List<WeightSpec> specs() {
        return graph.script().weights();
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
        if (ownsGraph) {
            graph.close();
        }
        if (ownsWeights) {
            weights.close();
        }
    }
}
