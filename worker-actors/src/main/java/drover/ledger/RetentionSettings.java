package drover.ledger;

import drover.job.JobState;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How long what has ended is kept.
 *
 * @param jobs for each terminal state how long after its end a job is kept, with its results; a state that is not there
 *     is kept for ever
 * @param maxJobs how many ended jobs are kept at most, the oldest go first; empty for any number
 * @param incidents how long an incident is kept; empty for ever
 * @param audit how long it is kept who changed what; empty for ever
 */
public record RetentionSettings(
        Map<JobState, Duration> jobs, OptionalLong maxJobs, Optional<Duration> incidents, Optional<Duration> audit) {
    public static final Duration DEFAULT_AGE = Duration.ofDays(7);
    public static final RetentionSettings DEFAULTS = new RetentionSettings(
            JobState.TERMINAL.stream().collect(Collectors.toMap(Function.identity(), state -> DEFAULT_AGE)),
            OptionalLong.of(1_000_000),
            Optional.of(Duration.ofDays(30)),
            Optional.of(Duration.ofDays(365)));

    public RetentionSettings {
        jobs = Map.copyOf(jobs);
        if (!JobState.TERMINAL.containsAll(jobs.keySet())) {
            throw new IllegalArgumentException("only jobs that have ended go, but there are ages for " + jobs.keySet());
        }
    }
}
