package drover.watchdog;

import drover.inference.CborSerializable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The record of one GPU: whether its process may be started (again), and when. Each failure in a row doubles the wait;
 * too many within a window take the GPU out. After a while it may try again on probation: a first failure before
 * anything has worked puts it back for twice as long. When that has happened often enough, only an operator lets it out.
 *
 * <p>Immutable, and without a clock: every event makes a new value. What counts as a failure is for the caller to say:
 * each replaced process, whether for a stall, silence or a crash.
 *
 * @param policy the rules
 * @param inARow failures since something last worked
 * @param failures the failures within the policy's window, oldest first
 * @param lock set when the GPU was taken out, kept until something works or an operator clears it
 */
public record Quarantine(Policy policy, int inARow, List<Instant> failures, Optional<Lock> lock)
        implements CborSerializable {
    public Quarantine {
        failures = List.copyOf(failures);
    }

    /**
     * The rules.
     *
     * @param failures this many, at least 1, …
     * @param window … within this time take a GPU out
     * @param firstBackOff the wait after the second failure in a row; after the first there is none
     * @param longestBackOff where doubling ends
     * @param release how long a GPU stays out the first time
     * @param releases how often it is let out by time, each time after twice as long; then it takes an operator
     */
    public record Policy(
            int failures,
            Duration window,
            Duration firstBackOff,
            Duration longestBackOff,
            Duration release,
            int releases)
            implements CborSerializable {
        /** 5 failures within 10 minutes, 0, 1, 2, 4, … 60 s in between; out for 5, 10, 20 minutes, then an operator. */
        public static final Policy DEFAULT = new Policy(
                5, Duration.ofMinutes(10), Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofMinutes(5), 3);

        public Policy {
            if (failures < 1) {
                throw new IllegalArgumentException("quarantine failures must be at least 1, but were " + failures);
            }
            if (releases < 0 || releases > 20) {
                throw new IllegalArgumentException("quarantine releases must be 0 to 20, but were " + releases);
            }
            requirePositive("quarantine window", window);
            requirePositive("quarantine release", release);
            requirePositive("first back-off", firstBackOff);
            if (longestBackOff.compareTo(firstBackOff) < 0) {
                throw new IllegalArgumentException("the longest back-off must not be shorter than the first, "
                        + PhaseTimeouts.text(firstBackOff) + ", but was " + PhaseTimeouts.text(longestBackOff));
            }
        }

        /** The wait after the n-th failure in a row: 0, first, 2 × first, 4 × first, … up to the longest. */
        public Duration backOff(int inARow) {
            if (inARow <= 1) {
                return Duration.ZERO;
            }
            // 2^30 first back-offs are beyond any sensible longest one; more doublings could only overflow.
            Duration doubled = firstBackOff.multipliedBy(1L << Math.min(inARow - 2, 30));
            return doubled.compareTo(longestBackOff) < 0 ? doubled : longestBackOff;
        }

        private static void requirePositive(String what, Duration d) {
            if (!d.isPositive()) {
                throw new IllegalArgumentException(what + " must be more than 0 s, but was " + PhaseTimeouts.text(d));
            }
        }
    }

    /**
     * A GPU taken out.
     *
     * @param since when
     * @param until when it may try again; empty: when an operator clears it
     * @param reason for people
     * @param times how often it has been taken out without anything working in between, from 1
     */
    public record Lock(Instant since, Optional<Instant> until, String reason, int times) implements CborSerializable {
        private boolean isOver(Instant now) {
            return until.isPresent() && !now.isBefore(until.get());
        }
    }

    /** Whether a GPU's process may be started. */
    public sealed interface Standing {
        /** At once. */
        record Ready() implements Standing {}

        /** Not before the end of the back-off. */
        record BackingOff(Instant until, int failuresInARow) implements Standing {}

        /** Not before the lock ends. */
        record Quarantined(Lock lock) implements Standing {}
    }

    /** A GPU that has not failed. */
    public static Quarantine clear(Policy policy) {
        return new Quarantine(policy, 0, List.of(), Optional.empty());
    }

    /** Its process had to be replaced. */
    public Quarantine failed(Instant now, String reason) {
        List<Instant> recent = Stream.concat(failures.stream(), Stream.of(now))
                .filter(at -> at.isAfter(now.minus(policy.window)))
                .toList();
        return new Quarantine(policy, inARow + 1, recent, lockAfter(recent.size(), now, reason));
    }

    private Optional<Lock> lockAfter(int recent, Instant now, String reason) {
        if (lock.isPresent()) {
            Lock before = lock.get();
            return before.isOver(now)
                    ? Optional.of(lockedAt(now, "failed on probation: " + reason, before.times + 1))
                    : lock;
        }
        return recent < policy.failures
                ? Optional.empty()
                : Optional.of(lockedAt(
                        now,
                        "%d failures within %s, the last one: %s"
                                .formatted(recent, PhaseTimeouts.text(policy.window), reason),
                        1));
    }

    /** An attempt on it ended well: no back-off any more, and probation is over. A lock that still holds stays. */
    public Quarantine worked(Instant now) {
        return new Quarantine(policy, 0, failures, lock.filter(l -> !l.isOver(now)));
    }

    /** An operator takes it out, until an operator clears it. */
    public Quarantine ordered(Instant now, String reason) {
        return new Quarantine(policy, inARow, failures, Optional.of(new Lock(now, Optional.empty(), reason, 1)));
    }

    /** An operator lets it start anew; nothing of the past counts any more. */
    public Quarantine cleared() {
        return clear(policy);
    }

    /** Whether its process may be started now, and if not, when. */
    public Standing standing(Instant now) {
        if (lock.isPresent() && !lock.get().isOver(now)) {
            return new Standing.Quarantined(lock.get());
        }
        if (failures.isEmpty()) {
            return new Standing.Ready();
        }
        Instant until = failures.getLast().plus(policy.backOff(inARow));
        return now.isBefore(until) ? new Standing.BackingOff(until, inARow) : new Standing.Ready();
    }

    private Lock lockedAt(Instant now, String reason, int times) {
        Optional<Instant> until = times > policy.releases
                ? Optional.empty()
                : Optional.of(now.plus(policy.release.multipliedBy(1L << (times - 1))));
        return new Lock(now, until, reason, times);
    }
}
