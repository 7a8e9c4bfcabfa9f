package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.horde.ApiKey;
import drover.horde.HordeRequester;
import drover.horde.HordeResult;
import drover.horde.ImageOrder;
import drover.horde.ImageParams;
import drover.horde.Retries;
import drover.inference.Artifact;
import drover.inference.Phase;
import drover.inference.SafetyResult;
import drover.job.AttemptTimings;
import drover.source.server.Faults.Fault;
import drover.source.server.Faults.Target;
import drover.source.server.Faults.When;
import drover.source.server.History;
import drover.source.server.LocalHorde;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose answers make no sense gets an answer to each id all the same, and the worker goes on. */
class DegenerateHordeTest {
    private static final byte[] WEBP =
            HexFormat.of().parseHex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700");
    private static final Duration LONG = Duration.ofSeconds(30);

    /** What the server does to a job that it hands out, and the words of the fault that follows. */
    private static final Map<String, Consumer<ObjectNode>> MISCHIEF = Map.of(
            "no ttl", job -> job.putNull("ttl"),
            "0 upload addresses", job -> job.putNull("r2_upload").putArray("r2_uploads"),
            "cannot be read", job -> job.put("payload", "no object"),
            "the model Someone Else's was not offered", job -> job.put("model", "Someone Else's"),
            "an id of its own", job -> ids(job).add(job.path("id").asText()),
            "ControlNet", job -> payload(job).put("control_type", "x-ray"));

    @TempDir
    private Path folder;

    private final ActorTestKit kit = ActorTestKit.create();
    private LocalHorde horde;
    private String key;
    private HordeRequester requester;
    private HordeRig rig;

    @BeforeEach
    void start() throws Exception {
        horde = new LocalHorde(kit.system(), LocalHorde.Settings.REAL, Instant::now);
        requester = new HordeRequester(
                kit.system(),
                drover.horde.HordeSettings.of(
                        horde.url(), new ApiKey(horde.register("requester", true)), HordeRig.OFFICIAL),
                Retries.of(kit.system(), Instant::now, new Random(1)));
        key = horde.register("owner", true);
        rig = new HordeRig(folder, horde.url(), key);
    }

    @AfterEach
    void stop() throws IOException {
        rig.close();
        horde.close();
        kit.shutdownTestKit();
    }

    private static ObjectNode payload(ObjectNode job) {
        return (ObjectNode) job.path("payload");
    }

    private static ArrayNode ids(ObjectNode job) {
        return (ArrayNode) job.path("ids");
    }

    /** Changes the next job; the Horde gives a request whose picture is faulted out again, as it is. */
    private void alterNext(Consumer<ObjectNode> change) {
        AtomicBoolean altered = new AtomicBoolean();
        horde.faults().clear();
        horde.faults().add(Target.POP, new When.Every(1), new Fault.Altered(answer -> {
            if (answer instanceof ObjectNode job && job.path("id").isTextual() && altered.compareAndSet(false, true)) {
                change.accept(job);
            }
            return answer;
        }));
    }

    private void order() {
        ImageOrder order = ImageOrder.of(
                "a hut", ImageParams.of(512, 512, 1, Optional.of(20), Optional.of("7")), List.of(HordeRig.MODEL));
        assertThat(requester.order(order).toCompletableFuture().join()).isInstanceOf(HordeResult.Ok.class);
    }

    private void draw() throws IOException {
        SlotCommand.Offer offer = rig.offered();
        AttemptTimings times = new AttemptTimings(List.of(
                new AttemptTimings.PhaseTime(Phase.DENOISING, Duration.ofSeconds(1), 20, Duration.ofMillis(50))));
        rig.board.tell(new JobBoard.Produced(
                HordeRig.SLOT,
                offer.attempt(),
                List.of(rig.assets.put(offer.attempt(), 0, new Artifact("image/webp", WEBP, 7, SafetyResult.SAFE))),
                times,
                rig.keeper.ref()));
    }

    private List<History> answered(int pictures) {
        await().atMost(LONG)
                .until(() -> horde.histories().size() == pictures
                        && horde.histories().stream()
                                .allMatch(it -> it.accepted().isPresent())
                        && rig.open() == 0);
        return horde.histories();
    }

    @Test
    void eachIdOfAJobThatMakesNoSenseIsFaultedAtOnceAndTheNextJobIsDrawn() throws Exception {
        int pictures = 0;
        for (Map.Entry<String, Consumer<ObjectNode>> mischief : MISCHIEF.entrySet()) {
            rig.idle();
            alterNext(mischief.getValue());
            order();
            draw();
            pictures += 2;
            List<History> all = answered(pictures);
            History.Submit fault = all.get(pictures - 2).accepted().orElseThrow();
            assertThat(fault.fault()).as(mischief.getKey()).isTrue();
            assertThat(fault.body().path("generation").asText()).contains(mischief.getKey());
            assertThat(all.getLast().accepted().orElseThrow().uploaded())
                    .as("after " + mischief.getKey())
                    .isTrue();
        }
        assertThat(rig.status().workers()).singleElement().satisfies(worker -> {
            assertThat(worker.good()).isEqualTo(MISCHIEF.size());
            assertThat(worker.failed()).isEqualTo(MISCHIEF.size());
            assertThat(worker.jobsInHand()).isZero();
        });
        assertThat(horde.audit()).isEmpty();
    }

    @Test
    void whatMakesNoSenseIsFaultedByTheNextProcessIfThisOneCouldNot() throws Exception {
        rig.idle();
        alterNext(job -> job.putNull("ttl"));
        horde.faults().add(Target.SUBMIT, new When.Every(1), new Fault.HangUp(false));
        order();
        await().atMost(LONG).until(() -> rig.open() == 1);
        rig.close();
        assertThat(horde.histories())
                .singleElement()
                .satisfies(it -> assertThat(it.accepted()).isEmpty());

        horde.faults().clear();
        rig = new HordeRig(folder, horde.url(), key);
        History.Submit fault = answered(1).getFirst().accepted().orElseThrow();
        assertThat(fault.fault()).isTrue();
        assertThat(fault.body().path("generation").asText()).contains("no ttl");
        await().atMost(LONG).until(() -> rig.status().workers().getFirst().failed() == 1);
    }

    @Test
    void nullsInAJobAreNoReasonToStumble() throws Exception {
        alterNext(job -> {
            payload(job).putArray("loras").addNull().addObject().putNull("name");
            payload(job).putArray("tis").addObject().putNull("name");
            payload(job)
                    .putNull("width")
                    .putNull("cfg_scale")
                    .putNull("post_processing")
                    .putNull("seed")
                    .put("height", "512")
                    .putObject("sampler_name");
            job.putArray("messages").addNull().addObject().putNull("id").putNull("message");
        });
        rig.idle();
        order();
        draw();
        assertThat(answered(1).getFirst().accepted().orElseThrow().uploaded()).isTrue();
    }

    @Test
    void anIdThatWasAnsweredIsNotDrawnAgain() throws Exception {
        rig.idle();
        order();
        draw();
        String first = answered(1).getFirst().id();
        rig.idle();
        alterNext(job -> {
            ids(job).removeAll().add(first);
            job.put("id", first);
        });
        order();
        await().atMost(LONG).until(() -> horde.histories().getFirst().submits().size() == 2);
        order();
        draw();
        await().atMost(LONG).until(() -> horde.histories().getLast().accepted().isPresent() && rig.open() == 0);
        assertThat(horde.histories()).hasSize(3);
        assertThat(horde.histories().getFirst().accepted().orElseThrow().uploaded())
                .isTrue();
    }
}
