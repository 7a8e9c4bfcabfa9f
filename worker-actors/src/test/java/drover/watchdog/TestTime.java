package drover.watchdog;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.AbstractScheduler;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.event.LoggingAdapter;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * Time for tests of actors: Pekko's timers, the monotonic clock and the time of day move together, and only when told to.
 * Unlike Pekko's own manual time it stands at each timer's exact time while that timer acts, and it does not sleep, so
 * that hours pass in milliseconds. Made by Pekko for a system with {@link #config}; found again with {@link #of}.
 */
public final class TestTime extends AbstractScheduler implements LongSupplier, InstantSource {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    /** Shortly before the point where nanoseconds wrap around, because a real clock may do so too. */
    private static final long ORIGIN = Long.MAX_VALUE - Duration.ofSeconds(5).toNanos();

    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(Comparator.comparingLong(Task::due).thenComparingLong(Task::number));
    private long elapsed;
    private long scheduled;

    private record Task(long due, long number, Runnable action, AtomicBoolean cancelled) implements Cancellable {
        @Override
        public boolean cancel() {
            return cancelled.compareAndSet(false, true);
        }

        @Override
        public boolean isCancelled() {
            return cancelled.get();
        }
    }

    /** The constructor that Pekko looks for. */
    public TestTime(Config config, LoggingAdapter log, ThreadFactory threads) {}

    /** The configuration of an actor system that lives on this time. */
    public static Config config() {
        return ConfigFactory.parseString("pekko.scheduler.implementation = " + TestTime.class.getName())
                .withFallback(ConfigFactory.load());
    }

    /** The time of a system that was made with {@link #config}. */
    public static TestTime of(ActorSystem<?> system) {
        return (TestTime) Adapter.toClassic(system).scheduler();
    }

    /**
     * Lets time pass from timer to timer.
     *
     * @param settle returns when the actors under test have done all that they have to do at this moment; called before
     *     time moves and after each timer
     */
    public void pass(Duration duration, Runnable settle) {
        settle.run();
        long end = nanos() + duration.toNanos();
        for (var task = takeUntil(end); task.isPresent(); task = takeUntil(end)) {
            task.get().action().run();
            settle.run();
        }
        moveTo(end);
    }

    /**
     * Lets time pass at once, timers late, as it does for a process that was stopped and continued; does not wait for
     * anybody to act on it.
     */
    public void jump(Duration duration) {
        moveTo(nanos() + duration.toNanos());
        for (var task = takeUntil(nanos()); task.isPresent(); task = takeUntil(nanos())) {
            task.get().action().run();
        }
    }

    /** How much time has passed so far. */
    public Duration elapsed() {
        return Duration.ofNanos(nanos());
    }

    @Override
    public long getAsLong() {
        return ORIGIN + nanos();
    }

    @Override
    public Instant instant() {
        return START.plusNanos(nanos());
    }

    @Override
    public synchronized Cancellable scheduleOnce(FiniteDuration delay, Runnable action, ExecutionContext executor) {
        return add(elapsed + delay.toNanos(), action, new AtomicBoolean());
    }

    @Override
    @Deprecated // As it is in Pekko, which still needs it for fixed rates.
    public synchronized Cancellable schedule(
            FiniteDuration initialDelay, FiniteDuration interval, Runnable action, ExecutionContext executor) {
        return repeat(elapsed + initialDelay.toNanos(), interval.toNanos(), action, new AtomicBoolean());
    }

    @Override
    public double maxFrequency() {
        return 1_000;
    }

    private synchronized long nanos() {
        return elapsed;
    }

    private synchronized void moveTo(long time) {
        elapsed = Math.max(elapsed, time);
    }

    private synchronized Optional<Task> takeUntil(long end) {
        for (Task task = tasks.peek(); task != null && task.due() <= end; task = tasks.peek()) {
            tasks.remove();
            if (!task.isCancelled()) {
                moveTo(task.due());
                return Optional.of(task);
            }
        }
        return Optional.empty();
    }

    private synchronized Task repeat(long due, long interval, Runnable action, AtomicBoolean cancelled) {
        return add(
                due,
                () -> {
                    action.run();
                    repeat(due + interval, interval, action, cancelled);
                },
                cancelled);
    }

    private Task add(long due, Runnable action, AtomicBoolean cancelled) {
        Task task = new Task(due, scheduled++, action, cancelled);
        tasks.add(task);
        return task;
    }
}
