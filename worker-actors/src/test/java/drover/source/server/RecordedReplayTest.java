package drover.source.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import drover.horde.HordeJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipFile;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The local server answers what the real software was recorded to answer, as far as it speaks of the same things. */
final class RecordedReplayTest {
    private static final Path RECORDED =
            Path.of("..", "api-client", "src", "test", "resources", "horde", "recorded.zip");
    private static final LocalHorde.Settings LIKE_RECORDED = new LocalHorde.Settings(
            LocalHorde.Settings.REAL.models(),
            Map.of(),
            1,
            LocalHorde.Settings.REAL.sweepEvery(),
            LocalHorde.Settings.REAL.checkInEvery(),
            LocalHorde.Settings.REAL.lookupCache(),
            LocalHorde.Settings.REAL.requestLife(),
            2,
            20,
            false,
            false,
            false,
            "harnessprofanity",
            1);

    /** What needs more than the exchange before it: other people's doings, other scenarios, a broken clock. */
    private static final Set<String> NOT_REPLAYED = Set.of(
            "error_accounts: untrusted owner, worker 2",
            "error_accounts: requester without kudos, large",
            "error_accounts: worker flagged owner: moderator flags the user",
            "error_accounts: pop by a flagged owner",
            "error_accounts: unflag",
            "error_maintenance: rename to a taken name",
            "error_maintenance: paused by a moderator",
            "error_pop_input: find it (the server cleaned the name)",
            "error_pop_input: with the h2c upgrade headers of a default java.net.http client",
            "error_upload: PUT with a broken signature",
            "error_upload: PUT under another key",
            "error_upload: PUT expired",
            "error_upload: GET with a PUT URL",
            "error_upload: PUT with chunked transfer coding (no Content-Length)",
            "error_upload: PUT while the store answers 503 (injected)",
            "image_kudos: owner");

    private static ActorTestKit kit;
    private static HttpClient client;

    private LocalHorde horde;
    private final Map<String, String> ids = new LinkedHashMap<>();
    private final Map<String, String> addresses = new LinkedHashMap<>();
    private Optional<String> lastRequest = Optional.empty();

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create();
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterAll
    static void stop() {
        client.close();
        kit.shutdownTestKit();
    }

    @BeforeEach
    void aServer() throws Exception {
        horde = new LocalHorde(kit.system(), LIKE_RECORDED, new HordeClock(Instant.parse("2026-11-21T06:45:00Z")));
    }

