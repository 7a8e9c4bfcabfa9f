package drover.source.dreamer;

import drover.horde.ImageJob;
import drover.ledger.Order;
import java.time.Duration;
import java.time.Instant;

/**
 * By when what has to be done of an order.
 *
 * @param taken when it was popped
 * @param answerBy when the Horde gives it to another
 * @param whole what the Horde gave for it
 */
record OrderTimes(Instant taken, Instant answerBy, Duration whole) {
    /** Of the time for the whole job, what is kept for checking, upload and submit. */
    private static final double FOR_ANSWERING = 0.05;

    private static final Duration FOR_ANSWERING_LEAST = Duration.ofSeconds(5);

    static OrderTimes of(Order order, ImageJob ordered) {
        return new OrderTimes(order.taken(), order.answerBy(), ordered.ttl());
    }

    /** From when on it is looked at whether there is still hope. */
    Instant lookedAt() {
        return taken.plus(share(Doom.LOOKED_AT));
    }

    /** When the pictures have to be drawn, so that there is time left to bring them there. */
    Instant deadline() {
        Duration share = share(FOR_ANSWERING);
        return answerBy.minus(share.compareTo(FOR_ANSWERING_LEAST) > 0 ? share : FOR_ANSWERING_LEAST);
    }

    /** How long it may be prepared. */
    Duration patience(Instant now) {
        Duration left = Duration.between(now, lookedAt());
        return left.isPositive() ? left : Duration.ofSeconds(1);
    }

    private Duration share(double of) {
        return Duration.ofMillis((long) (whole.toMillis() * of));
    }
}
