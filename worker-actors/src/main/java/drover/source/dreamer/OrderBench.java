package drover.source.dreamer;

import com.fasterxml.jackson.core.JsonProcessingException;
import drover.horde.HordeJson;
import drover.horde.ImageJob;
import drover.horde.ImagePopAnswer;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.ledger.Order;
import drover.source.bridge.BridgeData;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What a dreamer does for each order and each pop, with {@value #HELD} orders in hand. Run by {@code drover bench}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class OrderBench {
    private static final int HELD = 20;
    private static final String MODEL = "Deliberate";
    private static final BridgeData.Content CONTENT = new BridgeData.Content(true, false, List.of(), List.of());
    private static final Inversions INVERSIONS =
            new Inversions(List.of(new Inversions.One(Set.of("7808"), "horde/9208", Optional.empty(), 1)));
    private static final String ANSWER = """
            {"id": "1", "ids": ["1", "2"], "model": "Deliberate", "ttl": 150,
             "r2_uploads": ["http://127.0.0.1:1/1?a", "http://127.0.0.1:1/2?b"],
             "payload": {"prompt": "a {red|blue|green} hut by the {calm|wild} sea, (masterpiece:1.2), embedding:7808, \
            sharp focus, (golden hour:1.1), volumetric light, highly detailed###(embedding:7808:1.1), (embedding:9:0.9), \
            blurry, lowres, bad anatomy, (worst quality:1.4)", "width": 512, "height": 512, "ddim_steps": 30, "seed": "7"}}
            """;

    private final ImageJob job;
    private final Hand hand = new Hand();
    private final Order order = order(HELD);

    /** With orders in hand. */
    public OrderBench() {
        try {
            job = HordeJson.mapper().readValue(ANSWER, ImagePopAnswer.class).job() instanceof ImagePopAnswer.Job it
                    ? it.job()
                    : none();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        IntStream.range(0, HELD).forEach(number -> hand.take(order(number), job, MODEL));
    }

    private static ImageJob none() {
        throw new IllegalStateException("the answer has a job");
    }

    private static Order order(int number) {
        return new Order(
                new JobId("job-" + number),
                "worker",
                MODEL,
                Instant.EPOCH,
                Instant.EPOCH.plusSeconds(150),
                "",
                List.of(Order.Part.open("1"), Order.Part.open("2")));
    }

    /** From the Horde's words to the engine's: choices, mentions, prompts told apart. */
    @Benchmark
    public ImageRequest requestOfAPrompt() {
        return ImageRequests.of(job, MODEL, List.of(), INVERSIONS, CONTENT);
    }

    /** An order comes, is drawn and answered. */
    @Benchmark
    public int orderTakenAndAnswered() {
        hand.take(order, job, MODEL);
        hand.drawn(order.job());
        hand.gone(order.job());
        return hand.orders();
    }

    /** How much is pending, as every pop asks. */
    @Benchmark
    public long pendingWorkOfAPop() {
        return hand.pending() + hand.ids() + hand.of(MODEL);
    }
}
