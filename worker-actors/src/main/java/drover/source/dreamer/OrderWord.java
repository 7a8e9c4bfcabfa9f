package drover.source.dreamer;

import drover.job.Job;
import drover.ledger.Order;
import java.time.Duration;
import java.util.Optional;

/** What a dreamer hears of its orders. */
sealed interface OrderWord {
    /** The order. */
    Order order();

    /** It is drawn; what is left is the answer. */
    record Drawn(Order order) implements OrderWord {}

    /**
     * It is answered.
     *
     * @param job as it was last seen, if there ever was one
     * @param answered from the last stroke to the last answer, if it was drawn
     */
    record Closed(Order order, Optional<Job> job, Optional<Duration> answered) implements OrderWord {}
}
