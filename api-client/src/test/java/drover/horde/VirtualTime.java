package drover.horde;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.AbstractScheduler;
import org.apache.pekko.actor.Cancellable;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/** A clock that stands still, and a timer that moves it: who waits is at once where it wanted to be. */
final class VirtualTime extends AbstractScheduler implements InstantSource {
    static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

    private final AtomicLong passed = new AtomicLong();
    private final List<Duration> waits = new CopyOnWriteArrayList<>();

    @Override
    public Instant instant() {
        return START.plusNanos(passed.get());
    }

    void advance(Duration time) {
        passed.addAndGet(time.toNanos());
    }

    /** How long was waited, each time. */
    List<Duration> waits() {
        return waits;
    }

    /** What does things again by this time, with jitter that is always none. */
    Retries retries(ExecutionContext executor) {
        return new Retries(this, executor, this, new Random(1) {
            private static final long serialVersionUID = 1;

            @Override
            public double nextDouble() {
                return 0;
            }
        });
    }

    @Override
    public Cancellable scheduleOnce(FiniteDuration delay, Runnable task, ExecutionContext executor) {
        Duration wait = Duration.ofNanos(delay.toNanos());
        waits.add(wait);
        advance(wait);
        executor.execute(task);
        return new Done();
    }

    @Deprecated
    @Override
    public Cancellable schedule(
            FiniteDuration initial, FiniteDuration interval, Runnable task, ExecutionContext executor) {
        throw new UnsupportedOperationException("nothing here does things for ever");
    }

    @Override
    public double maxFrequency() {
        return 1_000;
    }

    private static final class Done implements Cancellable {
        @Override
        public boolean cancel() {
            return false;
        }

        @Override
        public boolean isCancelled() {
            return false;
        }
    }
}
