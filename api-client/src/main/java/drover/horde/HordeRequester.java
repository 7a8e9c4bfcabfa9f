package drover.horde;

import drover.horde.HordeHttp.Call;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.HttpMethods;

/**
 * What someone who orders says to a Horde. An order that may have arrived is not sent again, as it would be paid twice.
 * Safe for use by many threads.
 */
public final class HordeRequester {
    private final HordeHttp http;

    /**
     * A client.
     *
     * @param system whose threads and connections it uses
     * @param settings which Horde, and as whom
     * @param retries clock, timer and chance
     */
    public HordeRequester(ClassicActorSystemProvider system, HordeSettings settings, Retries retries) {
        this.http = new HordeHttp(system, settings, retries);
    }

    /** Orders pictures; at most two orders a second are taken. */
    public CompletionStage<HordeResult<OrderAccepted>> order(ImageOrder order) {
        return post(Operation.ORDER_IMAGES, "/generate/async", order);
    }

    /** Where an order of pictures is, without them. */
    public CompletionStage<HordeResult<OrderStatus.Check>> checkImages(String id) {
        return get(Operation.CHECK_IMAGES, "/generate/check/", id, OrderStatus.Check.class);
    }

    /** Where an order of pictures is, with what is there; ten times a minute at most. */
    public CompletionStage<HordeResult<OrderStatus.Images>> images(String id) {
        return get(Operation.IMAGES, "/generate/status/", id, OrderStatus.Images.class);
    }

    /** Withdraws an order of pictures; gives what is there. */
    public CompletionStage<HordeResult<OrderStatus.Images>> cancelImages(String id) {
        return delete(Operation.CANCEL_IMAGES, "/generate/status/", id, OrderStatus.Images.class);
    }

    /** Orders texts. */
    public CompletionStage<HordeResult<OrderAccepted>> order(TextOrder order) {
        return post(Operation.ORDER_TEXTS, "/generate/text/async", order);
    }

    /** Where an order of texts is, with what is there. */
    public CompletionStage<HordeResult<OrderStatus.Texts>> texts(String id) {
        return get(Operation.TEXTS, "/generate/text/status/", id, OrderStatus.Texts.class);
    }

    /** Withdraws an order of texts; gives what is there. */
    public CompletionStage<HordeResult<OrderStatus.Texts>> cancelTexts(String id) {
        return delete(Operation.CANCEL_TEXTS, "/generate/text/status/", id, OrderStatus.Texts.class);
    }

    /** Orders alchemy. */
    public CompletionStage<HordeResult<OrderAccepted>> order(AlchemyOrder order) {
        return post(Operation.ORDER_ALCHEMY, "/interrogate/async", order);
    }

    /** Where an order of alchemy is, with what is there. */
    public CompletionStage<HordeResult<OrderStatus.Alchemy>> alchemy(String id) {
        return get(Operation.ALCHEMY, "/interrogate/status/", id, OrderStatus.Alchemy.class);
    }

    /** Withdraws an order of alchemy; gives what is there. */
    public CompletionStage<HordeResult<OrderStatus.Alchemy>> cancelAlchemy(String id) {
        return delete(Operation.CANCEL_ALCHEMY, "/interrogate/status/", id, OrderStatus.Alchemy.class);
    }

    private CompletionStage<HordeResult<OrderAccepted>> post(Operation operation, String path, Object order) {
        return http.callAgain(Call.of(operation, HttpMethods.POST, path, order, OrderAccepted.class));
    }

    private <T> CompletionStage<HordeResult<T>> get(Operation operation, String path, String id, Class<T> type) {
        return http.callAgain(Call.of(operation, HttpMethods.GET, path + HordeHttp.encoded(id), type));
    }

    private <T> CompletionStage<HordeResult<T>> delete(Operation operation, String path, String id, Class<T> type) {
        return http.callAgain(Call.of(operation, HttpMethods.DELETE, path + HordeHttp.encoded(id), type));
    }
}
