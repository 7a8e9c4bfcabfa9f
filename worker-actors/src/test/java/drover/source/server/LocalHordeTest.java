package drover.source.server;

import static org.assertj.core.api.Assertions.assertThat;

import drover.horde.ApiKey;
import drover.horde.BridgeAgent;
import drover.horde.GenerationState;
import drover.horde.HordeClient;
import drover.horde.HordeClient.SubmitPlan;
import drover.horde.HordeError;
import drover.horde.HordeRequester;
import drover.horde.HordeResult;
import drover.horde.HordeSettings;
import drover.horde.ImageJob;
import drover.horde.ImageOrder;
import drover.horde.ImageParams;
import drover.horde.ImagePop;
import drover.horde.ImagePopAnswer;
import drover.horde.ImageSubmit;
import drover.horde.OrderStatus;
import drover.horde.PresignedUrl;
import drover.horde.Retries;
import drover.horde.SubmitOutcome;
import drover.horde.WorkerChange;
import drover.source.server.Audit.Kind;
import drover.source.server.Faults.Fault;
import drover.source.server.Faults.Target;
import drover.source.server.Faults.When;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The local server keeps the real one's rules, and sees what workers do wrong. */
final class LocalHordeTest {
    private static final BridgeAgent OFFICIAL =
            BridgeAgent.parse("AI Horde Worker reGen:13.0.0:https://example.invalid");
    private static final byte[] WEBP =
            HexFormat.of().parseHex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700");
    private static final Duration SWEEP = LocalHorde.Settings.REAL.sweepEvery();

    private static ActorTestKit kit;
    private static HttpClient plain;

    private final HordeClock clock = new HordeClock(Instant.parse("2026-11-21T06:45:00Z"));
    private LocalHorde horde;
    private String ownerKey;
    private HordeClient owner;
    private HordeRequester requester;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create();
        plain = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterAll
    static void stop() {
        plain.close();
        kit.shutdownTestKit();
    }

    @BeforeEach
    void aServer() throws Exception {
        serve(LocalHorde.Settings.REAL);
    }

    private void serve(LocalHorde.Settings settings) throws Exception {
        horde = new LocalHorde(kit.system(), settings, clock);
        ownerKey = horde.register("owner", true);
        owner = client(ownerKey);
        requester = new HordeRequester(kit.system(), settings(horde.register("requester", true)), retries());
    }

    @AfterEach
    void end() throws Exception {
        horde.close();
    }

    private HordeClient client(String key) {
        return new HordeClient(kit.system(), settings(key), retries());
    }

    private HordeSettings settings(String key) {
        return HordeSettings.of(horde.url(), new ApiKey(key), OFFICIAL);
    }

