package drover.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.client.JobRequest;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.Preview;
import drover.inference.SafetyPolicy;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Iterator;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Previews over HTTP; the test plays the node. */
@Timeout(120)
class PreviewApiTest {
    private static final byte[] JPEG = "not really a JPEG file".getBytes(StandardCharsets.UTF_8);
    private static final Preview PREVIEW =
            new Preview(Base64.getEncoder().encodeToString(JPEG), 64, 48, new Position(Phase.DENOISING, 5, 20));

    @TempDir
    private Path folder;

    private final HttpClient http = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        http.shutdownNow();
    }

    private static HttpRequest get(ApiServer server, String job, String path) {
        return HttpRequest.newBuilder(server.uri.resolve("/v1/jobs/" + job + path))
                .build();
    }

    private static String submit(ApiServer server) throws Exception {
        try (var client = server.client()) {
            return client.submit(JobRequest.of("a red apple").build(), Optional.empty())
                    .id();
        }
    }

    private static void expectWish(ApiServer server, SlotCommand.Offer offer) {
        SlotCommand.ShowPreviews wish =
                server.keeper.expectMessageClass(SlotCommand.ShowPreviews.class, ApiServer.LONG);
        assertThat(wish.attempt()).isEqualTo(offer.attempt());
        assertThat(wish.slot()).isEqualTo(ApiServer.SLOT);
    }

    /** What a node has made before it is on disk who got the job is dropped; the next one is not. */
    private void awaitPreview(ApiServer server, SlotCommand.Offer offer) {
        await().atMost(ApiServer.LONG).untilAsserted(() -> {
            server.board.tell(new JobBoard.Previewed(offer.attempt(), PREVIEW));
            HttpResponse<byte[]> shown =
                    http.send(get(server, offer.attempt().job().value(), "/preview"), BodyHandlers.ofByteArray());
            assertThat(shown.statusCode()).isEqualTo(200);
            assertThat(shown.headers().firstValue("Content-Type")).contains("image/jpeg");
            assertThat(shown.body()).isEqualTo(JPEG);
        });
    }

    @Test
    void whoAsksForTheNewestPreviewGetsItWhenTheNodeHasMadeOne() throws Exception {
        try (ApiServer server = new ApiServer(folder, HttpSettings.onLoopback(0), false, Optional.empty())) {
            String job = submit(server);
            SlotCommand.Offer offer = server.takeJob();
            HttpResponse<String> none = http.send(get(server, job, "/preview"), BodyHandlers.ofString());
            assertThat(none.statusCode()).isEqualTo(404);
            assertThat(none.body()).contains("drover:preview.not-found");
            expectWish(server, offer);

            awaitPreview(server, offer);
            assertThat(http.send(get(server, "no-such-job", "/preview"), BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void previewsAreAmongTheEventsOfWhoWantsThem() throws Exception {
        try (ApiServer server = new ApiServer(folder, HttpSettings.onLoopback(0), false, Optional.empty())) {
            String job = submit(server);
            SlotCommand.Offer offer = server.takeJob();
            awaitPreview(server, offer);
            HttpResponse<Stream<String>> events =
                    http.send(get(server, job, "/events?previews=true"), BodyHandlers.ofLines());
            expectWish(server, offer);

            Iterator<String> lines = events.body().iterator();
            String line = lines.next();
            while (!line.equals("event:preview")) {
                line = lines.next();
            }
            assertThat(lines.next())
                    .isEqualTo("data:{\"attempt\":1,\"step\":5,\"of\":20,\"width\":64,\"height\":48,"
                            + "\"media_type\":\"image/jpeg\",\"data\":\"" + PREVIEW.jpeg() + "\"}");
            events.body().close();
            assertThat(http.send(get(server, job, "/events?previews=maybe"), BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void ofPicturesThatAreCheckedFirstThereAreNone() throws Exception {
        try (ApiServer server =
                new ApiServer(folder, HttpSettings.onLoopback(0), false, Optional.of(SafetyPolicy.CENSOR))) {
            String job = submit(server);

            HttpResponse<String> none = http.send(get(server, job, "/preview"), BodyHandlers.ofString());
            assertThat(none.statusCode()).isEqualTo(404);
            assertThat(none.body()).contains("its pictures are checked before anybody sees them");
        }
    }
}
