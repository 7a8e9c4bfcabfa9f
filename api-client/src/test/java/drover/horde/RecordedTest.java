package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.horde.Recorded.Exchange;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Plays every recorded exchange: the client sends what was sent, letter by letter where a signature is over it and by its
 * meaning elsewhere, and what it makes of the answer is, written back, the answer.
 */
@Timeout(180)
class RecordedTest {
    /** Asked by the Horde's own people in the recordings; no worker and nobody who orders does. */
    private static final Set<String> NOT_OURS =
            Set.of("/api/v2/operations/ipaddr", "/api/v2/users/3", "PUT /api/v2/status/modes");

    private static ActorSystem<Void> system;
    private static MisbehavingServer server;

    private final SoftAssertions softly = new SoftAssertions();

    @BeforeAll
    static void start() throws Exception {
        system = Hordes.system();
        server = new MisbehavingServer();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        system.terminate();
    }

    /** Time that runs so fast that no second try is worth while. */
    private static Retries never() {
        AtomicLong hours = new AtomicLong();
        InstantSource clock = () -> VirtualTime.START.plus(Duration.ofHours(hours.incrementAndGet()));
        return new Retries(system.classicSystem().scheduler(), Hordes.executor(system), clock, new Random(1));
    }

    /** What a client made of an exchange. */
    private record Made(Optional<Object> value, Optional<HordeError> error) {}

    private static <T> Made made(CompletionStage<HordeResult<T>> stage) throws Exception {
        return switch (Hordes.get(stage)) {
            case HordeResult.Ok<T>(T value) -> new Made(Optional.of(value), Optional.empty());
            case HordeResult.Failed<T>(HordeError error) -> new Made(Optional.empty(), Optional.of(error));
        };
    }

    private static Made submitted(CompletionStage<SubmitOutcome> stage) throws Exception {
        return switch (Hordes.get(stage)) {
            case SubmitOutcome.Accepted(SubmitAnswer answer) -> new Made(Optional.of(answer), Optional.empty());
            case SubmitOutcome.AcceptedBefore(HordeError error) -> new Made(Optional.empty(), Optional.of(error));
            case SubmitOutcome.Dropped(HordeError error) -> new Made(Optional.empty(), Optional.of(error));
            case SubmitOutcome.Refused(HordeError error) -> new Made(Optional.empty(), Optional.of(error));
            case SubmitOutcome.OutOfTime(HordeError error) -> new Made(Optional.empty(), Optional.of(error));
        };
    }