    private static Retries retries() {
        return Retries.of(kit.system(), InstantSource.system(), new Random(1));
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static <T> T ok(CompletionStage<HordeResult<T>> stage) throws Exception {
        return switch (get(stage)) {
            case HordeResult.Ok<T>(T value) -> value;
            case HordeResult.Failed<T>(HordeError error) -> throw new AssertionError(error.message());
        };
    }

    private static <T> HordeError error(CompletionStage<HordeResult<T>> stage) throws Exception {
        return switch (get(stage)) {
            case HordeResult.Ok<T>(T value) -> throw new AssertionError("no error, but " + value);
            case HordeResult.Failed<T>(HordeError error) -> error;
        };
    }

    private static ImagePop pop(BridgeAgent agent, int maxPixels) {
        return new ImagePop(
                "a worker",
                List.of("Deliberate"),
                agent.toString(),
                true,
                4,
                maxPixels,
                1,
                List.of("badword"),
                List.of(),
                false,
                true,
                true,
                true,
                true,
                false,
                false,
                true,
                false,
                false);
    }

    private ImagePopAnswer pop() throws Exception {
        return ok(owner.pop(pop(OFFICIAL, 4_194_304)));
    }

    private ImageJob job() throws Exception {
        return switch (pop().job()) {
            case ImagePopAnswer.Job(ImageJob job) -> job;
            case ImagePopAnswer.Found other -> throw new AssertionError("no job, but " + other);
        };
    }

    private String order(int pictures) throws Exception {
        return ok(requester.order(ImageOrder.of(
                        "a lighthouse",
                        ImageParams.of(512, 512, pictures, Optional.of(20), Optional.of("42")),
                        List.of("Deliberate"))))
                .id()
                .orElseThrow();
    }

    private int put(PresignedUrl url, byte[] bytes) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(url.text())).PUT(HttpRequest.BodyPublishers.ofByteArray(bytes)));
    }

    private static int send(HttpRequest.Builder request) throws Exception {
        return plain.send(request.build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private CompletionStage<SubmitOutcome> submit(String id) {
        return owner.submit(
                new ImageSubmit(id, "R2", GenerationState.OK, 42, List.of()),
                new SubmitPlan(InstantSource.system().instant().plusSeconds(60), false));
    }

    private SubmitOutcome fault(String id) throws Exception {
        return get(owner.submit(
                ImageSubmit.faulted(id, 42, "a test", List.of()),
                new SubmitPlan(InstantSource.system().instant().plusSeconds(60), false)));
    }

    private List<Kind> violations() {
        return horde.audit().stream().map(Audit.Violation::kind).toList();
    }

    @Test
    void aBatchIsUploadedSubmittedAndDelivered() throws Exception {
        String request = order(3);
        ImageJob job = job();
        assertThat(job.ids()).hasSize(3);
        assertThat(job.ttl()).isEqualTo(Duration.ofSeconds(150));

        for (int i = 0; i < 3; i++) {
            assertThat(put(job.uploads().get(i), WEBP)).isEqualTo(200);
            assertThat(get(submit(job.ids().get(i)))).isInstanceOf(SubmitOutcome.Accepted.class);
        }

        OrderStatus.Images images = ok(requester.images(request));
        assertThat(images.done()).isTrue();
        assertThat(images.generations()).hasSize(3);
        assertThat(send(HttpRequest.newBuilder(
                        URI.create(images.generations().getFirst().img().text()))))
                .isEqualTo(200);
        assertThat(horde.finished()).isTrue();
        assertThat(horde.audit()).isEmpty();
    }

    @Test
    void whatIsLateIsTakenBeforeTheSweepAndNotAfter() throws Exception {
        order(1);
        ImageJob first = job();
        put(first.uploads().getFirst(), WEBP);
        clock.advance(Duration.ofSeconds(151));
        assertThat(get(submit(first.ids().getFirst()))).isInstanceOf(SubmitOutcome.Accepted.class);

        order(1);
        ImageJob second = job();
        clock.advance(Duration.ofSeconds(150).plus(SWEEP));
        assertThat(get(submit(second.ids().getFirst())))
                .isInstanceOfSatisfying(
                        SubmitOutcome.Dropped.class,
                        dropped -> assertThat(dropped.error()).isInstanceOf(HordeError.Aborted.class));
        assertThat(job().ids())
                .as("the slot is free again")
                .doesNotContain(second.ids().getFirst());

        assertThat(violations()).contains(Kind.STALE, Kind.LATE);
        assertThat(ok(owner.workerByName("a worker")).uncompletedJobs()).hasValue(1L);
    }

    @Test
    void aRequestThatIsTooOldIsForgotten() throws Exception {
        String request = order(1);
        ImageJob job = job();
        clock.advance(Duration.ofMinutes(30));

        assertThat(error(requester.checkImages(request))).isInstanceOf(HordeError.NotFound.class);
        assertThat(get(submit(job.ids().getFirst())))
                .isInstanceOfSatisfying(
                        SubmitOutcome.Dropped.class,
                        dropped -> assertThat(dropped.error()).isInstanceOf(HordeError.JobGone.class));
    }

    @Test
    void theTwentyFirstDropWithinAnHourIsMaintenance() throws Exception {
        for (int i = 0; i < 21; i++) {
            assertThat(pop()).isNotNull();
            String request = order(1);
            assertThat(fault(job().ids().getFirst())).isInstanceOf(SubmitOutcome.Accepted.class);
            ok(requester.cancelImages(request));
        }

        assertThat(error(owner.pop(pop(OFFICIAL, 4_194_304)))).isInstanceOf(HordeError.InMaintenance.class);

        String id = ok(owner.workerByName("a worker")).id();
        ok(owner.change(id, WorkerChange.maintenance(false, Optional.empty())));
        assertThat(pop().id()).isEmpty();
    }

    @Test
    void theHourBeginsWithItsFirstDrop() throws Exception {
        for (int i = 0; i < 40; i++) {
            String request = order(1);
            fault(job().ids().getFirst());
            ok(requester.cancelImages(request));
            clock.advance(Duration.ofMinutes(4));
        }
        assertThat(ok(owner.workerByName("a worker")).maintenanceMode()).hasValue(false);
    }

    @Test
    void threeBadEndsEndARequest() throws Exception {
        String request = order(1);
        for (int i = 0; i < 3; i++) {
            fault(job().ids().getFirst());
        }
        assertThat(pop().id()).isEmpty();
        assertThat(ok(requester.checkImages(request)).faulted()).isTrue();
    }

    @Test
    void inMaintenanceOnlyTheOwnersJobsAreHandedOut() throws Exception {
        pop();
        String id = ok(owner.workerByName("a worker")).id();
        ok(owner.change(id, WorkerChange.maintenance(true, Optional.of("back in an hour"))));
        order(1);
        assertThat(error(owner.pop(pop(OFFICIAL, 4_194_304))).message()).contains("back in an hour");

        HordeRequester own = new HordeRequester(kit.system(), settings(ownerKey), retries());
        ok(own.order(
                ImageOrder.of("mine", ImageParams.of(512, 512, 1, Optional.empty(), Optional.empty()), List.of())));
        assertThat(job().payload().prompt()).hasValue("mine");
    }

    @Test
    void whatAPopSaysCountsForHalfAMinute() throws Exception {
        ok(owner.pop(pop(OFFICIAL, 65_536)));
        clock.advance(Duration.ofSeconds(29));
        ok(owner.pop(pop(OFFICIAL, 65_536)));
        clock.advance(Duration.ofSeconds(5));
        order(1);

        assertThat(pop().skipped().orElseThrow().maxPixels()).hasValue(1);
        clock.advance(Duration.ofSeconds(26));
        assertThat(job().ids()).hasSize(1);
    }

    @Test
    void anAgentThatNobodyKnowsSeesNothing() throws Exception {
        order(1);
        ImagePopAnswer answer = ok(owner.pop(pop(BridgeAgent.parse("Drover:1.0:unknown"), 4_194_304)));

        assertThat(answer.id()).isEmpty();
        assertThat(answer.skipped().orElseThrow().bridgeVersion()).hasValue(0);
    }

    @Test
    void theStoreIsStrict() throws Exception {
        order(1);
        ImageJob job = job();
        PresignedUrl url = job.uploads().getFirst();
        URI address = URI.create(url.text());

        assertThat(send(HttpRequest.newBuilder(address)
                        .PUT(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(WEBP)))))
                .as("chunked")
                .isEqualTo(411);
        assertThat(send(HttpRequest.newBuilder(address)
                        .header("Content-Type", "image/webp")
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(WEBP))))
                .isEqualTo(403);
        assertThat(send(HttpRequest.newBuilder(address)
                        .header("x-amz-acl", "private")
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(WEBP))))
                .isEqualTo(403);
        assertThat(send(HttpRequest.newBuilder(address))).as("GET").isEqualTo(403);
        assertThat(put(new PresignedUrl(url.text().replace(job.ids().getFirst(), "another")), WEBP))
                .isEqualTo(403);
        assertThat(put(new PresignedUrl(url.text() + "0"), WEBP)).isEqualTo(403);
        clock.advance(Duration.ofMinutes(30));
        assertThat(put(url, WEBP)).as("expired").isEqualTo(403);
        assertThat(horde.picture(job.ids().getFirst())).isEmpty();
    }

    @Test
    void dishonestAnswersAreSeen() throws Exception {
        order(4);
        ImageJob job = job();
        get(submit(job.ids().get(0)));
        put(job.uploads().get(1), new byte[] {1, 2, 3});
        get(submit(job.ids().get(1)));
        get(owner.submit(
                new ImageSubmit(job.ids().get(2), "this is not an image", GenerationState.OK, 42, List.of()),
                new SubmitPlan(InstantSource.system().instant().plusSeconds(60), false)));

        assertThat(violations()).containsExactly(Kind.NO_UPLOAD, Kind.NOT_WEBP, Kind.NOT_STORED, Kind.UNANSWERED);
    }

    @Test
    void ofManyAnswersAtATimeOneIsTaken() throws Exception {
        order(1);
        ImageJob job = job();
        put(job.uploads().getFirst(), WEBP);
        List<CompletableFuture<SubmitOutcome>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(submit(job.ids().getFirst()).toCompletableFuture());
        }
        List<SubmitOutcome> outcomes = new ArrayList<>();
        for (CompletableFuture<SubmitOutcome> each : all) {
            outcomes.add(get(each));
        }

        assertThat(outcomes.stream().filter(SubmitOutcome.Accepted.class::isInstance))
                .hasSize(1);
        assertThat(violations()).containsExactly(Kind.ANSWERED_TWICE);
    }

    @Test
    void anAnswerThatIsLostMayBeAskedForAgain() throws Exception {
        horde.faults().add(Target.SUBMIT, new When.First(1), new Fault.HangUp(true));
        order(1);
        ImageJob job = job();
        put(job.uploads().getFirst(), WEBP);

        assertThat(get(submit(job.ids().getFirst()))).isInstanceOf(SubmitOutcome.AcceptedBefore.class);
        assertThat(horde.histories().getFirst().submits()).hasSize(2);
        assertThat(horde.audit()).isEmpty();
    }

    @Test
    void faultsComeWithTheCallsThatWereChosen() throws Exception {
        horde.faults()
                .add(Target.POP, new When.First(1), new Fault.Status(429, Optional.of(Duration.ofSeconds(7)), false));
        assertThat(error(owner.pop(pop(OFFICIAL, 4_194_304))))
                .isInstanceOfSatisfying(
                        HordeError.TooManyRequests.class,
                        it -> assertThat(it.pause()).isEqualTo(Duration.ofSeconds(7)));

        horde.faults().clear();
        horde.faults().add(Target.POP, new When.Every(2), new Fault.Status(500, Optional.empty(), false));
        HordeClient other = client(ownerKey);
        ok(other.pop(pop(OFFICIAL, 4_194_304)));
        assertThat(error(other.pop(pop(OFFICIAL, 4_194_304)))).isInstanceOf(HordeError.ServerFault.class);
        ok(other.pop(pop(OFFICIAL, 4_194_304)));

        horde.faults().clear();
        horde.faults().add(Target.POP, new When.First(1), new Fault.Page(true));
        order(1);
        assertThat(error(other.pop(pop(OFFICIAL, 4_194_304)))).isInstanceOf(HordeError.Unreadable.class);
        assertThat(violations()).as("handed out, and nobody heard of it").containsExactly(Kind.UNANSWERED);
    }

    @Test
    void looksOfAWhileAgoCanBeKept() throws Exception {
        horde.close();
        serve(LocalHorde.Settings.REAL.withMemory(Duration.ofSeconds(30), Duration.ofSeconds(30)));
        pop();
        String id = ok(owner.workerByName("a worker")).id();
        ok(owner.change(id, WorkerChange.maintenance(true, Optional.empty())));

        assertThat(ok(owner.workerByName("a worker")).maintenanceMode()).hasValue(false);
        clock.advance(Duration.ofSeconds(31));
        assertThat(ok(owner.workerByName("a worker")).maintenanceMode()).hasValue(true);
    }

    @Test
    void itsClockIsInItsAnswers() throws Exception {
        assertThat(ok(owner.time())).hasValue(clock.instant());
    }

    @Test
    void aStrangersKeyIsRefused() throws Exception {
        assertThat(error(client("not-a-key").pop(pop(OFFICIAL, 4_194_304)))).isInstanceOf(HordeError.KeyRefused.class);
        pop();
        assertThat(error(client(horde.register("other", true)).pop(pop(OFFICIAL, 4_194_304))))
                .isInstanceOf(HordeError.NotYours.class);
        horde.flag(ownerKey);
        assertThat(error(owner.pop(pop(OFFICIAL, 4_194_304)))).isInstanceOf(HordeError.NotWelcome.class);
    }
}
