package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.feed.JobFeed;
import drover.horde.ApiKey;
import drover.horde.HordeJson;
import drover.horde.HordeRequester;
import drover.horde.HordeResult;
import drover.horde.ImageOrder;
import drover.horde.ImageParams;
import drover.horde.ImageSource;
import drover.horde.Retries;
import drover.inference.Artifact;
import drover.inference.AssetRef;
import drover.inference.ControlUse;
import drover.inference.HiresFix;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.SafetyResult;
import drover.inference.SourceImage;
import drover.job.AttemptEnd;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.job.Job;
import drover.picture.Picture;
import drover.picture.PngEncoder;
import drover.source.server.Faults.Fault;
import drover.source.server.Faults.Target;
import drover.source.server.Faults.When;
import drover.source.server.History;
import drover.source.server.LocalHorde;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker against a server that speaks the Horde's protocol: each popped id is answered once, whatever happens. */
class HordeSourceTest {
    private static final byte[] WEBP =
            HexFormat.of().parseHex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700");
    private static final AttemptTimings TIMES = new AttemptTimings(
            List.of(new AttemptTimings.PhaseTime(Phase.DENOISING, Duration.ofSeconds(1), 20, Duration.ofMillis(50))));
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Path FIXTURES = Path.of("..", "inference-actors", "src", "test", "resources", "fixtures");

    @TempDir
    private Path folder;

    private final ActorTestKit kit = ActorTestKit.create();
    private LocalHorde horde;
    private HordeRequester requester;
    private String key;
    private HordeRig rig;

    @BeforeEach
    void start() throws Exception {
        // What a pop says counts at once, and not within half a minute.
        LocalHorde.Settings settings = LocalHorde.Settings.REAL.withMemory(Duration.ZERO, Duration.ZERO);
        horde = new LocalHorde(kit.system(), settings, Instant::now);
        key = horde.register("owner", true);
        requester = new HordeRequester(
                kit.system(),
                drover.horde.HordeSettings.of(
                        horde.url(), new ApiKey(horde.register("requester", true)), HordeRig.OFFICIAL),
                Retries.of(kit.system(), Instant::now, new Random(1)));
        rig = new HordeRig(folder, horde.url(), key);
    }

    @AfterEach
    void stop() throws IOException {
        rig.close();
        horde.close();
        kit.shutdownTestKit();
    }

    private void order(int pictures) {
        order(pictures, Optional.empty(), Optional.empty());
    }

    private void order(int pictures, Optional<ImageSource> source, Optional<ImageSource> mask) {
        order(ImageParams.of(512, 512, pictures, Optional.of(20), Optional.of("7")), source, mask);
    }

    /** An order for one picture with these further parameters. */
    private void order(String more, Optional<ImageSource> source) {
        try {
            ObjectNode params =
                    HordeJson.mapper().valueToTree(ImageParams.of(512, 512, 1, Optional.of(20), Optional.of("7")));
            params.setAll((ObjectNode) HordeJson.mapper().readTree(more));
            order(HordeJson.mapper().treeToValue(params, ImageParams.class), source, Optional.empty());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(more, e);
        }
    }

    private void order(ImageParams params, Optional<ImageSource> source, Optional<ImageSource> mask) {
        ImageOrder plain = ImageOrder.of("a hut ### rain", params, List.of(HordeRig.MODEL));
        ImageOrder order = new ImageOrder(
                plain.prompt(),
                plain.params(),
                plain.models(),
                plain.nsfw(),
                plain.censorNsfw(),
                plain.r2(),
                plain.trustedWorkers(),
                plain.slowWorkers(),
                plain.validatedBackends(),
                source,
                source.map(_ -> "img2img"),
                mask,
                plain.extraSourceImages(),
                plain.workers(),
                plain.workerBlacklist(),
                plain.replacementFilter(),
                plain.dryRun(),
                plain.disableBatching(),
                plain.allowDowngrade());
        assertThat(requester.order(order).toCompletableFuture().join()).isInstanceOf(HordeResult.Ok.class);
    }

    /** The node does its work. */
    private void draw(SlotCommand.Offer offer, int pictures) throws IOException {
        draw(offer, pictures, SafetyResult.SAFE);
    }

