package drover.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.board.SlotCommand;
import drover.inference.AssetRef;
import drover.inference.ControlUse;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.LoraUse;
import drover.inference.SourceImage;
import drover.picture.Picture;
import drover.picture.PngEncoder;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that bring pictures along, or ask for more than a prompt. */
class PictureRequestsTest {
    private static final byte[] PNG = PngEncoder.encode(new Picture(8, 8, new byte[192]), Map.of());
    private static final String BASE64 = Base64.getEncoder().encodeToString(PNG);

    @TempDir
    private Path folder;

    private ApiServer server;
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void start() throws Exception {
        server = ApiServer.open(folder);
    }

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    private HttpResponse<String> post(String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.uri.resolve("/v1/jobs"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) throws Exception {
        return new JsonMapper().readTree(response.body());
    }

    @Test
    void whatComesAlongIsKeptBeforeTheJobIsAccepted() throws Exception {
        HttpResponse<String> answer = post("""
                {"prompt": "x", "source": "data:image/png;base64,%s", "mask": "%s", "strength": 0.6,
                 "loras": [{"file": "ink", "model": 0.8}, {"file": "paper", "model": 0.4, "clip": -1}],
                 "control": {"model": "edges", "image": "%s", "type": "canny", "strength": 0.9},
                 "tiling": true, "hires_fix": true, "post_processing": ["RealESRGAN_x4plus"]}
                """.formatted(BASE64, BASE64, BASE64));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        JsonNode shown = json(answer).path("request");
        assertThat(shown.has("source")).isFalse();
        assertThat(shown.path("strength").doubleValue()).isEqualTo(0.6);
        assertThat(shown.path("loras").path(1).path("clip").doubleValue()).isEqualTo(-1);

        SlotCommand.Offer offer = server.takeJob();
        ImageFeatures features = ((ImageRequest) offer.request()).features();
        SourceImage source = features.source().orElseThrow();
        assertThat(source.mode()).isEqualTo(SourceImage.Mode.INPAINTING);
        assertThat(source.strength()).isEqualTo(0.6);
        for (AssetRef ref : new AssetRef[] {
            source.image(),
            source.mask().orElseThrow(),
            features.control().orElseThrow().image()
        }) {
            assertThat(ref.mediaType()).isEqualTo("image/png");
            try (InputStream in = server.assets.open(ref)) {
                assertThat(in.readAllBytes()).isEqualTo(PNG);
            }
        }
        assertThat(features.control().orElseThrow().type()).isEqualTo(ControlUse.Type.CANNY);
        assertThat(features.loras()).containsExactly(new LoraUse("ink", 0.8, 0.8), new LoraUse("paper", 0.4, -1));
        assertThat(features.tiling()).isTrue();
        assertThat(features.hiresFix().orElseThrow().strength()).isEqualTo(0.65);
        assertThat(features.postProcessing()).containsExactly("RealESRGAN_x4plus");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  "})
    void aPromptMayBeEmpty(String prompt) throws Exception {
        HttpResponse<String> answer = post("{\"prompt\": \"" + prompt + "\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        assertThat(((ImageRequest) server.takeJob().request()).prompt()).isEqualTo(prompt);
    }

    @Test
    void aRepeatedRequestLeavesNothingBehind() throws Exception {
        String body = "{\"prompt\": \"x\", \"source\": \"%s\"}".formatted(BASE64);
        assertThat(post(body, "Idempotency-Key", "k").statusCode()).isEqualTo(202);
        HttpResponse<String> again = post(body, "Idempotency-Key", "k");
        assertThat(again.statusCode()).isEqualTo(200);
        HttpResponse<String> other = post(body.replace("x", "y"), "Idempotency-Key", "k");
        assertThat(other.statusCode()).isEqualTo(409);
        String first = json(again).path("id").textValue();
        await().atMost(ApiServer.LONG).untilAsserted(() -> {
            try (Stream<Path> jobs = Files.list(folder.resolve("assets"))) {
                assertThat(jobs.map(job -> job.getFileName().toString())).containsExactly(first);
            }
        });
    }

    @Test
    void aBodyMayBeAsLongAsTheLimit() throws Exception {
        String head = "{\"prompt\": \"x\", \"source\": \"";
        String text = "A".repeat((int) HttpSettings.DEFAULT_MAX_BODY - head.length() - 2);
        HttpResponse<String> answer = post(head + text + "\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
        assertThat(json(answer).path("errors").path(0).path("field").textValue())
                .isEqualTo("source");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"source\": \"%%\"                                  | source",
                "\"source\": \"aGVsbG8=\"                            | source",
                "\"mask\": \"aGVsbG8=\"                              | mask",
                "\"strength\": 0.5                                   | strength",
                "\"source\": \"PNG\", \"strength\": 0                | strength",
                "\"source\": \"PNG\", \"strength\": 1.5              | strength",
                "\"source\": 5                                       | source",
                "\"hires_fix\": true, \"hires_strength\": 2          | hires_strength",
                "\"hires_strength\": 0.5                             | hires_strength",
                "\"loras\": [{\"file\": \"\"}]                       | loras[0].file",
                "\"loras\": [{\"file\": \"a\", \"model\": 11}]       | loras[0]",
                "\"loras\": [{\"name\": \"a\"}]                      | loras[0].file",
                "\"loras\": {}                                       | loras",
                "\"loras\": [1]                                      | loras",
                "\"post_processing\": [\"a\",\"b\",\"c\",\"d\",\"e\"] | post_processing",
                "\"control\": {\"model\": \"a\"}                     | control.image",
                "\"control\": {\"model\": \"a\", \"image\": \"PNG\", \"type\": \"hed\"} | control.type",
            })
    void whatIsWrongIsNamed(String field, String name) throws Exception {
        HttpResponse<String> answer = post("{\"prompt\": \"x\", %s}".formatted(field.replace("PNG", BASE64)));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
        assertThat(json(answer).path("errors").path(0).path("field").textValue())
                .isEqualTo(name);
        assertThat(folder.resolve("assets")).isEmptyDirectory();
    }
}
