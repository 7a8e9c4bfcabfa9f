package drover.watchdog;

import drover.inference.CborSerializable;
import drover.inference.Phase;
import java.time.Duration;

/**
 * What has been learned about how long one phase may go without an advance; see {@link LearnedTimeouts}.
 *
 * @param length the deadline that follows from it
 * @param observations steps of healthy attempts that it rests on
 * @param quantile the 99.9th percentile of their times
 */
public record LearnedLimit(Phase phase, Duration length, long observations, Duration quantile)
        implements CborSerializable {
    /** Where the deadline comes from, for logs, incidents and the watchdog's table. */
    String origin() {
        return "learned: p99.9 of %d steps is %s".formatted(observations, PhaseTimeouts.text(quantile));
    }
}
