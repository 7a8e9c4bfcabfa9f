package drover.horde;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.Scheduler;
import org.apache.pekko.pattern.Patterns;
import scala.concurrent.ExecutionContext;

/** Does things again. Clock, timer and chance come from outside. Safe for use by many threads. */
public final class Retries {
    private final Scheduler scheduler;
    private final ExecutionContext executor;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * With these.
     *
     * @param clock for deadlines
     * @param random for jitter; to be safe for use by many threads
     */
    public Retries(Scheduler scheduler, ExecutionContext executor, InstantSource clock, RandomGenerator random) {
        this.scheduler = scheduler;
        this.executor = executor;
        this.clock = clock;
        this.random = random;
    }

    /** With the timer and the threads of an actor system. */
    public static Retries of(ClassicActorSystemProvider system, InstantSource clock, RandomGenerator random) {
        return new Retries(
                system.classicSystem().scheduler(), system.classicSystem().dispatcher(), clock, random);
    }

    /**
     * When it is worth while to try again.
     *
     * @param backoff how long to wait
     * @param attempts tries in all
     * @param until no try starts after this
     */
    public record Plan(Backoff backoff, int attempts, Instant until) {}

    /** The time by which everything here goes. */
    InstantSource clock() {
        return clock;
    }

    /**
     * Tries until it is good, or the plan is at its end; then the last result is given.
     *
     * @param attempt one try; it tells failure by its result, an exception ends everything
     * @param again for a result that is worth another try: how long to wait at least; empty for one that is final
     */
    <T> CompletionStage<T> run(Plan plan, Supplier<CompletionStage<T>> attempt, Function<T, Optional<Duration>> again) {
        AtomicLong pause = new AtomicLong();
        AtomicInteger failures = new AtomicInteger();
        return Patterns.retry(
                attempt::get,
                (result, failure) -> {
                    if (failure != null) {
                        return false;
                    }
                    Optional<Duration> least = again.apply(result);
                    if (least.isEmpty()) {
                        return false;
                    }
                    Duration grown = plan.backoff().after(failures.incrementAndGet(), random);
                    Duration wait = grown.compareTo(least.get()) < 0 ? least.get() : grown;
                    pause.set(wait.toNanos());
                    return !clock.instant().plus(wait).isAfter(plan.until());
                },
                plan.attempts() - 1,
                attempted -> Optional.of(Duration.ofNanos(pause.get())),
                scheduler,
                executor);
    }
}