    /** One of our records that says what was sent, if there is one: the recordings also hold nonsense, on purpose. */
    private static <T> Optional<T> sayable(Exchange exchange, Class<T> type) {
        JsonNode body = exchange.request().get("body");
        if (body == null || !body.isObject()) {
            return Optional.empty();
        }
        try {
            T value = HordeJson.mapper().treeToValue(body, type);
            ObjectNode written =
                    (ObjectNode) Recorded.withoutNulls(HordeJson.mapper().valueToTree(value));
            JsonNode sent = Recorded.withoutNulls(body);
            // What we say beyond it is what the server takes for granted.
            for (Map.Entry<String, JsonNode> entry : List.copyOf(written.properties())) {
                JsonNode added = entry.getValue();
                if (!sent.has(entry.getKey())
                        && !entry.getKey().equals("slow_workers")
                        && ((added.isBoolean() && !added.asBoolean()) || (added.isArray() && added.isEmpty()))) {
                    written.remove(entry.getKey());
                }
            }
            return written.equals(sent) && bodyHasNoNulls(body) ? Optional.of(value) : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static boolean bodyHasNoNulls(JsonNode body) {
        return body.properties().stream().noneMatch(entry -> entry.getValue().isNull());
    }

    private final Set<String> unsayable = new TreeSet<>();
    private final List<String> played = new ArrayList<>();

    @Test
    void everyExchangeIsReadAndWrittenBack() throws Exception {
        List<Exchange> exchanges = Recorded.exchanges();
        assertThat(exchanges).hasSize(Recorded.indexed()).hasSize(402);
        List<Exchange> left = new ArrayList<>();
        for (Exchange exchange : exchanges) {
            String path = exchange.path();
            if (NOT_OURS.contains(path) || NOT_OURS.contains(exchange.method() + " " + path)) {
                left.add(exchange);
            } else if (path.startsWith("http")) {
                playStore(exchange);
            } else {
                play(exchange);
            }
        }
        assertThat(left).hasSize(8);
        assertThat(played).hasSize(402 - 8);
        softly.assertThat(unsayable).containsExactlyInAnyOrder(UNSAYABLE.toArray(String[]::new));
        softly.assertAll();
    }

    private void play(Exchange exchange) throws Exception {
        server.requests().clear();
        server.answers(answer(exchange), answer(exchange));
        String sentKey = exchange.request().path("headers").path("apikey").asText("");
        HordeSettings settings = HordeSettings.of(
                        server.url() + "/api/", new ApiKey(sentKey.isEmpty() ? "none" : sentKey), Hordes.AGENT)
                .withLimits(Hordes.limits(Hordes.PATIENT));
        HordeClient client = new HordeClient(system, settings, never());
        HordeRequester requester = new HordeRequester(system, settings, never());
        HordeClient.SubmitPlan plan = new HordeClient.SubmitPlan(Instant.EPOCH, false);
        String path = exchange.path().replace("/api/v2", "").replaceAll("/$", "");
        String id = path.substring(path.lastIndexOf('/') + 1);
        boolean said = true;
        Made made;
        if (path.startsWith("/generate/pop")) {
            Optional<ImagePop> pop = sayable(exchange, ImagePop.class);
            said = pop.isPresent()
                    && exchange.path().equals("/api/v2/generate/pop")
                    && exchange.request()
                            .path("headers")
                            .path("Content-Type")
                            .asText()
                            .equals("application/json");
            made = made(client.pop(pop.orElse(Hordes.pop())));
        } else if (path.equals("/generate/submit")) {
            Optional<ImageSubmit> submit = sayable(exchange, ImageSubmit.class);
            said = submit.isPresent();
            made = submitted(client.submit(submit.orElse(ImageSubmit.faulted("x", 0, "x", List.of())), plan));
        } else if (path.equals("/generate/text/pop")) {
            made = made(client.pop(sayable(exchange, TextPop.class).orElseThrow()));
        } else if (path.equals("/generate/text/submit")) {
            made = submitted(client.submit(sayable(exchange, TextSubmit.class).orElseThrow(), plan));
        } else if (path.equals("/interrogate/pop")) {
            made = made(client.pop(sayable(exchange, AlchemyPop.class).orElseThrow()));
        } else if (path.equals("/interrogate/submit")) {
            made = submitted(
                    client.submit(sayable(exchange, AlchemySubmit.class).orElseThrow(), plan));
        } else if (path.equals("/generate/async")) {
            made = made(requester.order(sayable(exchange, ImageOrder.class).orElseThrow()));
        } else if (path.equals("/generate/text/async")) {
            Optional<TextOrder> order = sayable(exchange, TextOrder.class);
            said = order.isPresent();
            made = made(requester.order(
                    order.orElse(HordeJson.mapper().readValue("{\"prompt\":\"x\",\"params\":{}}", TextOrder.class))));
        } else if (path.equals("/interrogate/async")) {
            Optional<AlchemyOrder> order = sayable(exchange, AlchemyOrder.class);
            said = order.isPresent();
            made = made(requester.order(order.orElse(new AlchemyOrder(new ImageSource.Inline("x"), List.of(), true))));
        } else if (path.startsWith("/generate/check/")) {
            made = made(requester.checkImages(id));
        } else if (path.startsWith("/generate/status/")) {
            made = made(exchange.method().equals("DELETE") ? requester.cancelImages(id) : requester.images(id));
        } else if (path.startsWith("/generate/text/status/")) {
            made = made(requester.texts(id));
        } else if (path.startsWith("/interrogate/status/")) {
            made = made(requester.alchemy(id));
        } else if (path.equals("/find_user")) {
            made = made(client.user());
        } else if (path.startsWith("/users/")) {
            made = made(client.user(Integer.parseInt(id)));
        } else if (path.startsWith("/workers/name/")) {
            made = made(client.workerByName(URLDecoder.decode(id, StandardCharsets.UTF_8)));
        } else if (path.equals("/workers/messages")) {
            made = made(client.leaveMessage(
                    sayable(exchange, WorkerMessage.Draft.class).orElseThrow()));
        } else if (path.startsWith("/workers/")) {
            made = exchange.method().equals("PUT")
                    ? made(client.change(
                            id, sayable(exchange, WorkerChange.class).orElseThrow()))
                    : made(client.worker(id));
        } else if (path.equals("/status/heartbeat")) {
            made = made(client.heartbeat());
        } else if (path.equals("/status/modes")) {
            made = made(client.modes());
        } else {
            throw new AssertionError("nobody asks for " + path);
        }
        played.add(exchange.toString());
        if (said) {
            sentAsRecorded(exchange, server.requests().getFirst());
        } else {
            unsayable.add(exchange.step());
        }
        readAsRecorded(exchange, made);
    }

    private static MisbehavingServer.Answer answer(Exchange exchange) {
        List<String> headers = new ArrayList<>();
        JsonNode all = exchange.response().get("headers");
        all.properties().stream()
                .filter(entry -> !entry.getKey().equals("Content-Type"))
                .forEach(entry ->
                        headers.addAll(List.of(entry.getKey(), entry.getValue().asText())));
        JsonNode body = exchange.response().get("body");
        byte[] bytes = body == null
                ? exchange.response().get("text").asText().getBytes(StandardCharsets.ISO_8859_1)
                : body.toString().getBytes(StandardCharsets.UTF_8);
        return MisbehavingServer.bytes(
                exchange.status(), all.get("Content-Type").asText(), bytes, headers.toArray(String[]::new));
    }

    private void sentAsRecorded(Exchange exchange, MisbehavingServer.Request sent) throws Exception {
        softly.assertThat(sent.method()).as("%s: method", exchange).isEqualTo(exchange.method());
        softly.assertThat(sent.target()).as("%s: path", exchange).isEqualTo(exchange.path());
        JsonNode headers = exchange.request().get("headers");
        softly.assertThat(sent.headers().get("content-type"))
                .as("%s: content type", exchange)
                .isEqualTo(
                        headers.has("Content-Type")
                                ? headers.get("Content-Type").asText()
                                : null);
        // An empty key was sent on purpose; ours cannot be empty.
        if (!headers.path("apikey").asText("").isEmpty()) {
            softly.assertThat(sent.headers().get("apikey"))
                    .as("%s: key", exchange)
                    .isEqualTo(headers.get("apikey").asText());
        }
        if (exchange.request().has("body")) {
            JsonNode recorded = Recorded.withoutNulls(exchange.request().get("body"));
            ObjectNode body =
                    (ObjectNode) Recorded.withoutNulls(HordeJson.mapper().readTree(sent.bytes()));
            Set<String> more = body.properties().stream()
                    .map(Map.Entry::getKey)
                    .filter(name -> !recorded.has(name))
                    .collect(Collectors.toSet());
            softly.assertThat(ADDED).as("%s: said beyond", exchange).containsAll(more);
            more.forEach(body::remove);
            softly.assertThat(body).as("%s: body", exchange).isEqualTo(recorded);
        } else {
            softly.assertThat(sent.bytes()).as("%s: no body", exchange).isEmpty();
        }
    }

    /** Said by us although the recorded worker did not; the server takes the same for granted. */
    private static final Set<String> ADDED = Set.of("extra_slow_worker", "gen_metadata");

    private void readAsRecorded(Exchange exchange, Made made) {
        if (exchange.status() / 100 == 2) {
            softly.assertThat(made.error()).as("%s: error", exchange).isEmpty();
            made.value()
                    .ifPresent(value -> softly.assertThat(
                                    Recorded.withoutNulls(HordeJson.mapper().valueToTree(value)))
                            .as("%s: answer", exchange)
                            .isEqualTo(Recorded.withoutNulls(exchange.response().get("body"))));
            return;
        }
        softly.assertThat(made.value()).as("%s: value", exchange).isEmpty();
        HordeError error = made.error().orElseThrow();
        JsonNode body = exchange.response().path("body");
        Optional<HordeError.Answer> answer = answerOf(error);
        softly.assertThat(answer.map(HordeError.Answer::status))
                .as("%s: status", exchange)
                .contains(exchange.status());
        softly.assertThat(answer.flatMap(HordeError.Answer::node))
                .as("%s: node", exchange)
                .contains("vm:7001:5.1.5");
        softly.assertThat(answer.flatMap(HordeError.Answer::rc))
                .as("%s: rc", exchange)
                .isEqualTo(body.has("rc") ? Optional.of(body.get("rc").asText()) : Optional.empty());
        if (body.has("message")) {
            String key = exchange.request().path("headers").path("apikey").asText("");
            String said = body.get("message").asText().strip();
            // A server that repeats the key is not repeated in this.
            softly.assertThat(answer.map(HordeError.Answer::text).orElse(""))
                    .as("%s: message", exchange)
                    .isEqualTo(key.isEmpty() ? said : said.replace("'" + key + "'", "'ApiKey[…]'"));
        }
        if (body.has("errors")) {
            softly.assertThat(error)
                    .as("%s: fields", exchange)
                    .isInstanceOfSatisfying(
                            HordeError.Invalid.class,
                            invalid -> assertThat(invalid.fields())
                                    .hasSize(body.get("errors").size()));
        }
    }

    static Optional<HordeError.Answer> answerOf(HordeError error) {
        return switch (error) {
            case HordeError.KeyRefused e -> Optional.of(e.answer());
            case HordeError.NotYours e -> Optional.of(e.answer());
            case HordeError.InMaintenance e -> Optional.of(e.answer());
            case HordeError.NotWelcome e -> Optional.of(e.answer());
            case HordeError.AddressPaused e -> Optional.of(e.answer());
            case HordeError.Invalid e -> Optional.of(e.answer());
            case HordeError.JobGone e -> Optional.of(e.answer());
            case HordeError.AlreadySubmitted e -> Optional.of(e.answer());
            case HordeError.Aborted e -> Optional.of(e.answer());
            case HordeError.StoredWithComplaint e -> Optional.of(e.answer());
            case HordeError.TooManyRequests e -> Optional.of(e.answer());
            case HordeError.NotFound e -> Optional.of(e.answer());
            case HordeError.Busy e -> Optional.of(e.answer());
            case HordeError.Refused e -> Optional.of(e.answer());
            case HordeError.ServerFault e -> Optional.of(e.answer());
            case HordeError.Unreadable e -> Optional.of(e.answer());
            case HordeError.NoAnswer e -> Optional.empty();
        };
    }

    /** Puts to, and gets from, the store, at the address as it was recorded but for the host. */
    private void playStore(Exchange exchange) throws Exception {
        server.requests().clear();
        server.answers(answer(exchange));
        String path = exchange.path().replaceFirst("http://127.0.0.1:\\d+", "");
        PresignedUrl url = new PresignedUrl(server.url() + path);
        byte[] body = exchange.request().path("raw_body").asText("").getBytes(StandardCharsets.ISO_8859_1);
        if (exchange.method().equals("PUT")) {
            UploadOutcome outcome = Hordes.get(
                    new Uploader(system, Hordes.limits(Hordes.PATIENT), never()).upload(url, body, Instant.EPOCH));
            switch (exchange.status()) {
                case 200 ->
                    softly.assertThat(outcome)
                            .as("%s", exchange)
                            .isEqualTo(new UploadOutcome.Stored(Optional.of(exchange.response()
                                    .get("headers")
                                    .get("ETag")
                                    .asText())));
                case 503 -> softly.assertThat(outcome).as("%s", exchange).isInstanceOf(UploadOutcome.OutOfTime.class);
                default ->
                    softly.assertThat(outcome)
                            .as("%s", exchange)
                            // By this test's clock the signature is long over, so a refusal may be that, too.
                            .isInstanceOfAny(UploadOutcome.Refused.class, UploadOutcome.Expired.class);
            }
            softly.assertThat(server.requests().getFirst().bytes())
                    .as("%s: bytes", exchange)
                    .isEqualTo(body);
        } else {
            DownloadOutcome outcome = Hordes.get(new Downloader(
                            system,
                            new Downloader.Limits(1 << 20, Hordes.PATIENT, Hordes.PATIENT, Hordes.PATIENT, 0, 1, true),
                            never())
                    .fetch(url, Instant.EPOCH));
            if (exchange.status() == 200) {
                softly.assertThat(outcome)
                        .as("%s", exchange)
                        .isInstanceOfSatisfying(
                                DownloadOutcome.Fetched.class,
                                fetched -> assertThat(fetched.bytes().toArray())
                                        .isEqualTo(exchange.response()
                                                .get("text")
                                                .asText()
                                                .getBytes(StandardCharsets.ISO_8859_1)));
            } else {
                softly.assertThat(outcome)
                        .as("%s", exchange)
                        .isInstanceOfSatisfying(
                                DownloadOutcome.NotFetched.class,
                                not -> assertThat(not.reason()).isEqualTo(DownloadOutcome.Reason.REFUSED));
            }
        }
        MisbehavingServer.Request sent = server.requests().getFirst();
        softly.assertThat(sent.target()).as("%s: letter by letter", exchange).isEqualTo(path);
        softly.assertThat(sent.headers()).as("%s: headers", exchange).doesNotContainKeys("content-type", "apikey");
        played.add(exchange.toString());
    }

    /** Steps whose request no worker sends: wrong on purpose. */
    private static final List<String> UNSAYABLE = List.of(
            "models left out",
            "models is a string",
            "name left out",
            "name null",
            "name empty",
            "name blank",
            "name with NUL",
            "name 101 characters",
            "name of 250 characters, untrusted owner",
            "threads 0",
            "threads 51",
            "amount 0",
            "amount 21",
            "max_pixels as string",
            "max_pixels as garbage",
            "max_pixels as float",
            "nsfw as string",
            "nsfw null",
            "blacklist null",
            "unknown extra field",
            "body is not JSON",
            "body is a JSON list",
            "wrong method",
            "unknown path",
            "trailing slash",
            "content type text/plain",
            "content type with charset",
            "seed left out (unknown id otherwise)",
            "seed as string (unknown id)",
            "seed above 2^63 (unknown id)",
            "51 metadata entries (a real job)",
            "bad state",
            "request palette-like form that is unknown",
            "request 2");
}
