package drover.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.client.DroverClient;
import drover.client.DroverException;
import drover.client.DroverJson;
import drover.client.EventStream;
import drover.client.EventView;
import drover.client.JobPage;
import drover.client.JobRequest;
import drover.client.JobView;
import drover.inference.Artifact;
import drover.inference.AssetRef;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.OutputFormat;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.SafetyPolicy;
import drover.inference.SafetyResult;
import drover.inference.Sampler;
import drover.job.AttemptEnd;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.picture.Picture;
import drover.picture.PngEncoder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

@Timeout(120)
class PublicApiTest {
    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static DroverClient client;
    private static HttpClient http;

    @BeforeAll
    static void start() throws Exception {
        server = ApiServer.open(folder);
        client = server.client();
        http = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() throws Exception {
        http.shutdownNow();
        client.close();
        server.close();
    }

    private static JobView submit() throws Exception {
        return client.submit(JobRequest.of("a red apple").build(), Optional.empty());
    }

    private static HttpResponse<byte[]> post(String body, String... headers) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(server.uri.resolve("/v1/jobs"))
                .header("Content-Type", "application/json")
                .headers(headers)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, BodyHandlers.ofByteArray());
    }

    private static HttpResponse<byte[]> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri.resolve(path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return http.send(request.build(), BodyHandlers.ofByteArray());
    }

    /** Runs the job that comes next to its produced result, as a keeper would. */
    private static AssetRef produce(SlotCommand.Offer offer, byte[] bytes) throws Exception {
        return produce(offer, new Artifact("image/png", bytes, 42));
    }

    private static AssetRef produce(SlotCommand.Offer offer, Artifact artifact) throws Exception {
        AssetRef ref = server.assets.put(offer.attempt(), 0, artifact);
        server.board.tell(new JobBoard.Produced(
                ApiServer.SLOT, offer.attempt(), List.of(ref), AttemptTimings.NONE, server.keeper.getRef()));
        server.keeper.expectMessage(ApiServer.LONG, new SlotCommand.ResultRecorded(ApiServer.SLOT, offer.attempt()));
        return ref;
    }

    private static SlotCommand.Offer take(String id) {
        SlotCommand.Offer offer = server.takeJob();
        assertThat(offer.attempt().job().value()).isEqualTo(id);
        return offer;
    }

    @Test
    void aJobGoesFromOrderToPicture() throws Exception {
        JobView accepted = submit();
        assertThat(accepted.state()).isEqualTo("queued");
        assertThat(accepted.request().width()).contains(32);
        assertThat(accepted.request().sampler()).contains("DDIM");
        assertThat(accepted.request().karras()).contains(false);
        assertThat(accepted.request().seed()).contains(42L);
        assertThat(accepted.deadline()).isEqualTo(accepted.acceptedAt().plusSeconds(150));

        SlotCommand.Offer first = take(accepted.id());
        server.board.tell(new JobBoard.Advanced(ApiServer.SLOT, first.attempt(), new Position(Phase.DENOISING, 5, 20)));
        await().atMost(ApiServer.LONG)
                .untilAsserted(() -> assertThat(client.job(accepted.id()).progress())
                        .hasValueSatisfying(p -> assertThat(p.percent()).isEqualTo(25)));
        server.board.tell(new JobBoard.AttemptEnded(
                ApiServer.SLOT,
                first.attempt(),
                AttemptEnd.unmeasured(AttemptOutcome.STALLED, "drover:attempt.stalled", "no advance for 15 s"),
                server.keeper.getRef()));
        server.keeper.expectMessageClass(SlotCommand.ResultRecorded.class, ApiServer.LONG);
        SlotCommand.Offer second = take(accepted.id());
        byte[] picture = "not really a picture".getBytes(StandardCharsets.UTF_8);
        AssetRef ref = produce(second, picture);

        try (EventStream events = client.events(accepted.id())) {
            Optional<EventView> last = Optional.empty();
            for (Optional<EventView> event = events.next(); event.isPresent(); event = events.next()) {
                last = event;
            }
            assertThat(last).hasValueSatisfying(event -> assertThat(event).isInstanceOf(EventView.State.class));
        }
        JobView done = client.job(accepted.id());
        assertThat(done.state()).isEqualTo("delivered");
        assertThat(done.attempts()).extracting(a -> a.outcome().orElse("")).containsExactly("stalled", "succeeded");
        JobView.AssetView asset = done.assets().getFirst();
        assertThat(asset.sha256()).isEqualTo(ref.sha256());
        try (InputStream bytes = client.asset(accepted.id(), 0)) {
            assertThat(bytes.readAllBytes()).isEqualTo(picture);
        }
        HttpResponse<byte[]> raw = get(asset.url());
        assertThat(raw.headers().firstValue("content-type")).contains("image/png");
        assertThat(raw.headers().firstValueAsLong("content-length")).hasValue(picture.length);
        String tag = raw.headers().firstValue("etag").orElseThrow();
        assertThat(get(asset.url(), "If-None-Match", tag).statusCode()).isEqualTo(304);
        assertThat(get(asset.url(), "Accept", "text/plain").statusCode()).isEqualTo(406);
        assertThat(get("/v1/jobs/" + accepted.id() + "/assets/1").statusCode()).isEqualTo(404);
        Files.delete(folder.resolve("assets").resolve(ref.key()));
        assertThat(get(asset.url()).statusCode()).isEqualTo(410);
        assertThatThrownBy(() -> client.cancel(accepted.id()))
                .isInstanceOfSatisfying(
                        DroverException.Refused.class,
                        e -> assertThat(e.problem().code()).isEqualTo("drover:job.ended"));
    }

    @Test
    void eventsGoOnWhereTheyWereLeft() throws Exception {
        JobView job = submit();
        SlotCommand.Offer offer = take(job.id());
        List<String> seen = new ArrayList<>();
        try (EventStream events = client.events(job.id())) {
            while (seen.size() < 4) {
                seen.add(events.next().orElseThrow().id());
                server.board.tell(new JobBoard.Advanced(
                        ApiServer.SLOT, offer.attempt(), new Position(Phase.DENOISING, seen.size(), 20)));
            }
        }
        String resumeAt = seen.get(1);
        produce(offer, new byte[10]);
        await().atMost(ApiServer.LONG).until(() -> client.job(job.id()).ended());

        String rest = new String(
                get("/v1/jobs/" + job.id() + "/events", "Last-Event-ID", resumeAt)
                        .body(),
                StandardCharsets.UTF_8);
        assertThat(rest)
                .contains("id:" + seen.get(2))
                .contains("id:" + seen.get(3))
                .contains("\"delivered\"");
        assertThat(rest).doesNotContain("id:" + resumeAt + "\n");
        String all = new String(
                get("/v1/jobs/" + job.id() + "/events", "Last-Event-ID", "other-7")
                        .body(),
                StandardCharsets.UTF_8);
        assertThat(all).contains("event:state").contains("\"delivered\"");
        String lastId = all.lines()
                .filter(line -> line.startsWith("id:"))
                .reduce((a, b) -> b)
                .orElseThrow()
                .substring(3);
        assertThat(get("/v1/jobs/" + job.id() + "/events", "Last-Event-ID", lastId)
                        .statusCode())
                .as("a stream that was read to its end ends again")
                .isEqualTo(200);
    }

    @Test
    void aWaitingJobIsCancelledAndCancelledAgain() throws Exception {
        JobView job = submit();
        JobView cancelled = client.cancel(job.id());
        assertThat(cancelled.state()).isEqualTo("cancelled");
        assertThat(client.cancel(job.id()).state()).isEqualTo("cancelled");
        assertThatThrownBy(() -> client.cancel("no-such-job"))
                .isInstanceOfSatisfying(
                        DroverException.Refused.class,
                        e -> assertThat(e.problem().status()).isEqualTo(404));
    }

    @Test
    void everySamplerMayBeAskedForWithAndWithoutKarras() throws Exception {
        for (Sampler sampler : Sampler.values()) {
            for (boolean karras : new boolean[] {false, true}) {
                JobView job = client.submit(
                        JobRequest.of("x")
                                .sampler(sampler.hordeName())
                                .karras(karras)
                                .build(),
                        Optional.empty());
                assertThat(job.request().sampler()).contains(sampler.hordeName());
                assertThat(job.request().karras()).contains(karras);
                client.cancel(job.id());
            }
        }
    }

    @Test
    void aPictureHasAFormatAndSaysWhatBecameOfItsCheck() throws Exception {
        JobView job =
                client.submit(JobRequest.of("x").format("webp").quality(80).build(), Optional.empty());
        assertThat(job.request().format()).contains("webp");
        assertThat(job.request().quality()).contains(80);
        SlotCommand.Offer offer = take(job.id());
        assertThat(offer.request()).isInstanceOfSatisfying(ImageRequest.class, request -> {
            assertThat(request.format())
                    .isEqualTo(OutputFormat.of(OutputFormat.Kind.WEBP).withQuality(80));
            assertThat(request.safety()).contains(SafetyPolicy.MARK);
        });

        produce(offer, new Artifact("image/webp", new byte[] {1}, 42, SafetyResult.CENSORED));
        await().atMost(ApiServer.LONG).until(() -> client.job(job.id()).ended());

        JobView.AssetView asset = client.job(job.id()).assets().getFirst();
        assertThat(asset.safety()).isEqualTo("censored");
        assertThat(get(asset.url()).headers().firstValue("content-type")).contains("image/webp");
    }

    @Test
    void aPictureHasAThumbnail() throws Exception {
        JobView job = submit();
        SlotCommand.Offer offer = take(job.id());
        byte[] png = PngEncoder.encode(new Picture(300, 150, new byte[3 * 300 * 150]), Map.of());
        AssetRef ref = produce(offer, png);
        await().atMost(ApiServer.LONG).until(() -> client.job(job.id()).ended());
        String url = "/v1/jobs/" + job.id() + "/assets/0/thumbnail";

        HttpResponse<byte[]> first = get(url);
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.headers().firstValue("content-type")).contains("image/webp");
        BufferedImage small = ImageIO.read(new ByteArrayInputStream(first.body()));
        assertThat(List.of(small.getWidth(), small.getHeight())).containsExactly(256, 128);
        assertThat(server.assets.thumbnail(ref))
                .hasValueSatisfying(kept -> assertThat(kept).isEqualTo(first.body()));
        assertThat(get(url).body()).isEqualTo(first.body());
        String tag = first.headers().firstValue("etag").orElseThrow();
        assertThat(get(url, "If-None-Match", tag).statusCode()).isEqualTo(304);
        assertThat(get("/v1/jobs/" + job.id() + "/assets/1/thumbnail").statusCode())
                .isEqualTo(404);

        server.assets.removeAll(new JobId(job.id()));
        assertThat(get(url).statusCode()).isEqualTo(410);
        assertThat(folder.resolve("assets").resolve(job.id())).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"format\": \"gif\"",
                "\"format\": \"webp\", \"width\": 16384, \"height\": 8",
                "\"quality\": 50",
                "\"format\": \"jpeg\", \"quality\": 0"
            })
    void aFormatThatCannotBeIsRefused(String fields) throws Exception {
        HttpResponse<byte[]> answer = post("{\"prompt\": \"x\", " + fields + "}", "Accept", "*/*");

        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).containsAnyOf("\"format\"", "\"quality\"");
    }

    @Test
    void theSameKeyOrdersOnce() throws Exception {
        JobRequest order = JobRequest.of("a pear").seed(7).build();
        JobView one = client.submit(order, Optional.of("key-1"));
        JobView again = client.submit(order, Optional.of("key-1"));
        assertThat(again.id()).isEqualTo(one.id());
        assertThatThrownBy(() -> client.submit(JobRequest.of("a plum").build(), Optional.of("key-1")))
                .isInstanceOfSatisfying(
                        DroverException.Refused.class,
                        e -> assertThat(e.problem().code()).isEqualTo("drover:idempotency.conflict"));
        client.cancel(one.id());
    }

    @Test
    void jobsAreListedInPages() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ids.addFirst(submit().id());
        }
        for (String id : ids) {
            client.cancel(id);
        }
        JobPage first = client.jobs(Optional.of("cancelled"), 2, Optional.empty());
        JobPage second = client.jobs(Optional.of("cancelled"), 1, first.before());
        assertThat(first.jobs()).extracting(JobView::id).containsExactlyElementsOf(ids.subList(0, 2));
        assertThat(second.jobs()).extracting(JobView::id).containsExactly(ids.get(2));
    }

    @Test
    void healthIsOk() throws Exception {
        assertThat(client.health().status()).isEqualTo("ok");
    }

    @Test
    void aClientThatHangsUpLeavesTheServerWell() throws Exception {
        JobView job = submit();
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        ListAppender<ILoggingEvent> logged = new ListAppender<>();
        logged.start();
        root.addAppender(logged);
        for (int i = 0; i < 20; i++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.uri.getPort())) {
                String request = i % 2 == 0
                        ? "GET /v1/jobs/" + job.id() + "/events HTTP/1.1\r\nHost: x\r\n\r\n"
                        : "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                + "Content-Length: 1000\r\n\r\n{\"prompt\":";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
                if (i % 4 == 0) {
                    assertThat(socket.getInputStream().read()).isEqualTo('H');
                }
                socket.setSoLinger(true, 0);
            }
        }
        assertThat(client.health().status()).isEqualTo("ok");
        assertThat(client.cancel(job.id()).state()).isEqualTo("cancelled");
        root.detachAppender(logged);
        assertThat(List.copyOf(logged.list))
                .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .extracting(ILoggingEvent::getFormattedMessage)
                .isEmpty();
    }

    @Test
    void aSilentStreamIsKeptAlive(@TempDir Path own) throws Exception {
        HttpSettings d = HttpSettings.onLoopback(0);
        HttpSettings impatient = new HttpSettings(
                d.host(),
                0,
                Optional.empty(),
                List.of(),
                d.maxBody(),
                d.limits(),
                d.answerTimeout(),
                Duration.ofMillis(50),
                4);
        try (ApiServer other = new ApiServer(own, impatient, false);
                DroverClient second = other.client()) {
            JobView job = second.submit(JobRequest.of("x").build(), Optional.empty());
            HttpRequest follow = HttpRequest.newBuilder(other.uri.resolve("/v1/jobs/" + job.id() + "/events"))
                    .build();
            HttpResponse<InputStream> response = http.send(follow, BodyHandlers.ofInputStream());
            StringBuilder text = new StringBuilder();
            try (InputStream body = response.body()) {
                while (!text.toString().endsWith("\n: keep-alive\n\n") && text.length() < 5_000) {
                    text.append((char) body.read());
                }
            }
            assertThat(text.toString())
                    .contains("event:state")
                    .contains("id:epoch1-")
                    .endsWith(": keep-alive\n\n");
            second.cancel(job.id());
        }
    }

    @Test
    void aBodyThatDoesNotArriveIsNotWaitedForForEver(@TempDir Path own) throws Exception {
        HttpSettings d = HttpSettings.onLoopback(0);
        HttpSettings hasty = new HttpSettings(
                d.host(),
                0,
                Optional.empty(),
                List.of(),
                d.maxBody(),
                d.limits(),
                Duration.ofMillis(300),
                d.keepAlive(),
                4);
        try (ApiServer other = new ApiServer(own, hasty, false);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), other.uri.getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write(("POST /v1/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                    + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
                            .getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            assertThat(ApiServer.answer(socket)).contains(" 408 ").contains("drover:body.timeout");
        }
    }

    @Test
    void aRequestIsOfTheTenantThatItNames() throws Exception {
        HttpResponse<byte[]> first = post("{\"prompt\": \"x\"}", "Drover-Tenant", "shop", "Idempotency-Key", "same");
        HttpResponse<byte[]> second = post("{\"prompt\": \"x\"}", "Drover-Tenant", "lab", "Idempotency-Key", "same");
        HttpResponse<byte[]> wrong = post("{\"prompt\": \"x\"}", "Drover-Tenant", "No");

        JobView ofShop = DroverJson.mapper().readValue(first.body(), JobView.class);
        JobView ofLab = DroverJson.mapper().readValue(second.body(), JobView.class);
        assertThat(first.statusCode()).isEqualTo(202);
        assertThat(ofShop.tenant()).isEqualTo("shop");
        assertThat(second.statusCode()).isEqualTo(202);
        assertThat(ofLab.tenant()).isEqualTo("lab");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(new String(wrong.body(), StandardCharsets.UTF_8)).contains("drover:tenant.invalid");
        client.cancel(ofShop.id());
        client.cancel(ofLab.id());
    }

    @Test
    void faultsAreForTheFaultEngine(@TempDir Path own) throws Exception {
        JobRequest request = JobRequest.of("x")
                .fault(new JobRequest.FaultOrder(
                        "java_sleep", "denoising", Optional.of(3), Optional.of(true), Optional.empty()))
                .build();
        try (ApiServer faulty = new ApiServer(own, HttpSettings.onLoopback(0), true);
                DroverClient toFaulty = faulty.client()) {
            JobView job = toFaulty.submit(request, Optional.empty());
            assertThat(job.request().fault())
                    .contains(new JobRequest.FaultOrder(
                            "java_sleep", "denoising", Optional.of(3), Optional.of(true), Optional.of(1)));
        }
        assertThatThrownBy(() -> client.submit(request, Optional.empty()))
                .isInstanceOfSatisfying(
                        DroverException.Refused.class,
                        e -> assertThat(e.problem().field()).contains("fault"));
    }

    @Test
    void aTokenIsAskedForWhenThereIsOne(@TempDir Path own) throws Exception {
        HttpSettings d = HttpSettings.onLoopback(0);
        String token = "0123456789abcdef";
        HttpSettings guarded = new HttpSettings(
                d.host(),
                0,
                Optional.of(token),
                List.of(),
                d.maxBody(),
                d.limits(),
                d.answerTimeout(),
                d.keepAlive(),
                4);
        try (ApiServer other = new ApiServer(own, guarded, false);
                DroverClient stranger = new DroverClient(other.uri, Optional.empty());
                DroverClient wrong = new DroverClient(other.uri, Optional.of(token + "0"));
                DroverClient friend = new DroverClient(other.uri, Optional.of(token))) {
            for (DroverClient refused : List.of(stranger, wrong)) {
                assertThatThrownBy(() -> refused.jobs(Optional.empty(), 1, Optional.empty()))
                        .isInstanceOfSatisfying(
                                DroverException.Refused.class,
                                e -> assertThat(e.problem().code()).isEqualTo("drover:auth.required"));
            }
            assertThat(friend.jobs(Optional.empty(), 1, Optional.empty()).jobs())
                    .isEmpty();
            assertThat(stranger.health().status()).isEqualTo("ok");
            assertThat(guarded.toString()).doesNotContain(token);
        }
    }
}
