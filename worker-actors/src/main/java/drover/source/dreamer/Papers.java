package drover.source.dreamer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import drover.horde.HordeJson;
import drover.horde.ImageJob;
import drover.horde.ImagePopAnswer;
import drover.inference.JobId;
import drover.ledger.Order;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * How a pop stands in the order book: as the Horde said it, so that a later version can still answer it; or, if nothing can
 * come of it, why.
 */
final class Papers {
    private static final String REFUSED = "refused";
    /** Stands in the book for the model of what is refused, whatever that is. */
    private static final String NO_MODEL = "(refused)";

    private Papers() {}

    /** What the body of an order says. */
    sealed interface Paper {}

    /** A job to be worked on. */
    record Work(ImageJob job) implements Paper {}

    /** A job that nothing can come of. */
    record Refused(String why) implements Paper {}

    /** The order that a pop is. */
    static Order of(JobId id, String worker, Instant popped, ImagePopAnswer answer, ImageJob job) {
        return new Order(
                id,
                worker,
                job.model(),
                popped,
                popped.plus(job.ttl()),
                written(answer),
                job.ids().stream().map(Order.Part::open).toList());
    }

    /**
     * The order that a pop is of which nothing can come.
     *
     * @param ids of its pictures
     * @param patience how long the fault may take to get there
     */
    static Order refused(JobId id, String worker, Instant popped, Duration patience, List<String> ids, String why) {
        return new Order(
                id,
                worker,
                NO_MODEL,
                popped,
                popped.plus(patience),
                written(Map.of(REFUSED, why)),
                ids.stream().map(Order.Part::open).toList());
    }

    private static String written(Object body) {
        try {
            return HordeJson.mapper().writeValueAsString(body);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("what the Horde sent cannot be written as JSON", e);
        }
    }

    /**
     * What an open order says.
     *
     * @throws IllegalStateException if the book does not hold what it was given
     */
    static Paper read(Order order) {
        try {
            JsonNode body = HordeJson.mapper().readTree(order.body());
            if (body.path(REFUSED).isTextual()) {
                return new Refused(body.path(REFUSED).asText());
            }
            if (body.isObject()
                    && HordeJson.mapper()
                                    .treeToValue(body, ImagePopAnswer.class)
                                    .job()
                            instanceof ImagePopAnswer.Job(ImageJob job)) {
                return new Work(job);
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "the order " + order.job() + " cannot be read: " + e.getOriginalMessage(), e);
        }
        throw new IllegalStateException("the order " + order.job() + " holds no job");
    }
}