    private void draw(SlotCommand.Offer offer, int pictures, SafetyResult safety) throws IOException {
        List<AssetRef> stored = new ArrayList<>();
        for (int i = 0; i < pictures; i++) {
            stored.add(rig.assets.put(offer.attempt(), i, new Artifact("image/webp", WEBP, 7 + i, safety)));
        }
        rig.board.tell(new JobBoard.Advanced(HordeRig.SLOT, offer.attempt(), new Position(Phase.DENOISING, 1, 20)));
        rig.board.tell(new JobBoard.Produced(HordeRig.SLOT, offer.attempt(), stored, TIMES, rig.keeper.ref()));
    }

    private void fail(SlotCommand.Offer offer) {
        rig.board.tell(new JobBoard.AttemptEnded(
                HordeRig.SLOT,
                offer.attempt(),
                new AttemptEnd(
                        AttemptOutcome.FAILED, "drover:test.broken", "the lens is broken", false, AttemptTimings.NONE),
                rig.keeper.ref()));
    }

    private void awaitAnswers(int pictures) {
        await().atMost(LONG).untilAsserted(() -> {
            assertThat(horde.histories()).hasSize(pictures);
            assertThat(horde.histories())
                    .allSatisfy(it -> assertThat(it.accepted()).isPresent());
            assertThat(rig.open()).isZero();
            assertThat(rig.status().workers())
                    .allSatisfy(worker -> assertThat(worker.jobsInHand()).isZero());
        });
        assertThat(horde.audit()).isEmpty();
    }

    @Test
    void newsThatLagBehindTheHandOverChangeNothing() throws IOException {
        horde.faults().add(Target.PUT, new When.First(1), new Fault.Slow(Duration.ofSeconds(1)));
        rig.idle();
        order(1);
        SlotCommand.Offer offer = rig.offered();
        Job running = rig.job(offer.attempt().job());
        JobFeed.Follow follow = (JobFeed.Follow) rig.overheard
                .fishForMessage(
                        LONG,
                        message -> message instanceof JobFeed.Follow
                                ? FishingOutcomes.complete()
                                : FishingOutcomes.continueAndIgnore())
                .getLast();

        draw(offer, 1);
        LoggingTestKit.error("opened again").withOccurrences(0).expect(rig.kit.system(), () -> {
            await().atMost(LONG)
                    .until(() -> !horde.histories().getFirst().puts().isEmpty());
            follow.follower().tell(new JobFeed.News.State("late", running));
            awaitAnswers(1);
            return true;
        });

        assertThat(horde.histories().getFirst().accepted().orElseThrow().uploaded())
                .isTrue();
    }

