package drover.source.loras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import drover.setting.Secret;
import drover.source.loras.LoraStore.Reply;
import drover.source.models.Baseline;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The store with a site on loopback that speaks CivitAI's language, not always well. */
@Timeout(180)
class LoraStoreTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Secret TOKEN = Secret.of("a-token-that-nobody-may-see");

    @TempDir
    private Path folder;

    private final ActorTestKit kit = ActorTestKit.create();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final TestProbe<Reply> job = kit.createTestProbe();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Map<String, Page> pages = new ConcurrentHashMap<>();
    private final byte[] weights = safetensors(20_000);
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private HttpServer server;
    private String site;

    /** Answers one request. */
    private interface Page {
        void answer(HttpExchange exchange) throws IOException;
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                String target = exchange.getRequestURI().toString();
                asked.add(target);
                pages.getOrDefault(target.replaceAll("[?].*", ""), status(404)).answer(exchange);
            }
        });
        server.start();
        site = "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
        server.stop(0);
        threads.shutdownNow();
    }

    @Test
    void aLoraIsFoundByNameDownloadedAndKept() throws IOException {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", bytes(weights));
        ActorRef<LoraStore.Command> store = store(true);

        Reply.Ready ready = ready(get(store, new LoraName("a style", false)));

        assertThat(ready.path()).hasBinaryContent(weights).hasFileName("7.safetensors");
        assertThat(ready.triggerWords()).containsExactly("a word", "another");
        assertThat(ready.fits(Baseline.STABLE_DIFFUSION_1)).isTrue();
        assertThat(ready.fits(Baseline.STABLE_DIFFUSION_XL)).isFalse();
        assertThat(ready.titles()).containsExactly("A Style", "107", "7");
        assertThat(asked)
                .hasSize(2)
                .first()
                .asString()
                .contains("query=a%20style")
                .contains("nsfw=true");
        ready(get(store, new LoraName("7", true)));
        ready(get(store, new LoraName("A STYLE", false)));
        assertThat(asked).hasSize(2);

        // It is still there after a restart, and still known by its name.
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(folder.resolve("loras.json")).content().contains("a style"));
        kit.stop(store);
        assertThat(ready(get(store(true), new LoraName("a style", false))).path())
                .isEqualTo(ready.path());
        assertThat(asked).hasSize(2);
    }

    @Test
    void aModelIsFoundByItsNumberAndAVersionByItsOwn() {
        pages.put("/api/v1/models/70", json(model(70, "B", "LoCon", version(8, "b.safetensors", sha256(weights)))));
        pages.put("/file/8", bytes(weights));
        ActorRef<LoraStore.Command> store = store(true);
        assertThat(ready(get(store, new LoraName("70", false))).path()).hasFileName("8.safetensors");

        pages.put(
                "/api/v1/model-versions/9",
                json(version(9, "c.safetensors", sha256(weights))
                        .replaceFirst("\\{", "{\"modelId\": 71, \"model\": {\"name\": \"C\", \"type\": \"LORA\"}, ")));
        pages.put("/file/9", bytes(weights));
        assertThat(ready(get(store, new LoraName("9", true))).path()).hasFileName("9.safetensors");
        assertThat(get(store, new LoraName("10", true))).isInstanceOf(Reply.Unavailable.class);
    }

    @Test
    void anotherRegionsFileIsNotAskedForAgain() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", status(451));
        ActorRef<LoraStore.Command> store = store(true);

        Reply.Unavailable first = unavailable(get(store, new LoraName("A Style", false)));
        assertThat(first.problem()).isEqualTo(LoraProblem.REFUSED);
        assertThat(first.name().text()).as("as the job has it").isEqualTo("A Style");
        unavailable(get(store, new LoraName("A Style", false)));
        assertThat(asked).hasSize(2);
    }

    @Test
    void whatIsMissingOnceIsAskedForOnceMore() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", oneAfterAnother(status(404), bytes(weights)));
        ready(get(store(true), new LoraName("A Style", false)));

        offer(8, "Gone", "gone.safetensors", sha256(weights), false);
        pages.put("/file/8", status(404));
        assertThat(unavailable(get(store(true), new LoraName("Gone", false))).problem())
                .isEqualTo(LoraProblem.REFUSED);
    }

    @Test
    void aDownloadThatBreaksOffIsGoneOnWith() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        Page half = exchange -> {
            exchange.sendResponseHeaders(200, weights.length);
            exchange.getResponseBody().write(weights, 0, weights.length / 2);
            exchange.getResponseBody().flush();
            throw new IOException("broken off");
        };
        pages.put("/file/7", oneAfterAnother(half, bytes(weights)));

        assertThat(ready(get(store(true), new LoraName("A Style", false))).path())
                .hasBinaryContent(weights);
    }

    @Test
    void whatIsNotWhatWasPromisedIsNotKept() throws IOException {
        offer(7, "Wrong", "sd.safetensors", sha256(new byte[1]), false);
        pages.put("/file/7", bytes(weights));
        ActorRef<LoraStore.Command> store = store(true);
        assertThat(unavailable(get(store, new LoraName("Wrong", false))).problem())
                .isEqualTo(LoraProblem.WRONG_CONTENT);

        byte[] pickle = "PK, and then a pickle".getBytes(StandardCharsets.US_ASCII);
        offer(8, "Pickle", "sd.safetensors", sha256(pickle), false);
        pages.put("/file/8", bytes(pickle));
        assertThat(unavailable(get(store, new LoraName("Pickle", false))).problem())
                .isEqualTo(LoraProblem.NOT_SAFETENSORS);

        offer(9, "Old", "old.ckpt", sha256(pickle), false);
        assertThat(unavailable(get(store, new LoraName("Old", false))).problem())
                .isEqualTo(LoraProblem.NOT_SAFETENSORS);
        assertThat(asked).doesNotContain("/file/9");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.filter(file -> !file.getFileName().toString().startsWith("loras.json")))
                    .isEmpty();
        }
    }

    @Test
    void whatSomebodyElseHasDeletedIsDownloadedAgain() throws IOException {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", bytes(weights));
        ActorRef<LoraStore.Command> store = store(true);
        Files.delete(ready(get(store, new LoraName("A Style", false))).path());

        assertThat(ready(get(store, new LoraName("A Style", false))).path()).hasBinaryContent(weights);
    }

    @Test
    void aWorkerThatIsSafeForWorkDownloadsNothingElse() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), true);
        pages.put("/file/7", bytes(weights));
        ActorRef<LoraStore.Command> store = store(true);

        store.tell(new LoraStore.Get(new LoraName("A Style", false), false, soon(), soon(), job.ref()));

        assertThat(unavailable(job.receiveMessage(PATIENCE)).problem()).isEqualTo(LoraProblem.NSFW);
        assertThat(asked).hasSize(1);
    }

    @Test
    void aSlowFileHoldsNothingElseUp() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        offer(7, "Slow", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", exchange -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            bytes(weights).answer(exchange);
        });
        ActorRef<LoraStore.Command> store = store(true);
        TestProbe<Reply> patient = kit.createTestProbe();
        store.tell(new LoraStore.Get(new LoraName("Slow", false), true, soon(), soon(), patient.ref()));
        begun.await();

        offer(8, "Fast", "sd.safetensors", sha256(weights), false);
        pages.put("/file/8", bytes(weights));
        ready(get(store, new LoraName("Fast", false)));
        patient.expectNoMessage(Duration.ZERO);

        go.countDown();
        ready(patient.receiveMessage(PATIENCE));
    }

    @Test
    void theTokenIsShownToTheSiteAndToNobodyElse() throws IOException {
        List<String> shown = new CopyOnWriteArrayList<>();
        HttpServer elsewhere = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        elsewhere.createContext("/", exchange -> {
            try (exchange) {
                shown.add("elsewhere " + exchange.getRequestHeaders().getFirst("Authorization"));
                bytes(weights).answer(exchange);
            }
        });
        elsewhere.start();
        try {
            offer(7, "A Style", "sd.safetensors", sha256(weights), false);
            pages.put("/file/7", exchange -> {
                shown.add("site " + exchange.getRequestHeaders().getFirst("Authorization"));
                exchange.getResponseHeaders()
                        .set(
                                "Location",
                                "http://127.0.0.1:" + elsewhere.getAddress().getPort() + "/x?sig=1");
                exchange.sendResponseHeaders(302, -1);
            });

            ready(get(store(true), new LoraName("A Style", false)));
        } finally {
            elsewhere.stop(0);
        }
        assertThat(shown).containsExactly("site Bearer " + TOKEN.reveal(), "elsewhere null");
    }

    @Test
    void addressesOfThisMachineAreNotFetchedFromUnlessAllowed() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);

        assertThat(unavailable(get(store(false), new LoraName("A Style", false)))
                        .problem())
                .isEqualTo(LoraProblem.REFUSED);
        assertThat(asked).isEmpty();
    }

    @Test
    void aListThatCannotBeReadIsBegunAnew() throws IOException {
        Files.writeString(folder.resolve("loras.json"), "{\"format\": 1, \"loras\": [");
        Files.write(folder.resolve("5.safetensors"), weights);
        Files.writeString(folder.resolve("notes.txt"), "mine");
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", bytes(weights));

        ready(get(store(true), new LoraName("A Style", false)));

        assertThat(folder.resolve("5.safetensors")).doesNotExist();
        assertThat(folder.resolve("notes.txt")).exists();
    }

    @Test
    void aTextualInversionIsLookedForAmongItsLikeAndHasToHaveVectors() throws IOException {
        byte[] vectors = tensor("F32", "[2,768]", 2 * 768 * 4);
        pages.put(
                "/api/v1/models",
                json("{\"items\": ["
                        + model(70, "Bad Hands", "TextualInversion", version(7, "b.safetensors", sha256(vectors)))
                        + "]}"));
        pages.put("/file/7", bytes(vectors));
        ActorRef<LoraStore.Command> store = store(settings(AddOn.TEXTUAL_INVERSION, true));

        Reply.Ready ready = ready(get(store, new LoraName("bad hands", false)));
        assertThat(asked.getFirst()).contains("types=TextualInversion").doesNotContain("LORA");
        assertThat(ready.fits(Baseline.STABLE_DIFFUSION_1)).isTrue();
        assertThat(ready.fits(Baseline.STABLE_DIFFUSION_XL))
                .as("by its site's word")
                .isFalse();
        Files.write(ready.path(), tensor("F32", "[2,1024]", 2 * 1024 * 4));
        assertThat(ready.fits(Baseline.STABLE_DIFFUSION_1)).as("by its vectors").isFalse();
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(folder.resolve("inversions.json")).exists());

        pages.put(
                "/api/v1/models/71", json(model(71, "A Style", "LORA", version(8, "s.safetensors", sha256(weights)))));
        assertThat(unavailable(get(store, new LoraName("71", false))).message()).contains("is no textual inversion");
        offer(9, "No Vectors", "n.safetensors", sha256(weights), false, "TextualInversion");
        pages.put("/file/9", bytes(weights));
        assertThat(unavailable(get(store, new LoraName("No Vectors", false))).problem())
                .isEqualTo(LoraProblem.NOT_SAFETENSORS);
    }

    /** Fails at a certain name, and otherwise does as the other does. */
    private record Fragile(LoraSite site) implements LoraSite {
        @Override
        public CompletionStage<Found> find(LoraName name, LoraSettings settings, Instant until) {
            if (name.text().equals("poison")) {
                throw new IllegalStateException("a fault of the site's");
            }
            return site.find(name, settings, until);
        }

        @Override
        public CompletionStage<Fetched> fetch(
                LoraVersion version, Path target, LoraSettings settings, Instant until, IntConsumer steps) {
            return site.fetch(version, target, settings, until, steps);
        }
    }

    @Test
    void aStoreThatFailsGoesOnWithItsSettingsAndKeepsWhatJobsHaveBeenGiven() {
        List<String> shown = new CopyOnWriteArrayList<>();
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", exchange -> {
            shown.add(exchange.getRequestHeaders().getFirst("Authorization"));
            bytes(weights).answer(exchange);
        });
        LoraSettings first = settings(AddOn.LORA, true);
        LoraSite site = new Fragile(new CivitAi(kit.system(), first, InstantSource.system(), new Random(1)));
        ActorRef<LoraStore.Command> store = kit.spawn(LoraStore.create(first, site, InstantSource.system(), meters));
        // Room for one file and a half, and another token.
        store.tell(new LoraStore.Reconfigure(new LoraSettings(
                AddOn.LORA, folder, first.site(), Secret.of("the-second-token"), 30_000, 0, 25_000, 5, true)));
        Reply.Ready held = ready(get(store, new LoraName("A Style", false)));
        assertThat(shown).containsExactly("Bearer the-second-token");

        store.tell(new LoraStore.Get(new LoraName("poison", false), true, soon(), soon(), job.ref()));
        offer(8, "Another", "sd.safetensors", sha256(weights), false);
        pages.put("/file/8", pages.get("/file/7"));

        assertThat(unavailable(get(store, new LoraName("Another", false))).problem())
                .as("there is room for one, and that is with a job")
                .isEqualTo(LoraProblem.NO_ROOM);
        assertThat(held.path()).exists();
        store.tell(new LoraStore.Release(held.lease()));
        offer(9, "A Third", "sd.safetensors", sha256(weights), false);
        pages.put("/file/9", pages.get("/file/7"));
        ready(get(store, new LoraName("A Third", false)));
        assertThat(held.path()).doesNotExist();
        assertThat(shown).hasSize(2).endsWith("Bearer the-second-token");
    }

    @Test
    void whatItDoesIsCounted() {
        offer(7, "A Style", "sd.safetensors", sha256(weights), false);
        pages.put("/file/7", bytes(weights));
        ActorRef<LoraStore.Command> store = store(true);
        ready(get(store, new LoraName("A Style", false)));
        offer(8, "Blocked", "sd.safetensors", sha256(weights), false);
        pages.put("/file/8", status(451));
        unavailable(get(store, new LoraName("Blocked", false)));

        TestProbe<LoraStatus> asker = kit.createTestProbe();
        store.tell(new LoraStore.GetStatus(asker.ref()));
        LoraStatus status = asker.receiveMessage(PATIENCE);
        assertThat(status)
                .isEqualTo(new LoraStatus(
                        "loras", 0, 0, 1, weights.length, Map.of("refused", 1L), 0, 1, weights.length, 10 << 20));
        assertThat(meters.get("drover.horde.addons.bytes")
                        .tag("kind", "loras")
                        .gauge()
                        .value())
                .isEqualTo(weights.length);
        assertThat(meters.get("drover.horde.addons.failed")
                        .tag("reason", "refused")
                        .counter()
                        .count())
                .isOne();

        LoraSettings small = new LoraSettings(AddOn.LORA, folder, URI.create(site), TOKEN, 1, 0, 1 << 20, 5, true);
        store.tell(new LoraStore.Release(
                ready(get(store, new LoraName("A Style", false))).lease()));
        store.tell(new LoraStore.Reconfigure(small));
        store.tell(new LoraStore.GetStatus(asker.ref()));
        assertThat(asker.receiveMessage(PATIENCE).evicted())
                .as("the first job has one still")
                .isZero();
    }

    // ---- helpers

    private ActorRef<LoraStore.Command> store(boolean allowPrivate) {
        return store(settings(AddOn.LORA, allowPrivate));
    }

    private ActorRef<LoraStore.Command> store(LoraSettings settings) {
        return kit.spawn(LoraStore.create(kit.system(), settings, InstantSource.system(), new Random(1), meters));
    }

    private LoraSettings settings(AddOn kind, boolean allowPrivate) {
        return new LoraSettings(kind, folder, URI.create(site + "/"), TOKEN, 10 << 20, 0, 1 << 20, 5, allowPrivate);
    }

    private static Instant soon() {
        return Instant.now().plus(PATIENCE);
    }

    private Reply get(ActorRef<LoraStore.Command> store, LoraName name) {
        store.tell(new LoraStore.Get(name, true, soon(), soon(), job.ref()));
        return job.receiveMessage(PATIENCE);
    }

    private static Reply.Ready ready(Reply reply) {
        assertThat(reply).isInstanceOf(Reply.Ready.class);
        return (Reply.Ready) reply;
    }

    private static Reply.Unavailable unavailable(Reply reply) {
        assertThat(reply).isInstanceOf(Reply.Unavailable.class);
        return (Reply.Unavailable) reply;
    }

    /** The site has this one, whatever is looked for. */
    private void offer(long version, String name, String file, String sha256, boolean nsfw) {
        offer(version, name, file, sha256, nsfw, "LORA");
    }

    private void offer(long version, String name, String file, String sha256, boolean nsfw, String type) {
        String model = model(version + 100, name, type, version(version, file, sha256));
        pages.put(
                "/api/v1/models",
                json("{\"items\": [" + model.replace("\"nsfw\": false", "\"nsfw\": " + nsfw) + "], \"metadata\": {}}"));
    }

    private static String model(long id, String name, String type, String version) {
        return "{\"id\": %d, \"name\": \"%s\", \"type\": \"%s\", \"nsfw\": false, \"modelVersions\": [%s]}"
                .formatted(id, name, type, version);
    }

    private String version(long id, String file, String sha256) {
        return """
                {"id": %d, "name": "v1", "baseModel": "SD 1.5", "trainedWords": ["a word", " another ", ""],
                 "files": [{"name": "training.zip", "type": "Training Data", "downloadUrl": "%s/no"},
                           {"name": "%s", "type": "Model", "sizeKB": 20.5, "primary": true,
                            "metadata": {"format": "%s"}, "hashes": {"SHA256": "%s"}, "downloadUrl": "%s/file/%d"}]}
                """.formatted(id, site, file, file.endsWith(".ckpt") ? "PickleTensor" : "SafeTensor", sha256, site, id);
    }

    private static Page json(String text) {
        return exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            bytes(text.getBytes(StandardCharsets.UTF_8)).answer(exchange);
        };
    }

    private static Page bytes(byte[] body) {
        return exchange -> {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        };
    }

    private static Page status(int status) {
        return exchange -> exchange.sendResponseHeaders(status, -1);
    }

    private static Page oneAfterAnother(Page first, Page then) {
        CountDownLatch one = new CountDownLatch(1);
        return exchange -> {
            Page page = one.getCount() > 0 ? first : then;
            one.countDown();
            page.answer(exchange);
        };
    }

    private static byte[] safetensors(int numbers) {
        return tensor("U8", "[" + numbers + "]", numbers);
    }

    private static byte[] tensor(String type, String shape, int bytes) {
        String header = "{\"x\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[0,%d]}}".formatted(type, shape, bytes);
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        byte[] data = new byte[bytes];
        new Random(3).nextBytes(data);
        return ByteBuffer.allocate(8 + json.length + bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(data)
                .array();
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes))
                    .toUpperCase(Locale.ROOT);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
