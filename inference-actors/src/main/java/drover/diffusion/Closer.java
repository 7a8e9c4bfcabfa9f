package drover.diffusion;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** Holds what has been loaded so far, and frees it, last first, unless everything was loaded in the end. */
final class Closer implements AutoCloseable {
    private final Deque<Runnable> frees = new ArrayDeque<>();

    /** Takes note of something and returns it. */
    <T> T add(T loaded, Consumer<T> free) {
        frees.push(() -> free.accept(loaded));
        return loaded;
    }

    /** All is well: whoever takes this over frees it, once. */
    Runnable handOver() {
        Closer all = new Closer();
        all.frees.addAll(frees);
        frees.clear();
        return all::close;
    }

    /** All is well: somebody else frees it. */
    void release() {
        frees.clear();
    }

    @Override
    public void close() {
        while (!frees.isEmpty()) {
            frees.pop().run();
        }
    }
}
