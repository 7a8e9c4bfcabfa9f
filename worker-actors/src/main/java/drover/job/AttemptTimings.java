package drover.job;

import drover.inference.CborSerializable;
import drover.inference.Phase;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How long an attempt spent in each phase, measured by its node on a monotonic clock. Time counts for the phase of the
 * highest position reached so far, as it does for the watchdog: from there to the next advance, in whatever phase that is.
 * (How long a job waited before the attempt, {@link Job#waited} says.)
 *
 * @param phases in the order of the phases, each at most once; phases that took no time at all may be missing
 */
public record AttemptTimings(List<PhaseTime> phases) implements CborSerializable {
    /** Nothing was measured, as when the node's process is gone. */
    public static final AttemptTimings NONE = new AttemptTimings(List.of());

    /**
     * Time in one phase.
     *
     * @param total from its first position to the first of the next phase
     * @param steps how many steps it took in that time, the last of them perhaps unfinished
     * @param longest the longest time between two advances
     */
    public record PhaseTime(Phase phase, Duration total, int steps, Duration longest) implements CborSerializable {}

    public AttemptTimings {
        phases = List.copyOf(phases);
    }

    /** These, or {@link #NONE} for null, which stands in records of before attempts were timed. */
    static AttemptTimings orNone(@Nullable AttemptTimings timings) {
        return Objects.requireNonNullElse(timings, NONE);
    }

    /** Time in this phase, if any was measured. */
    public Optional<PhaseTime> of(Phase phase) {
        return phases.stream().filter(p -> p.phase() == phase).findFirst();
    }

    /** Time in these phases taken together. */
    public Duration total(Collection<Phase> of) {
        Duration total = Duration.ZERO;
        for (PhaseTime time : phases) {
            if (of.contains(time.phase())) {
                total = total.plus(time.total());
            }
        }
        return total;
    }

    /** Whether anything was measured. */
    public boolean isMeasured() {
        return !phases.isEmpty();
    }
}
