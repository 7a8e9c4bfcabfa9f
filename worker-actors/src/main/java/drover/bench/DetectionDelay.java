package drover.bench;

import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Rungs;
import drover.watchdog.Verdict;
import drover.watchdog.Watchdog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * How long after its deadline a stalled attempt's owner has the verdict in hands. One real watchdog watches {@link
 * WatchListBench#CHILDREN} attempts that each advance once a second; every few milliseconds one of them stops, and as
 * soon as its verdict has come another takes its place. The deadline is counted from the moment at which the last
 * advance was <em>sent</em>, so that the way to the watchdog is part of the figure.
 */
final class DetectionDelay {
    private static final Duration STEP_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration ROUND = Duration.ofMillis(10);
    /** Children that advance in one round: each of them once a second. */
    private static final int PER_ROUND = (int) (WatchListBench.CHILDREN * ROUND.toMillis() / 1_000);

    private static final PhaseTimeouts TIMEOUTS =
            PhaseTimeouts.builder().inferenceStep(STEP_TIMEOUT).build();

    /** When a child that has stopped is to be found, on {@link System#nanoTime}'s clock. */
    private final Map<AttemptId, Long> deadlines = new ConcurrentHashMap<>();

    private final AtomicInteger falseAlarms = new AtomicInteger();
    private final ConcurrentHistogram micros = new ConcurrentHistogram(3);
    private final Queue<Child> line = new ArrayDeque<>();
    private int born;

    /**
     * What was measured.
     *
     * @param found stalls that were found
     * @param missed stalls that were not, long after their deadline
     * @param falseAlarms verdicts about children that had not stopped
     * @param p50 median delay in milliseconds
     * @param p99 99th percentile in milliseconds
     * @param max longest delay in milliseconds
     */
    record Result(long found, int missed, int falseAlarms, double p50, double p99, double max) {}

    private static final class Child {
        final AttemptId attempt;
        int step;

        Child(AttemptId attempt) {
            this.attempt = attempt;
        }
    }

    private DetectionDelay() {}

    /** Measures for about this long, after a warm-up of a quarter of it. */
    static Result measure(Duration duration) {
        return new DetectionDelay().run(duration);
    }

    private Result run(Duration duration) {
        ActorSystem<Void> system = BenchSystem.start(Behaviors.empty(), "bench-delay");
        try {
            ActorRef<Watchdog.Command> watchdog = system.systemActorOf(
                    Watchdog.create("bench", System::nanoTime, InstantSource.system()), "watchdog", Props.empty());
            ActorRef<Verdict> owner = system.systemActorOf(owner(watchdog), "owner", Props.empty());
            for (int i = 0; i < WatchListBench.CHILDREN; i++) {
                line.add(born(watchdog, owner));
            }
            Duration allFound = STEP_TIMEOUT.plusSeconds(2);
            drive(watchdog, owner, duration.dividedBy(4), true);
            drive(watchdog, owner, allFound, false);
            micros.reset();
            drive(watchdog, owner, duration, true);
            drive(watchdog, owner, allFound, false);
        } finally {
            BenchSystem.stop(system);
        }
        return new Result(
                micros.getTotalCount(),
                deadlines.size(),
                falseAlarms.get(),
                micros.getValueAtPercentile(50) / 1_000.0,
                micros.getValueAtPercentile(99) / 1_000.0,
                micros.getMaxValue() / 1_000.0);
    }

    /** Keeps everybody advancing at an even pace; lets one child stop in each round if asked to. */
    private void drive(ActorRef<Watchdog.Command> watchdog, ActorRef<Verdict> owner, Duration duration, boolean stops) {
        long start = System.nanoTime();
        long rounds = duration.dividedBy(ROUND);
        for (long round = 0; round < rounds; round++) {
            for (int i = 0; i < PER_ROUND; i++) {
                Child child = line.remove();
                child.step++;
                boolean last = stops && i == 0;
                if (last) {
                    deadlines.put(child.attempt, System.nanoTime() + STEP_TIMEOUT.toNanos());
                }
                watchdog.tell(new Watchdog.Advanced(
                        child.attempt, new Position(Phase.DENOISING, child.step, Integer.MAX_VALUE)));
                line.add(last ? born(watchdog, owner) : child);
            }
            long wait = start + (round + 1) * ROUND.toNanos() - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
            }
        }
    }

    private Child born(ActorRef<Watchdog.Command> watchdog, ActorRef<Verdict> owner) {
        Child child = new Child(new AttemptId(new JobId("job-" + born++), 1));
        watchdog.tell(new Watchdog.Watch(child.attempt, "bench", TIMEOUTS, Rungs.FULL, owner));
        return child;
    }

    private Behavior<Verdict> owner(ActorRef<Watchdog.Command> watchdog) {
        return Behaviors.receiveMessage(verdict -> {
            long now = System.nanoTime();
            AttemptId attempt = verdict.stall().attempt();
            Long deadline = deadlines.remove(attempt);
            if (deadline == null) {
                falseAlarms.incrementAndGet();
            } else {
                micros.recordValue(TimeUnit.NANOSECONDS.toMicros(Math.max(0, now - deadline)));
            }
            watchdog.tell(new Watchdog.Unwatch(attempt));
            return Behaviors.same();
        });
    }
}
