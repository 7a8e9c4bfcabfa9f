package drover.node;

import drover.inference.Phase;
import drover.inference.Position;
import drover.job.AttemptTimings;
import drover.job.AttemptTimings.PhaseTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Times the phases of one attempt. Only positions beyond the highest one so far end a gap, as for the watchdog. Times are
 * nanoseconds of one monotonic clock, passed in and never decreasing. Not thread-safe.
 */
final class AttemptTimer {
    private final Map<Phase, Sum> sums = new EnumMap<>(Phase.class);
    private Position highest = Position.entering(Phase.STARTING, 1);
    private long since;

    private record Sum(long total, int steps, long longest) {
        Sum plus(long gap, boolean isStep) {
            return new Sum(total + gap, steps + (isStep ? 1 : 0), Math.max(longest, gap));
        }
    }

    /** An attempt that begins now, at {@code STARTING 0/1}. */
    AttemptTimer(long nanos) {
        this.since = nanos;
    }

    /** The attempt says that it is here. */
    void advanced(Position position, long nanos) {
        if (!position.isBeyond(highest)) {
            return;
        }
        close(sums, nanos);
        highest = position;
        since = nanos;
    }

    /** What has been measured, the time since the last advance included. */
    AttemptTimings timings(long nanos) {
        Map<Phase, Sum> closed = new EnumMap<>(Phase.class);
        closed.putAll(sums);
        close(closed, nanos);
        List<PhaseTime> phases = new ArrayList<>();
        closed.forEach((phase, sum) -> phases.add(
                new PhaseTime(phase, Duration.ofNanos(sum.total()), sum.steps(), Duration.ofNanos(sum.longest()))));
        return new AttemptTimings(phases);
    }

    private void close(Map<Phase, Sum> into, long nanos) {
        // What follows the last step of a phase is no step of its own.
        boolean isStep = highest.step() < highest.of();
        into.merge(
                highest.phase(),
                new Sum(0, 0, 0).plus(nanos - since, isStep),
                (sum, _) -> sum.plus(nanos - since, isStep));
    }
}
