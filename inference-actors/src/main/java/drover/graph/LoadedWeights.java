package drover.graph;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import drover.inference.EngineException;
import drover.weights.TensorInfo;
import drover.weights.Weights;
import drover.weights.WeightsException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Weights in the device's memory, as the one dictionary that graphs are run with. Immutable and thread-safe; owns its
 * arrays and frees them on {@link #close}, and with them its lease of the files that some of them lie in.
 */
public final class LoadedWeights implements AutoCloseable {
    private static final int NAMED_PROBLEMS = 5;

    private final NativeScope scope;
    private final Optional<Weights.Lease> lease;
    private final Map<String, PtNDArray> arrays;
    private final IValue dictionary;
    private final long bytes;

    private LoadedWeights(NativeScope scope, Optional<Weights.Lease> lease, Map<String, PtNDArray> arrays, long bytes) {
        this.scope = scope;
        this.lease = lease;
        this.arrays = arrays;
        this.dictionary = scope.own(IValue.stringMapFrom(arrays));
        this.bytes = bytes;
    }

    /** Knows what is to be added to weights. */
    @FunctionalInterface
    public interface Patch {
        /**
         * What is to be added to a weight.
         *
         * @param manager to own the result, of any floating point type and the weight's shape
         * @return empty to leave it as it is
         */
        Optional<NDArray> change(NDManager manager, WeightSpec spec) throws EngineException;
    }

    /** Hears of loading: for progress and cancellation. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Called after every tensor.
         *
         * @param bytes size of the tensor that has just been loaded, in the device's memory
         * @throws EngineException to stop loading
         */
        void onLoaded(long bytes) throws EngineException;
    }

    /**
     * Loads what a script reads, in the type that it computes in, after checking all of it.
     *
     * @param source where the weights are from, for messages
     * @param storedName turns a key of the script into the name that these weights use
     * @throws EngineException.BadModel if a weight is missing or has another shape
     */
    public static LoadedWeights load(
            Torch torch,
            Script script,
            Weights weights,
            String source,
            UnaryOperator<String> storedName,
            Listener listener)
            throws EngineException {
        return load(torch, script, weights, source, storedName, Holding.AS_COMPUTED, listener);
    }

    /**
     * As {@link #load(Torch, Script, Weights, String, UnaryOperator, Listener)}.
     *
     * @param holding in which types they stay in memory; the graph to be run with them is compiled from the script that
     *     {@linkplain Holding#fitting fits}
     */
    public static LoadedWeights load(
            Torch torch,
            Script script,
            Weights weights,
            String source,
            UnaryOperator<String> storedName,
            Holding holding,
            Listener listener)
            throws EngineException {
        check(script, weights, source, storedName);
        NativeScope scope = torch.open("weights of " + script.name());
        Weights.Lease lease = weights.lease();
        boolean inPlace = false;
        boolean done = false;
        try {
            Map<String, PtNDArray> arrays = new LinkedHashMap<>();
            long total = 0;
            for (WeightSpec spec : script.weights()) {
                String name = storedName.apply(spec.key());
                DataType held = held(script, weights, name, holding);
                Optional<NDArray> view =
                        torch.options().mapWeights() ? lease.view(scope.manager(), name, held) : Optional.empty();
                inPlace |= view.isPresent();
                NDArray array = view.isPresent() ? view.get() : weights.load(scope.manager(), name, held);
                arrays.put(spec.key(), NativeScope.unwrap(array));
                long size = spec.shape().size() * held.getNumOfBytes();
                total += size;
                listener.onLoaded(size);
            }
            LoadedWeights loaded =
                    new LoadedWeights(scope, inPlace ? Optional.of(lease) : Optional.empty(), arrays, total);
            done = true;
            return loaded;
        } catch (WeightsException e) {
            throw new EngineException.BadModel(script.name() + " from " + source + ": " + e.getMessage(), e);
        } finally {
            if (!done) {
                scope.close();
            }
            if (!done || !inPlace) {
                lease.close();
            }
        }
    }

    /**
     * These weights with something added to some of them. What is not changed is shared, so these must outlive it; they
     * stay as they are.
     *
     * @param script what they were loaded for
     */
    public LoadedWeights patched(Torch torch, Script script, Patch patch) throws EngineException {
        NativeScope own = torch.open("patched weights of " + script.name());
        boolean done = false;
        try {
            Map<String, PtNDArray> all = new LinkedHashMap<>(arrays);
            long total = 0;
            for (WeightSpec spec : script.weights()) {
                @Nullable PtNDArray whole = arrays.get(spec.key());
                Optional<NDArray> change = patch.change(own.manager(), spec);
                if (whole != null && change.isPresent()) {
                    PtNDArray sum = sum(own, whole, change.get());
                    all.put(spec.key(), sum);
                    total += spec.shape().size() * sum.getDataType().getNumOfBytes();
                }
            }
            LoadedWeights patched = new LoadedWeights(own, Optional.empty(), all, total);
            done = true;
            return patched;
        } finally {
            if (!done) {
                own.close();
            }
        }
    }

    /** In float32, then rounded once. */
    private static PtNDArray sum(NativeScope own, PtNDArray whole, NDArray change) {
        try (NDManager scratch = own.manager().newSubManager();
                NDArray closing = change) {
            closing.attach(scratch);
            NDArray wide = whole.toType(DataType.FLOAT32, true);
            wide.attach(scratch);
            NDArray sum = wide.add(closing).toType(whole.getDataType(), true);
            sum.attach(own.manager());
            return NativeScope.unwrap(sum);
        }
    }

    /** Bytes that a script's weights will take in the device's memory. */
    public static long bytes(Script script) {
        return script.weights().stream().mapToLong(w -> bytes(w, script)).sum();
    }

    /** Bytes that a script's weights will take in the device's memory if they are held so. */
    public static long bytes(Script script, Weights weights, UnaryOperator<String> storedName, Holding holding) {
        return script.weights().stream()
                .mapToLong(spec -> spec.shape().size()
                        * held(script, weights, storedName.apply(spec.key()), holding)
                                .getNumOfBytes())
                .sum();
    }

    private static DataType held(Script script, Weights weights, String name, Holding holding) {
        return weights.find(name)
                .map(info -> holding.held(script.dtype(), info.type()))
                .orElse(script.dtype());
    }

    /** Bytes of the device's memory that these weights take. */
    public long bytes() {
        return bytes;
    }

    IValue dictionary() {
        return dictionary;
    }

    @Override
    public void close() {
        scope.close();
        lease.ifPresent(Weights.Lease::close);
    }

    /** Checks that every weight is there in the right shape; see {@link #load}. */
    public static void check(Script script, Weights weights, String source, UnaryOperator<String> storedName)
            throws EngineException.BadModel {
        List<String> problems = new ArrayList<>();
        for (WeightSpec spec : script.weights()) {
            String name = storedName.apply(spec.key());
            Optional<TensorInfo> found = weights.find(name);
            Optional<Shape> shape = found.map(TensorInfo::djlShape);
            if (shape.isEmpty()) {
                problems.add(weights.nameInFile(name) + " is missing, expected shape " + spec.shape());
            } else if (!shape.get().equals(spec.shape())) {
                problems.add(weights.nameInFile(name) + " has shape " + shape.get() + ", expected " + spec.shape());
            } else if (found.get().type().dataType().isEmpty()) {
                problems.add(weights.nameInFile(name) + " is of type "
                        + found.get().type() + ", which cannot be computed with; expected F16, BF16 or F32");
            }
        }
        if (!problems.isEmpty()) {
            String more =
                    problems.size() <= NAMED_PROBLEMS ? "" : " (and " + (problems.size() - NAMED_PROBLEMS) + " more)";
            throw new EngineException.BadModel("the weights of " + script.name() + " in " + source
                    + " do not fit its config.json: "
                    + String.join("; ", problems.subList(0, Math.min(NAMED_PROBLEMS, problems.size()))) + more);
        }
    }

    private static long bytes(WeightSpec spec, Script script) {
        return spec.shape().size() * script.dtype().getNumOfBytes();
    }
}
