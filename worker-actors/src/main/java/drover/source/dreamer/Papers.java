package drover.source.dreamer;

import com.fasterxml.jackson.core.JsonProcessingException;
import drover.horde.HordeJson;
import drover.horde.ImageJob;
import drover.horde.ImagePopAnswer;
import drover.inference.JobId;
import drover.ledger.Order;
import java.io.UncheckedIOException;
import java.time.Instant;

/** How a pop stands in the order book: as the Horde said it, so that a later version can still answer it. */
final class Papers {
    private Papers() {}

    /** The order that a pop is. */
    static Order of(JobId id, String worker, Instant popped, ImagePopAnswer answer, ImageJob job) {
        try {
            return new Order(
                    id,
                    worker,
                    job.model(),
                    popped,
                    popped.plus(job.ttl()),
                    HordeJson.mapper().writeValueAsString(answer),
                    job.ids().stream().map(Order.Part::open).toList());
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("what the Horde sent cannot be written as JSON", e);
        }
    }

    /**
     * The job of an open order.
     *
     * @throws IllegalStateException if the book does not hold what it was given
     */
    static ImageJob job(Order order) {
        try {
            ImagePopAnswer answer = HordeJson.mapper().readValue(order.body(), ImagePopAnswer.class);
            if (answer.job() instanceof ImagePopAnswer.Job(ImageJob job)) {
                return job;
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "the order " + order.job() + " cannot be read: " + e.getOriginalMessage(), e);
        }
        throw new IllegalStateException("the order " + order.job() + " holds no job");
    }
}
