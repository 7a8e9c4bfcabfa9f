package drover.node;

import com.typesafe.config.Config;
import java.io.Closeable;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.AbstractScheduler;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.Scheduler;
import org.apache.pekko.actor.SchedulerException;
import org.apache.pekko.event.LoggingAdapter;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * A system's timers, on a thread that sleeps until the next one is due. Pekko's own wakes a hundred times a second whether
 * there is anything to do or not, which is much of what a worker without work costs, and is late by up to two of its
 * ticks. Nothing here is early; to set or cancel a timer costs O(log n) of those that are set. Pekko makes it by the name
 * of its class.
 */
public final class DeadlineScheduler extends AbstractScheduler implements Closeable {
    /** What it says of its precision; Pekko wants to know whether it is good enough for the cluster's own timers. */
    private static final double PER_SECOND = 1_000;

    private final LoggingAdapter log;
    private final ScheduledThreadPoolExecutor timer;
    private final Set<Runnable> runOnClose = ConcurrentHashMap.newKeySet();

    /** As Pekko calls it; there is nothing to configure. */
    public DeadlineScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {
        this.log = log;
        this.timer = new ScheduledThreadPoolExecutor(1, threads);
        timer.setRemoveOnCancelPolicy(true);
    }

    /** One that runs once. */
    private record Once(Future<?> task) implements Cancellable {
        @Override
        public boolean cancel() {
            return task.cancel(false);
        }

        @Override
        public boolean isCancelled() {
            return task.isCancelled();
        }
    }

    /** One that runs again and again, never before its last run is over, and not after one that has failed. */
    private final class Repeated implements Runnable, Cancellable {
        private final AtomicBoolean cancelled = new AtomicBoolean();
        private final long interval;
        private final Runnable task;
        private final ExecutionContext executor;
        private volatile Future<?> next = CompletableFuture.completedFuture(true);
        private long due;

        private Repeated(long initial, long interval, Runnable task, ExecutionContext executor) {
            this.due = System.nanoTime() + initial;
            this.interval = interval;
            this.task = task;
            this.executor = executor;
        }

        private void set() {
            next = after(due - System.nanoTime(), this, executor);
            if (cancelled.get()) {
                next.cancel(false);
            }
        }

        @Override
        public void run() {
            if (cancelled.get()) {
                return;
            }
            task.run();
            due += interval;
            try {
                set();
            } catch (IllegalStateException e) {
                log.debug("a timer ends with its system: {}", e.getMessage());
            }
        }

        @Override
        public boolean cancel() {
            boolean first = cancelled.compareAndSet(false, true);
            next.cancel(false);
            return first;
        }

        @Override
        public boolean isCancelled() {
            return cancelled.get();
        }
    }

    /** Old by its name only: every repeated timer comes through it. */
    @Override
    @SuppressWarnings("deprecation")
    public Cancellable schedule(
            FiniteDuration initialDelay, FiniteDuration interval, Runnable task, ExecutionContext executor) {
        Repeated repeated = new Repeated(initialDelay.toNanos(), interval.toNanos(), task, executor);
        repeated.set();
        return repeated;
    }

    @Override
    public Cancellable scheduleOnce(FiniteDuration delay, Runnable task, ExecutionContext executor) {
        if (task instanceof Scheduler.TaskRunOnClose) {
            runOnClose.add(task);
        }
        return new Once(after(delay.toNanos(), task, executor));
    }

    private Future<?> after(long nanos, Runnable task, ExecutionContext executor) {
        try {
            if (nanos > 0) {
                return timer.schedule(() -> pass(task, executor), nanos, TimeUnit.NANOSECONDS);
            }
        } catch (RejectedExecutionException e) {
            throw closed();
        }
        if (timer.isShutdown()) {
            throw closed();
        }
        pass(task, executor);
        return CompletableFuture.completedFuture(true);
    }

    /** What Pekko expects, and ignores, when something is to come again while its system ends. */
    private static IllegalStateException closed() {
        SchedulerException reason = new SchedulerException("no timer can be set any more, the system is ending");
        return new IllegalStateException(reason.getMessage(), reason);
    }

    private void pass(Runnable task, ExecutionContext executor) {
        runOnClose.remove(task);
        try {
            executor.execute(task);
        } catch (RuntimeException e) {
            log.error(e, "what was due could not be begun");
        }
    }

    @Override
    public double maxFrequency() {
        return PER_SECOND;
    }

    /** Nothing comes any more; what Pekko wants to have run by then runs now. */
    @Override
    public void close() {
        timer.shutdownNow();
        for (Runnable task : List.copyOf(runOnClose)) {
            if (runOnClose.remove(task)) {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    log.error(e, "what was to run at the end has failed");
                }
            }
        }
    }
}