    @Test
    void aPictureGoesFromThePopToTheSubmit() throws IOException {
        rig.idle();
        order(1);
        SlotCommand.Offer offer = rig.offered();
        ImageRequest request = (ImageRequest) offer.request();
        assertThat(request.prompt()).isEqualTo("a hut");
        assertThat(request.negativePrompt()).isEqualTo("rain");
        draw(offer, 1);

        awaitAnswers(1);
        History history = horde.histories().getFirst();
        assertThat(history.accepted().orElseThrow().uploaded()).isTrue();
        assertThat(horde.picture(history.id()))
                .hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo(WEBP));
        assertThat(rig.status().workers()).singleElement().satisfies(worker -> {
            assertThat(worker.worker()).isEqualTo(HordeRig.WORKER);
            assertThat(worker.good()).isOne();
            assertThat(worker.kudos()).isPositive();
            assertThat(worker.jobsInHand()).isZero();
        });
    }

    @Test
    void ofABatchWhatIsThereIsSubmittedAndTheRestFaulted() throws IOException {
        // Before it has shown how fast it is, a machine is not invited to batches.
        rig.idle();
        order(1);
        draw(rig.offered(), 1);
        awaitAnswers(1);
        rig.idle();
        order(2);
        SlotCommand.Offer offer = rig.offered();
        assertThat(((ImageRequest) offer.request()).count()).isEqualTo(2);
        draw(offer, 1);

        await().atMost(LONG).until(() -> horde.histories().size() >= 3 && rig.open() == 0);
        assertThat(horde.histories().subList(1, 3))
                .extracting(it -> it.accepted().orElseThrow().fault())
                .containsExactly(false, true);
        assertThat(rig.status().workers().getFirst().failed()).isOne();
    }

    @Test
    void whatCannotBeDrawnIsFaultedAtOnceWithTheReason() {
        rig.idle();
        order(1);
        fail(rig.offered());

        await().atMost(LONG).until(() -> rig.open() == 0 && !horde.histories().isEmpty());
        History.Submit submit = horde.histories().getFirst().accepted().orElseThrow();
        assertThat(submit.fault()).isTrue();
        assertThat(submit.toString()).contains("the lens is broken");
    }

    private static ImageSource picture(int side) {
        byte[] png = PngEncoder.encode(new Picture(side, side, new byte[side * side * 3]), Map.of());
        return new ImageSource.Inline(Base64.getEncoder().encodeToString(png));
    }

    @Test
    void aSourceImageBecomesAnInputOfTheJob() throws IOException {
        rig.idle();
        order(1, Optional.of(picture(64)), Optional.of(picture(32)));
        SlotCommand.Offer offer = rig.offered();
        SourceImage source =
                ((ImageRequest) offer.request()).features().source().orElseThrow();
        assertThat(source.mode()).isEqualTo(SourceImage.Mode.INPAINTING);
        assertThat(rig.assets.holds(source.image())).isTrue();
        assertThat(rig.assets.holds(source.mask().orElseThrow())).isTrue();
        draw(offer, 1);
        awaitAnswers(1);
        assertThat(metadata()).doesNotContain("source_image", "source_mask");
    }

    @Test
    void aSourceImageThatCannotBeHadIsLeftOutAndSaid() throws IOException {
        horde.faults().add(Target.GET_OBJECT, new When.First(5), new Fault.Status(500, Optional.empty(), false));
        rig.idle();
        order(1, Optional.of(picture(64)), Optional.empty());
        SlotCommand.Offer offer = rig.offered();
        assertThat(((ImageRequest) offer.request()).features().source()).isEmpty();
        draw(offer, 1);
        awaitAnswers(1);
        assertThat(metadata()).contains("source_image", "download_failed");
    }

    @Test
    void theSecondPassOverAPictureIsAsStrongAsTheFirstUnlessOtherwiseSaid() throws IOException {
        rig.idle();
        order("{\"hires_fix\": true, \"denoising_strength\": 0.3}", Optional.of(picture(64)));
        SlotCommand.Offer offer = rig.offered();
        ImageFeatures features = ((ImageRequest) offer.request()).features();
        assertThat(features.source().orElseThrow().strength()).isEqualTo(0.3);
        assertThat(features.hiresFix()).contains(new HiresFix(0.3));
        draw(offer, 1);
        awaitAnswers(1);
    }

    private String metadata() {
        return horde.histories().getFirst().accepted().orElseThrow().body().toString();
    }

    @Test
    void whatTheCheckSaysReachesTheHorde() throws IOException {
        rig.idle();
        order(1);
        draw(rig.offered(), 1, SafetyResult.CENSORED);
        awaitAnswers(1);
        assertThat(horde.histories().getFirst().censorship()).contains("nsfw");
        assertThat(metadata()).contains("\"state\":\"censored\"");
    }

    @Test
    void whatNobodyHasLookedAtStaysHere() throws IOException {
        rig.idle();
        order(1);
        draw(rig.offered(), 1, SafetyResult.UNCHECKED);
        await().atMost(LONG).until(() -> rig.open() == 0 && !horde.histories().isEmpty());
        History history = horde.histories().getFirst();
        assertThat(history.puts()).isEmpty();
        assertThat(history.accepted().orElseThrow().fault()).isTrue();
    }

    /** What may be offered is known when a machine has shown how fast it is. */
    private void shown() throws IOException {
        rig.idle();
        order(1);
        draw(rig.offered(), 1);
        awaitAnswers(1);
        rig.idle();
    }

    private History.Submit lastFault(int pictures) {
        await().atMost(LONG)
                .until(() -> horde.histories().size() >= pictures
                        && horde.histories().get(pictures - 1).accepted().isPresent());
        History.Submit submit = horde.histories().get(pictures - 1).accepted().orElseThrow();
        assertThat(submit.fault()).isTrue();
        return submit;
    }

    @Test
    void postProcessorsAreFilesAndWhatIsMissingIsFaultedAtOnce() throws IOException {
        Files.createDirectories(folder.resolve("upscalers"));
        Files.copy(
                FIXTURES.resolve("upscaler/x4/model.safetensors"),
                folder.resolve("upscalers/4x_NMKD-Siax_200k.safetensors"));
        shown();
        order("{\"post_processing\": [\"NMKD_Siax\"]}", Optional.empty());
        SlotCommand.Offer offer = rig.offered();
        assertThat(((ImageRequest) offer.request()).features().postProcessing()).containsExactly("4x_NMKD-Siax_200k");
        draw(offer, 1);
        awaitAnswers(2);

        rig.idle();
        order("{\"post_processing\": [\"NMKD_Siax\", \"GFPGAN\"]}", Optional.empty());
        assertThat(lastFault(3).body().path("generation").asText())
                .contains("the post-processor GFPGAN mends faces, which Drover cannot do");
    }

    @Test
    void controlNetsAreFilesAndWhatIsMissingIsFaultedAtOnce() throws IOException {
        Path nets = Files.createDirectories(folder.resolve("controlnets"));
        Files.createFile(nets.resolve("control_v11p_sd15_canny.safetensors"));
        Files.createFile(nets.resolve("control_v11f1p_sd15_depth.safetensors"));
        shown();
        order("{\"control_type\": \"canny\"}", Optional.of(picture(64)));
        SlotCommand.Offer offer = rig.offered();
        ControlUse use = ((ImageRequest) offer.request()).features().control().orElseThrow();
        assertThat(use.model()).isEqualTo("control_v11p_sd15_canny");
        assertThat(use.type()).isEqualTo(ControlUse.Type.CANNY);
        assertThat(rig.assets.holds(use.image())).isTrue();
        draw(offer, 1);
        awaitAnswers(2);

        rig.idle();
        order("{\"control_type\": \"depth\", \"image_is_control\": true}", Optional.of(picture(64)));
        offer = rig.offered();
        assertThat(((ImageRequest) offer.request()).features().control())
                .hasValueSatisfying(it -> assertThat(it.type()).isEqualTo(ControlUse.Type.NONE));
        draw(offer, 1);
        awaitAnswers(3);

        rig.idle();
        order("{\"control_type\": \"depth\"}", Optional.of(picture(64)));
        assertThat(lastFault(4).body().path("generation").asText())
                .contains("nothing here makes what the ControlNet for depth is shown");
    }

    @Test
    void aJobThatTheDatabaseCannotTakeNowIsInTheBookAndTakenOnLater() throws IOException {
        rig.notNow.set(Integer.MAX_VALUE);
        rig.idle();
        order(1);
        await().atMost(LONG).until(() -> rig.notNow.get() < Integer.MAX_VALUE - 1);
        assertThat(rig.open()).isOne();
        rig.notNow.set(0);
        draw(rig.offered(), 1);
        awaitAnswers(1);
    }

    @Test
    void anUploadIsTriedUntilItSucceeds() throws IOException {
        horde.faults().add(Target.PUT, new When.First(2), new Fault.Status(500, Optional.empty(), false));
        rig.idle();
        order(1);
        draw(rig.offered(), 1);
        awaitAnswers(1);
    }

    @Test
    void whatTheLastProcessLeftIsFinishedByTheNext() throws Exception {
        rig.idle();
        order(1);
        SlotCommand.Offer offer = rig.offered();
        rig.close();
        rig = new HordeRig(folder, horde.url(), key);
        rig.idle();
        SlotCommand.Offer again = rig.offered();
        assertThat(again.attempt().job()).isEqualTo(offer.attempt().job());
        draw(again, 1);
        awaitAnswers(1);
    }

    @Test
    void aSubmitThatWasLostIsMadeAgainByTheNextProcess() throws Exception {
        horde.faults().add(Target.SUBMIT, new When.Every(1), new Fault.HangUp(false));
        rig.idle();
        order(1);
        draw(rig.offered(), 1);
        await().atMost(LONG).until(() -> !horde.histories().getFirst().puts().isEmpty());
        rig.close();
        horde.faults().clear();
        rig = new HordeRig(folder, horde.url(), key);
        awaitAnswers(1);
        assertThat(rig.status().workers().getFirst().kudos()).isPositive();
    }

    @Test
    void whenAllIsStoppedNothingIsLeftUnanswered() {
        rig.idle();
        order(1);
        rig.offered();
        TestProbe<Done> asker = rig.kit.createTestProbe();
        rig.source.tell(new HordeSource.StopPopping(asker.ref()));
        asker.expectMessage(Done.getInstance());
        rig.source.tell(new HordeSource.Finish(asker.ref()));
        asker.expectMessage(LONG, Done.getInstance());
        assertThat(horde.histories())
                .singleElement()
                .satisfies(it -> assertThat(it.accepted().orElseThrow().fault()).isTrue());
        assertThat(rig.open()).isZero();
    }
}
