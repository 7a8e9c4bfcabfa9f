package drover.board;

import drover.job.Attempt;
import drover.job.AttemptOutcome;
import drover.job.Fault;
import drover.job.Job;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What follows when an attempt has ended without a result. A pure function of the job's recorded attempts, so that it
 * gives the same answer after a restart.
 *
 * @param maxAttempts blamed attempts after which a job is given up, at least 1
 * @param poisonNodes a job that stalls or crashes this many different nodes is given up, at least 2
 * @param poisonRepeats a job that stalls or crashes one node this often is given up, at least 1
 * @param hardLimit attempts of any kind after which a job is given up, so that nothing runs for ever
 * @param backoffMin wait before a job goes back to a node that failed it, doubled for each further blamed attempt;
 *     another node may have it at once
 * @param backoffMax the longest wait
 */
public record RetryRules(
        int maxAttempts, int poisonNodes, int poisonRepeats, int hardLimit, Duration backoffMin, Duration backoffMax) {
    /** Five blamed attempts, two poisoned nodes or one three times, twenty attempts in all, waits of 1 to 60 s. */
    public static final RetryRules DEFAULT = new RetryRules(5, 2, 3, 20, Duration.ofSeconds(1), Duration.ofMinutes(1));

    private static final Verdict FIRST = new Verdict.Retry(Duration.ZERO, Set.of());

    public RetryRules {
        if (maxAttempts < 1 || poisonNodes < 2 || poisonRepeats < 1 || hardLimit < maxAttempts) {
            throw new IllegalArgumentException(
                    "expected maxAttempts >= 1, poisonNodes >= 2, poisonRepeats >= 1 and hardLimit >= maxAttempts, but they"
                            + " were " + maxAttempts + ", " + poisonNodes + ", " + poisonRepeats + " and " + hardLimit);
        }
        if (backoffMin.isNegative() || backoffMax.compareTo(backoffMin) < 0) {
            throw new IllegalArgumentException(
                    "expected 0 <= backoffMin <= backoffMax, but they were " + backoffMin + " and " + backoffMax);
        }
    }

    /** What is to be done with a job that has just come back. */
    public sealed interface Verdict {
        /** Run it again; on one of these nodes only if no other can take it, and not before the delay is over. */
        record Retry(Duration delay, Set<String> avoid) implements Verdict {}

        /** Give it up. */
        record GiveUp(Fault fault) implements Verdict {}
    }

    /** Judges a job that is new, or whose last attempt has ended without a result. */
    public Verdict judge(Job job) {
        if (job.attempts().isEmpty()) {
            return FIRST;
        }
        List<Attempt> blamed = matching(job, AttemptOutcome::isBlamed);
        Map<String, Long> poisoned = matching(job, AttemptOutcome::takesNodeDown).stream()
                .collect(Collectors.groupingBy(Attempt::node, TreeMap::new, Collectors.counting()));
        if (poisoned.size() >= poisonNodes) {
            return new Verdict.GiveUp(new Fault(
                    "drover:job.poison",
                    "It stalled or crashed " + poisoned.size() + " nodes (" + String.join(", ", poisoned.keySet())
                            + "), so it is not tried on another. " + story(blamed)));
        }
        for (Map.Entry<String, Long> node : poisoned.entrySet()) {
            if (node.getValue() >= poisonRepeats) {
                return new Verdict.GiveUp(new Fault(
                        "drover:job.poison",
                        "It stalled or crashed node " + node.getKey() + " " + node.getValue()
                                + " times, so it is not tried again. " + story(blamed)));
            }
        }
        if (blamed.size() >= maxAttempts || job.attempts().size() >= hardLimit) {
            return new Verdict.GiveUp(new Fault(
                    "drover:job.attempts-exhausted",
                    "It was tried " + job.attempts().size() + " times without a result. "
                            + story(matching(job, _ -> true))));
        }
        Set<String> avoid = matching(job, AttemptOutcome::avoidsNode).stream()
                .map(Attempt::node)
                .collect(Collectors.toUnmodifiableSet());
        return new Verdict.Retry(delay(blamed.size()), avoid);
    }

    private Duration delay(int blamed) {
        if (blamed == 0) {
            return Duration.ZERO;
        }
        Duration wait = backoffMin.multipliedBy(1L << Math.min(blamed - 1, 20));
        return wait.compareTo(backoffMax) > 0 ? backoffMax : wait;
    }

    private static List<Attempt> matching(Job job, Predicate<AttemptOutcome> which) {
        return job.attempts().stream()
                .filter(a -> a.outcome().filter(which).isPresent())
                .toList();
    }

    private static String story(List<Attempt> attempts) {
        return attempts.stream().map(RetryRules::story).collect(Collectors.joining("; "));
    }

    /** {@code Attempt 2 on gpu1 (STALLED at DENOISING 5/20 after 31.0 s; LOADING 3.1 s, DENOISING 4.0 s): why}. */
    private static String story(Attempt attempt) {
        String how = attempt.outcome().map(Enum::name).orElse("");
        String where = attempt.position().map(p -> " at " + p).orElse("");
        String took = attempt.ended()
                .map(end -> " after " + seconds(Duration.between(attempt.assigned(), end)))
                .orElse("");
        String phases = attempt.timings().phases().stream()
                .map(time -> time.phase() + " " + seconds(time.total()))
                .collect(Collectors.joining(", "));
        return "Attempt " + attempt.number() + " on " + attempt.node() + " (" + how + where + took
                + (phases.isEmpty() ? "" : "; " + phases) + "): "
                + attempt.reason().orElse("no reason recorded");
    }

    private static String seconds(Duration d) {
        return "%.1f s".formatted(Pace.seconds(d));
    }
}