    @AfterEach
    void end() throws IOException {
        horde.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "error_accounts",
                "error_keys",
                "error_maintenance",
                "error_pop_input",
                "error_submit",
                "error_upload",
                "image_b64",
                "image_batch",
                "image_img2img",
                "image_kudos",
                "image_messages",
                "image_options",
                "image_skipped",
                "image_states",
                "image_too_fast",
                "image_txt2img"
            })
    void aScenarioIsAnsweredAlike(String scenario) throws Exception {
        for (String user : List.of("worker", "newworker", "requester", "pauper", "admin")) {
            horde.register("harness_" + user, !user.equals("newworker"), "<harness_" + user + ">");
        }
        int replayed = 0;
        for (JsonNode exchange : exchanges(scenario)) {
            String name = scenario + ": " + exchange.path("step").asText();
            if (exchange.has("request") && !NOT_REPLAYED.contains(name)) {
                replay(name, exchange.get("request"), exchange.get("response"));
                replayed++;
            }
        }
        assertThat(replayed).isGreaterThan(5);
    }

    private static JsonNode exchanges(String scenario) throws IOException {
        try (ZipFile zip = new ZipFile(RECORDED.toFile())) {
            return HordeJson.mapper()
                    .readTree(zip.getInputStream(zip.getEntry(scenario + ".json")))
                    .get("exchanges");
        }
    }

    private void replay(String name, JsonNode request, JsonNode expected) throws Exception {
        boolean order = request.path("path").asText().endsWith("/generate/async");
        if (order && lastRequest.isPresent()) {
            // Whoever recorded this withdrew each request when it had been looked at.
            client.send(
                    HttpRequest.newBuilder(URI.create(origin() + "/api/v2/generate/status/" + lastRequest.get()))
                            .DELETE()
                            .build(),
                    HttpResponse.BodyHandlers.discarding());
        }
        HttpResponse<byte[]> response = client.send(request(request), HttpResponse.BodyHandlers.ofByteArray());

        assertThat(response.statusCode())
                .as(name)
                .isEqualTo(expected.get("status").asInt());
        if (!expected.has("body")) {
            return;
        }
        JsonNode body = HordeJson.mapper().readTree(response.body());
        JsonNode wanted = expected.get("body");
        learn(wanted, body);
        assertThat(body.path("rc").asText())
                .as(name)
                .isEqualTo(wanted.path("rc").asText());
        assertThat(differences("", wanted, body, order)).as(name + ": " + body).isEmpty();
        if (request.path("path").asText().endsWith("/generate/pop") && wanted.has("payload")) {
            sameJob(name, wanted, body);
        }
        if (order) {
            lastRequest = Optional.of(body.path("id").asText("")).filter(id -> !id.isEmpty());
        }
    }

    private String origin() {
        return horde.url().replace("/api/", "");
    }

    private HttpRequest request(JsonNode recorded) {
        String path = recorded.get("path").asText();
        Optional<String> object = Optional.of(path)
                .filter(it -> it.startsWith("http"))
                .map(URI::create)
                .map(URI::getPath);
        String address = object.map(it -> addresses.getOrDefault(translated(it), origin() + translated(it)))
                .orElseGet(() -> origin() + translated(path));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address));
        recorded.path("headers")
                .properties()
                .forEach(header ->
                        request.header(header.getKey(), header.getValue().asText()));
        HttpRequest.BodyPublisher body = recorded.has("raw_body")
                ? HttpRequest.BodyPublishers.ofByteArray(
                        recorded.get("raw_body").asText().getBytes(StandardCharsets.ISO_8859_1))
                : recorded.has("body")
                        ? HttpRequest.BodyPublishers.ofString(
                                translated(recorded.get("body").toString()))
                        : HttpRequest.BodyPublishers.noBody();
        return request.method(recorded.get("method").asText(), body).build();
    }

    private String translated(String text) {
        String result = text;
        for (Map.Entry<String, String> id : ids.entrySet()) {
            result = result.replace(id.getKey(), id.getValue());
        }
        return result;
    }

    /** Which id here stands for which id there, and where its picture goes. */
    private void learn(JsonNode wanted, JsonNode body) {
        if (wanted.path("id").isTextual() && body.path("id").isTextual()) {
            ids.put(wanted.get("id").asText(), body.get("id").asText());
        }
        for (int i = 0; i < Math.min(wanted.path("ids").size(), body.path("ids").size()); i++) {
            ids.put(wanted.path("ids").get(i).asText(), body.path("ids").get(i).asText());
        }
        List<String> given = new ArrayList<>();
        body.findValues("r2_uploads").forEach(list -> list.forEach(url -> given.add(url.asText())));
        for (String field : List.of("img", "source_image", "source_mask")) {
            body.findValues(field).forEach(url -> given.add(url.asText()));
        }
        given.stream()
                .filter(url -> url.startsWith("http"))
                .forEach(url -> addresses.put(URI.create(url).getPath(), url));
    }

    /** Fields that are here and not there, or there and not here. What is null is not there. */
    private static List<String> differences(String at, JsonNode wanted, JsonNode body, boolean order) {
        List<String> found = new ArrayList<>();
        if (wanted.isObject() && body.isObject()) {
            Set<String> names = new TreeSet<>(names(wanted));
            Set<String> others = new TreeSet<>(names(body));
            if (order) {
                // Whether somebody can do it depends on who was there.
                names.removeAll(Set.of("message", "warnings"));
                others.removeAll(Set.of("message", "warnings"));
            }
            names.stream().filter(name -> !others.contains(name)).forEach(name -> found.add("-" + at + name));
            others.stream().filter(name -> !names.contains(name)).forEach(name -> found.add("+" + at + name));
            names.retainAll(others);
            names.forEach(name -> found.addAll(differences(at + name + ".", wanted.get(name), body.get(name), order)));
        } else if (wanted.isArray() && body.isArray() && !wanted.isEmpty() && !body.isEmpty()) {
            found.addAll(differences(at + "0.", wanted.get(0), body.get(0), order));
        } else if (wanted.isTextual() != body.isTextual() || wanted.isNumber() != body.isNumber()) {
            found.add("~" + at + " " + wanted.getNodeType() + " " + body.getNodeType());
        }
        return found;
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.properties().stream()
                .filter(entry -> !entry.getValue().isNull())
                .forEach(entry -> names.add(entry.getKey()));
        return names;
    }

    /** The job itself is the same, but for what chance has made. */
    private static void sameJob(String name, JsonNode wanted, JsonNode body) {
        assertThat(body.path("ids").size())
                .as(name)
                .isEqualTo(wanted.path("ids").size());
        assertThat(body.get("ttl")).as(name).isEqualTo(wanted.get("ttl"));
        if (!name.contains("server picks")) {
            assertThat(body.get("model")).as(name).isEqualTo(wanted.get("model"));
        }
        JsonNode payload = wanted.get("payload");
        for (Map.Entry<String, JsonNode> field : payload.properties()) {
            if (!(field.getKey().equals("seed") && name.contains("seed"))) {
                assertThat(body.path("payload").get(field.getKey()))
                        .as(name + ": " + field.getKey())
                        .isEqualTo(field.getValue());
            }
        }
        assertThat(counted(body.path("skipped"))).as(name).isEqualTo(counted(wanted.path("skipped")));
    }

    private static Set<String> counted(JsonNode skipped) {
        Set<String> names = new TreeSet<>();
        skipped.properties().stream()
                .filter(entry -> entry.getValue().asInt() > 0)
                .forEach(entry -> names.add(entry.getKey()));
        return names;
    }
}
