package drover.graph;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The owner of the native objects of one task: whatever is made in it lives until it is closed. Arrays, values and
 * modules may be used by other threads while it is open.
 */
public final class NativeScope implements AutoCloseable {
    private final String name;
    private final PtNDManager manager;
    private final Consumer<NativeScope> onClose;
    private final Set<Handle> handles = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();

    NativeScope(String name, PtNDManager manager, Consumer<NativeScope> onClose) {
        this.name = name;
        this.manager = manager;
        this.onClose = onClose;
    }

    /** A native object that DJL does not tie to a manager, or that must go before the manager's arrays. */
    private record Handle(Runnable free) {}

    /** DJL's manager behind this scope, for code that makes arrays. */
    public PtNDManager manager() {
        return manager;
    }

    /** Copies values into a new array on the device. */
    public NDArray floats(float[] values, long... shape) {
        try (Arena scratch = Arena.ofConfined()) {
            return copy(scratch.allocateFrom(ValueLayout.JAVA_FLOAT, values), DataType.FLOAT32, shape);
        }
    }

    /** Copies values into a new array of the given float type on the device. */
    public NDArray floats(float[] values, DataType type, long... shape) {
        NDArray array = floats(values, shape);
        return type == DataType.FLOAT32 ? array : array.toType(type, false);
    }

    /** Copies values into a new int64 array on the device. */
    public NDArray longs(long[] values, long... shape) {
        try (Arena scratch = Arena.ofConfined()) {
            return copy(scratch.allocateFrom(ValueLayout.JAVA_LONG, values), DataType.INT64, shape);
        }
    }

    /** DJL's own way leaves a direct buffer behind that only the garbage collector frees, late where the heap is calm. */
    private NDArray copy(MemorySegment values, DataType type, long... shape) {
        ByteBuffer bytes = values.asByteBuffer().order(ByteOrder.nativeOrder());
        try (NDArray view = manager.create(bytes, new Shape(shape), type)) {
            return view.duplicate();
        }
    }

    /** Copies an array to the host as float32, row-major. */
    public float[] toFloats(NDArray array) {
        if (array.getDataType() == DataType.FLOAT32) {
            return array.toFloatArray();
        }
        try (NDArray converted = array.toType(DataType.FLOAT32, false)) {
            return converted.toFloatArray();
        }
    }

    /** Takes a value over. */
    IValue own(IValue value) {
        handles.add(new Handle(value::close));
        return value;
    }

    /** Takes a module over. */
    PtSymbolBlock own(PtSymbolBlock module) {
        handles.add(new Handle(module::close));
        return module;
    }

    /** The array as libtorch's JNI wants it. */
    static PtNDArray unwrap(NDArray array) {
        if (array instanceof PtNDArray pt) {
            return pt;
        }
        throw new IllegalArgumentException("not a PyTorch array: " + array.getClass());
    }

    /** Objects that are alive in this scope. */
    long handles() {
        return closed.get() ? 0 : manager.getManagedArrays().size() + handles.size();
    }

    /** Frees everything in it. Safe to call twice. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            handles.forEach(h -> h.free().run());
            handles.clear();
            manager.close();
            onClose.accept(this);
        }
    }

    @Override
    public String toString() {
        return "NativeScope " + name + " (" + handles() + " handles)";
    }
}
