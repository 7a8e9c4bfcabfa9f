package drover.board;

import drover.job.Attempt;
import drover.job.AttemptOutcome;
import drover.job.Fault;
import drover.job.Job;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What follows when an attempt has ended without a result. A pure function of the job's recorded attempts, so that it
 * gives the same answer after a restart.
 *
 * @param maxAttempts blamed attempts after which a job is given up, at least 1
 * @param poisonNodes a job that stalls or crashes this many different nodes is given up, at least 2
 * @param hardLimit attempts of any kind after which a job is given up, so that nothing runs for ever
 * @param backoffMin wait before the second blamed re-run; it doubles with each further one
 * @param backoffMax the longest wait
 */
public record RetryRules(int maxAttempts, int poisonNodes, int hardLimit, Duration backoffMin, Duration backoffMax) {
    /** Three blamed attempts, two poisoned nodes, twenty attempts in all, waits of 1 to 60 s. */
    public static final RetryRules DEFAULT = new RetryRules(3, 2, 20, Duration.ofSeconds(1), Duration.ofMinutes(1));

    public RetryRules {
        if (maxAttempts < 1 || poisonNodes < 2 || hardLimit < maxAttempts) {
            throw new IllegalArgumentException(
                    "expected maxAttempts >= 1, poisonNodes >= 2 and hardLimit >= maxAttempts, but they were "
                            + maxAttempts + ", " + poisonNodes + " and " + hardLimit);
        }
        if (backoffMin.isNegative() || backoffMax.compareTo(backoffMin) < 0) {
            throw new IllegalArgumentException(
                    "expected 0 <= backoffMin <= backoffMax, but they were " + backoffMin + " and " + backoffMax);
        }
    }

    /** What is to be done with a job that has just come back. */
    public sealed interface Verdict {
        /** Run it again, not before the delay is over, and not on these nodes while another can take it. */
        record Retry(Duration delay, Set<String> avoid) implements Verdict {}

        /** Give it up. */
        record GiveUp(Fault fault) implements Verdict {}
    }

    /** Judges a job whose last attempt has ended without a result. */
    public Verdict judge(Job job) {
        List<Attempt> blamed = job.attempts().stream()
                .filter(a -> a.outcome().map(AttemptOutcome::isBlamed).orElse(false))
                .toList();
        Set<String> poisoned = blamed.stream()
                .filter(a -> a.outcome().filter(RetryRules::takesNodeDown).isPresent())
                .map(Attempt::node)
                .collect(Collectors.toUnmodifiableSet());
        if (poisoned.size() >= poisonNodes) {
            return new Verdict.GiveUp(new Fault(
                    "drover:job.poison",
                    "It stalled or crashed " + poisoned.size() + " nodes (" + String.join(", ", sorted(poisoned))
                            + "), so it is not tried on another. " + story(blamed)));
        }
        if (blamed.size() >= maxAttempts || job.attempts().size() >= hardLimit) {
            return new Verdict.GiveUp(new Fault(
                    "drover:job.attempts-exhausted",
                    "It was tried " + job.attempts().size() + " times without a result. " + story(blamed)));
        }
        Set<String> avoid = blamed.stream().map(Attempt::node).collect(Collectors.toUnmodifiableSet());
        return new Verdict.Retry(delay(blamed.size()), avoid);
    }

    private Duration delay(int blamed) {
        if (blamed < 2) {
            return Duration.ZERO;
        }
        Duration wait = backoffMin.multipliedBy(1L << Math.min(blamed - 2, 20));
        return wait.compareTo(backoffMax) > 0 ? backoffMax : wait;
    }

    private static boolean takesNodeDown(AttemptOutcome outcome) {
        return outcome == AttemptOutcome.STALLED || outcome == AttemptOutcome.CRASHED;
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }

    private static String story(List<Attempt> attempts) {
        return attempts.stream()
                .map(a -> "Attempt " + a.number() + " on " + a.node() + ": "
                        + a.reason().orElse("no reason recorded"))
                .collect(Collectors.joining("; "));
    }
}
