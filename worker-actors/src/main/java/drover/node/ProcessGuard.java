package drover.node;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Makes sure that no process outlives its keeper, not even one whose start is under way, on another thread, when the
 * keeper ends. Safe for use by many threads.
 */
final class ProcessGuard {
    private final Set<NodeProcess> living = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Takes a process into care; ends it if the keeper is gone already. */
    NodeProcess adopt(NodeProcess process) {
        living.add(process);
        process.onExit().thenRun(() -> living.remove(process));
        if (closed.get()) {
            process.kill();
        }
        return process;
    }

    /** Ends all, and all to come. */
    void close() {
        closed.set(true);
        living.forEach(NodeProcess::kill);
    }
}
