package drover.inference.pytorch;

import java.util.ArrayDeque;
import java.util.Deque;

/** What a run holds until its end; given back last first. */
final class Held implements AutoCloseable {
    private final Deque<Runnable> closes = new ArrayDeque<>();

    /** Takes note of something and returns it. */
    <T> T add(T held, Runnable close) {
        closes.push(close);
        return held;
    }

    @Override
    public void close() {
        while (!closes.isEmpty()) {
            closes.pop().run();
        }
    }
}
