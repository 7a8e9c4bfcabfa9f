package drover.source.addons;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.typesafe.config.ConfigFactory;
import drover.setting.Secret;
import drover.source.addons.AddOnStore.Reply;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store with a site on loopback that speaks CivitAI's language, not always well. */
@Timeout(180)
abstract class AddOnStoreFixture {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    static final Secret TOKEN = Secret.of("a-token-that-nobody-may-see");

    private static final String BLOCKING = "pekko.actor.default-blocking-io-dispatcher";

    @TempDir
    Path folder;

    final ActorTestKit kit = ActorTestKit.create(ConfigFactory.parseString(BLOCKING + ".shutdown-timeout = 0s"));
    final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    final TestProbe<Reply> job = kit.createTestProbe();
    final List<String> asked = new CopyOnWriteArrayList<>();
    final Map<String, Page> pages = new ConcurrentHashMap<>();
    final byte[] weights = safetensors(20_000);
    final MeterRegistry meters = new SimpleMeterRegistry();
    HttpServer server;
    String site;

    /** Answers one request. */
    interface Page {
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
        // What it was just writing is still being written; nobody can delete the folder meanwhile.
        String writers = kit.system().name() + "-" + BLOCKING;
        await().atMost(PATIENCE)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith(writers)));
    }

    ActorRef<AddOnStore.Command> store(boolean allowPrivate) {
        return store(settings(AddOn.LORA, allowPrivate));
    }

    ActorRef<AddOnStore.Command> store(AddOnSettings settings) {
        return kit.spawn(AddOnStore.create(kit.system(), settings, InstantSource.system(), new Random(1), meters));
    }

    AddOnSettings settings(AddOn kind, boolean allowPrivate) {
        return new AddOnSettings(kind, folder, URI.create(site + "/"), TOKEN, 10 << 20, 0, 1 << 20, 5, allowPrivate);
    }

    static Instant soon() {
        return Instant.now().plus(PATIENCE);
    }

    Reply get(ActorRef<AddOnStore.Command> store, AddOnName name) {
        store.tell(new AddOnStore.Get(name, true, soon(), soon(), job.ref()));
        return job.receiveMessage(PATIENCE);
    }

    static Reply.Ready ready(Reply reply) {
        assertThat(reply).isInstanceOf(Reply.Ready.class);
        return (Reply.Ready) reply;
    }

    static Reply.Unavailable unavailable(Reply reply) {
        assertThat(reply).isInstanceOf(Reply.Unavailable.class);
        return (Reply.Unavailable) reply;
    }

    /** The site has this one, whatever is looked for. */
    void offer(long version, String name, String file, String sha256, boolean nsfw) {
        offer(version, name, file, sha256, nsfw, "LORA");
    }

    void offer(long version, String name, String file, String sha256, boolean nsfw, String type) {
        String model = model(version + 100, name, type, version(version, file, sha256));
        pages.put(
                "/api/v1/models",
                json("{\"items\": [" + model.replace("\"nsfw\": false", "\"nsfw\": " + nsfw) + "], \"metadata\": {}}"));
    }

    static String model(long id, String name, String type, String version) {
        return "{\"id\": %d, \"name\": \"%s\", \"type\": \"%s\", \"nsfw\": false, \"modelVersions\": [%s]}"
                .formatted(id, name, type, version);
    }

    String version(long id, String file, String sha256) {
        return """
                {"id": %d, "name": "v1", "baseModel": "SD 1.5", "trainedWords": ["a word", " another ", ""],
                 "files": [{"name": "training.zip", "type": "Training Data", "downloadUrl": "%s/no"},
                           {"name": "%s", "type": "Model", "sizeKB": 20.5, "primary": true,
                            "metadata": {"format": "%s"}, "hashes": {"SHA256": "%s"}, "downloadUrl": "%s/file/%d"}]}
                """.formatted(id, site, file, file.endsWith(".ckpt") ? "PickleTensor" : "SafeTensor", sha256, site, id);
    }

    static Page json(String text) {
        return exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            bytes(text.getBytes(StandardCharsets.UTF_8)).answer(exchange);
        };
    }

    static Page bytes(byte[] body) {
        return exchange -> {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        };
    }

    static Page status(int status) {
        return exchange -> exchange.sendResponseHeaders(status, -1);
    }

    static Page oneAfterAnother(Page first, Page then) {
        CountDownLatch one = new CountDownLatch(1);
        return exchange -> {
            Page page = one.getCount() > 0 ? first : then;
            one.countDown();
            page.answer(exchange);
        };
    }

    static byte[] safetensors(int numbers) {
        return tensor("U8", "[" + numbers + "]", numbers);
    }

    static byte[] tensor(String type, String shape, int bytes) {
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

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes))
                    .toUpperCase(Locale.ROOT);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
