package drover.graph;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * libtorch, loaded and set up, and the owner of all native memory that is taken through it. Thread-safe. The thread
 * count is a setting of the whole process: the last instance that was made decides.
 *
 * <p>Graphs run as they were written unless {@link TorchOptions#optimizeGraphs} is set. The optimiser profiles a
 * network's first calls, which makes them two to four times slower, and has brought nothing afterwards for any network
 * measured so far.
 *
 * <p>On the CPU, libgomp's threads wait for each other by spinning unless the environment variable {@code
 * OMP_WAIT_POLICY} is {@code PASSIVE} when the process starts. Spinning halves the time of a small network on an idle
 * machine; where cores are shared with other work it makes steps twenty times slower, and irregular.
 */
public final class Torch implements AutoCloseable {
    private final TorchOptions options;
    private final PtNDManager root;
    private final Set<NativeScope> scopes = ConcurrentHashMap.newKeySet();

    /** Loads libtorch, which takes some tenths of a second the first time in a process. */
    public Torch(TorchOptions options) {
        this.options = options;
        this.root = (PtNDManager) NDManager.newBaseManager(options.device(), "PyTorch");
        this.root.setName("drover");
        JniUtils.setNumThreads(options.threads());
    }

    /** The settings it was made with. */
    public TorchOptions options() {
        return options;
    }

    /** Opens a scope for the native memory of one task; the caller closes it. */
    public NativeScope open(String name) {
        PtNDManager manager = root.newSubManager(options.device());
        manager.setName(name);
        NativeScope scope = new NativeScope(name, manager, scopes::remove);
        scopes.add(scope);
        return scope;
    }

    /** Native objects (arrays, values, modules) that are alive in open scopes. */
    public long liveHandles() {
        return scopes.stream().mapToLong(NativeScope::handles).sum();
    }

    /** Prepares the calling thread; libtorch keeps these settings per thread. */
    void enter() {
        JniUtils.setGradMode(false);
        JniUtils.setGraphExecutorOptimize(options.optimizeGraphs());
    }

    /** Gives cached device memory back to the device. Does nothing on the CPU. */
    public void releaseCached() {
        if (options.device().isGpu()) {
            JniUtils.emptyCudaCache();
        }
    }

    /** Frees everything, also what open scopes still hold. Safe to call twice. */
    @Override
    public void close() {
        scopes.forEach(NativeScope::close);
        root.close();
    }
}
