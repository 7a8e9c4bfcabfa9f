package drover.source.appetite;

import drover.source.appetite.Decision.Why;
import drover.source.bridge.BridgeData;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * When a worker asks for jobs, and for which: never for one that it could not do in time, never so often or so much that
 * failures would bring it into maintenance, and often enough to stay online. Everything that happens is told to it; it asks
 * nobody. Deterministic but for the randomness it is given. Not for use by several threads.
 */
public final class Appetite {
    /** After this long without a pop the server takes a worker for gone. */
    static final Duration ONLINE = Duration.ofMinutes(5);

    /** A pop that only keeps the worker online comes this long after the last one. */
    static final Duration KEEP_ALIVE = Duration.ofMinutes(4);

    /** Failures in a row that pause the worker, and for how long. */
    public static final int FAILURES = 3;

    static final Duration PAUSE = Duration.ofMinutes(3);

    /** Between two pops of a worker that has failed so often that it has to be careful. */
    private static final Duration CAREFUL = Duration.ofSeconds(30);

    /** A picture of 64 × 64: nobody orders those. */
    private static final int SMALLEST = 64 * 64;

    private final RandomGenerator random;
    private final Pacing pacing;
    private final FailureBudget budget = new FailureBudget();
    private BridgeData.Capacity capacity;
    private boolean endOnFailures;
    private Optional<PopFailure.Kind> refusal = Optional.empty();
    private Instant lastAnswer = Instant.MIN;
    private boolean lastHadJob;
    private int failuresInARow;
    private Instant pausedUntil = Instant.MIN;

    /**
     * @param capacity how much the worker takes
     * @param endOnFailures whether failures in a row end the worker instead of pausing it
     */
    public Appetite(BridgeData.Capacity capacity, boolean endOnFailures, RandomGenerator random) {
        this.capacity = capacity;
        this.endOnFailures = endOnFailures;
        this.random = random;
        this.pacing = new Pacing(random);
    }

    /** Other settings are in force; what was refused may be accepted now. */
    public void reconfigured(BridgeData.Capacity newCapacity, boolean newEndOnFailures) {
        capacity = newCapacity;
        endOnFailures = newEndOnFailures;
        refusal = Optional.empty();
        pacing.reset();
    }

    /** A pop was answered. */
    public void popped(Instant now, boolean job) {
        refusal = Optional.empty();
        lastAnswer = now;
        lastHadJob = job;
        pacing.popped(now, job);
    }

    /** There is no pop before that, whatever else happens. */
    public Instant restsUntil() {
        return pacing.next();
    }

    /** A pop was not answered with a job or with none. */
    public void popFailed(Instant now, PopFailure failure) {
        refusal = Optional.of(failure.kind());
        lastHadJob = false;
        pacing.failed(now, failure);
    }

    /**
     * A job has ended. One whose answer the server no longer wanted, because somebody else was faster or the request is
     * gone, is neither good nor failed.
     *
     * @param good ids that were submitted and accepted
     * @param failed ids that were faulted, or came too late
     */
    public void ended(Instant now, int good, int failed) {
        if (failed > 0) {
            budget.failed(now, failed);
            failuresInARow++;
            if (failuresInARow >= FAILURES) {
                pausedUntil = now.plus(PAUSE);
            }
        } else if (good > 0) {
            budget.good(good);
            failuresInARow = 0;
            pausedUntil = Instant.MIN;
        }
    }

    /** How many ids have failed within the hour that the server looks at, or a little more. */
    public int failuresOfTheHour(Instant now) {
        return budget.count(now);
    }

    /** What to do now. */
    public Decision decide(Instant now, Load load) {
        if (lastAnswer.equals(Instant.MIN)) {
            lastAnswer = now; // It has not been online before; from now on it has to stay so.
        }
        if (failuresInARow >= FAILURES && endOnFailures) {
            return new Decision.End();
        }
        if (now.isBefore(pacing.next())) {
            return new Decision.Wait(pacing.next(), refusal.map(Appetite::why).orElse(Why.PACE));
        }
        Decision decision = wanted(now, load);
        return decision instanceof Decision.Wait wait ? orStayOnline(now, load, wait) : decision;
    }

    private static Why why(PopFailure.Kind kind) {
        return switch (kind) {
            case TROUBLE, RATE_LIMITED, TIMED_OUT_ADDRESS -> Why.TROUBLE;
            case MAINTENANCE -> Why.MAINTENANCE;
            case NOT_ACCEPTED -> Why.NOT_ACCEPTED;
            case REFUSED -> Why.REFUSED;
        };
    }

    private Decision wanted(Instant now, Load load) {
        if (now.isBefore(pausedUntil)) {
            return new Decision.Wait(pausedUntil, Why.PAUSED);
        }
        if (!load.canCheck()) {
            return later(now, Why.NO_SAFETY);
        }
        int threads = Math.min(capacity.threads(), load.slots());
        boolean trial = failuresInARow >= FAILURES;
        int most = trial ? 1 : threads == 0 ? 0 : threads + capacity.queueSize();
        if (load.jobs() >= most) {
            return later(now, Why.FULL);
        }
        Menu menu = new Menu(capacity, load, threads);
        if (isBehind(load, threads, menu)) {
            return later(now, Why.BEHIND);
        }
        int room = trial ? Math.min(1, budget.room(now, load.ids())) : budget.room(now, load.ids());
        if (room <= 0) {
            return load.ids() > 0 ? later(now, Why.SPARING) : new Decision.Wait(budget.relief(now), Why.SPARING);
        }
        if (budget.slow(now) && lastAnswer.isAfter(now.minus(CAREFUL))) {
            return new Decision.Wait(lastAnswer.plus(CAREFUL), Why.SPARING);
        }
        return switch (menu.offer(Math.min(capacity.maxBatch(), room), sticks(load))) {
            case Menu.Result.Offer(var models, int maxPixels, int amount, boolean enlarging) ->
                new Decision.Pop(models, maxPixels, amount, enlarging, false);
            case Menu.Result.Nothing(Why why) -> later(now, why);
        };
    }

    /** Whether so much waits that more would only wait longer. What is measured says it better than any constant. */
    private boolean isBehind(Load load, int threads, Menu menu) {
        if (!Menu.isQueued(load, threads)) {
            return false;
        }
        return menu.foretells()
                ? menu.waiting().compareTo(capacity.performance().patience()) > 0
                : load.pending() > capacity.performance().pendingLimit();
    }

    /** Whether this pop is only for models that need no loading. */
    private boolean sticks(Load load) {
        return load.models().size() > load.slots()
                && load.loadedSlots() == load.slots()
                && lastHadJob
                && random.nextDouble() < capacity.stickiness();
    }

    /** Until something changes: the worker is asked again when it does, and soon in any case. */
    private static Decision.Wait later(Instant now, Why why) {
        return new Decision.Wait(now.plusSeconds(1), why);
    }

    private Decision orStayOnline(Instant now, Load load, Decision.Wait wait) {
        if (load.models().isEmpty() || !load.canCheck() || budget.room(now, load.ids()) <= 0) {
            return wait;
        }
        Instant due = lastAnswer.plus(KEEP_ALIVE);
        if (now.isBefore(due)) {
            return wait.until().isAfter(due) ? new Decision.Wait(due, wait.why()) : wait;
        }
        List<String> models = load.models().stream().map(Offered::name).toList();
        return new Decision.Pop(models, SMALLEST, 1, false, true);
    }
}
