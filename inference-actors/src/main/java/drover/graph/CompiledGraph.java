package drover.graph;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * A graph that libtorch has compiled. Holds no weights: they are handed in with every call, so that graphs can share
 * them. Thread-safe; owns its module and frees it on {@link #close}.
 */
public final class CompiledGraph implements AutoCloseable {
    private final Torch torch;
    private final Script script;
    private final NativeScope scope;
    private final PtSymbolBlock module;
    private final LongAdder nativeNanos = new LongAdder();

    /**
     * Compiles a script.
     *
     * @throws GraphException if libtorch rejects it
     */
    public CompiledGraph(Torch torch, Script script) {
        this.torch = torch;
        this.script = script;
        this.scope = torch.open("graph " + script.name());
        torch.enter();
        try {
            this.module = scope.own(
                    JniUtils.loadModule(scope.manager(), new ByteArrayInputStream(Archive.of(script)), false, false));
        } catch (IOException e) {
            scope.close();
            throw new UncheckedIOException("reading from memory failed", e);
        } catch (RuntimeException e) {
            scope.close();
            throw GraphException.of(script, "compile", e);
        }
    }

    /** What was compiled. */
    public Script script() {
        return script;
    }

    /**
     * Runs the network once, on the calling thread.
     *
     * @param weights at least those that the script reads
     * @param results owns the arrays that are returned
     * @param inputs one for each input of the script, in order
     * @throws GraphException if libtorch fails
     */
    public Outputs run(LoadedWeights weights, NativeScope results, NDArray... inputs) {
        if (inputs.length != script.inputs().size()) {
            throw new IllegalArgumentException(
                    script.name() + " takes " + script.inputs() + ", but was given " + inputs.length + " arrays");
        }
        torch.enter();
        IValue[] arguments = new IValue[inputs.length + 1];
        arguments[0] = weights.dictionary();
        try {
            for (int i = 0; i < inputs.length; i++) {
                arguments[i + 1] = IValue.from(NativeScope.unwrap(inputs[i]));
            }
            long begun = System.nanoTime();
            try (IValue answer = IValueUtils.runMethod(module, "forward", arguments)) {
                nativeNanos.add(System.nanoTime() - begun);
                return named(answer.toTensorArray(results.manager()));
            }
        } catch (RuntimeException e) {
            throw GraphException.of(script, "run", e);
        } finally {
            for (int i = 1; i < arguments.length; i++) {
                if (arguments[i] != null) {
                    arguments[i].close();
                }
            }
        }
    }

    /** Nanoseconds that have passed within libtorch in all runs that have ended well, over all threads. */
    public long nativeNanos() {
        return nativeNanos.sum();
    }

    private Outputs named(PtNDArray[] results) {
        Map<String, NDArray> outputs = new HashMap<>();
        List<String> names = script.outputs();
        for (int i = 0; i < results.length; i++) {
            outputs.put(names.get(i), results[i]);
        }
        return new Outputs(outputs);
    }

    @Override
    public void close() {
        scope.close();
    }
}
