package drover.source.models;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import drover.source.models.ModelReferenceStore.Loaded;
import drover.source.models.ModelReferenceStore.Source;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reference is fetched again once it has aged, and an old copy is better than none. */
final class ModelReferenceStoreTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final String FIRST = "{\"A\": {\"baseline\": \"stable_diffusion_xl\"}}";
    private static final String SECOND = "{\"B\": {\"baseline\": \"stable_diffusion_xl\"}}";

    private record Answer(int status, String body) {}

    @TempDir
    Path folder;

    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicReference<Answer> answer = new AtomicReference<>(new Answer(200, FIRST));
    private HttpServer server;
    private Source source;
    private Path copy;

    @BeforeEach
    void aServer() throws IOException {
        copy = folder.resolve("horde").resolve("reference.json");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/reference.json", exchange -> {
            asked.incrementAndGet();
            Answer now = Objects.requireNonNull(answer.get());
            byte[] body = now.body().getBytes(UTF_8);
            exchange.sendResponseHeaders(now.status(), body.length == 0 ? -1 : body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            } catch (IOException e) {
                // Whoever asked has heard enough.
            }
        });
        server.start();
        source = new Source.OnWeb(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/reference.json"));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private Loaded load(Duration later) {
        Clock clock = Clock.fixed(NOW.plus(later), ZoneOffset.UTC);
        return new ModelReferenceStore(copy, Duration.ofHours(1), clock).load(source);
    }

    /** The first load, as if it had been at {@link #NOW}. */
    private void loadedOnce() throws IOException {
        assertThat(load(Duration.ZERO).reference().orElseThrow().find("A")).isPresent();
        Files.setLastModifiedTime(copy, FileTime.from(NOW));
    }

    @Test
    void aFreshCopyIsEnough() throws IOException {
        loadedOnce();

        assertThat(load(Duration.ofMinutes(59)).trouble()).isEmpty();
        assertThat(asked).hasValue(1);
    }

    @Test
    void anOldCopyIsReplaced() throws IOException {
        loadedOnce();
        answer.set(new Answer(200, SECOND));

        Loaded loaded = load(Duration.ofMinutes(61));
        assertThat(loaded.reference().orElseThrow().find("B")).isPresent();
        assertThat(loaded.trouble()).isEmpty();
        assertThat(Files.readString(copy)).isEqualTo(SECOND);
    }

    @Test
    void anOldCopyHelpsOutWhenTheServerDoesNotAnswerWell() throws IOException {
        loadedOnce();
        for (Answer bad : new Answer[] {
            new Answer(503, ""),
            new Answer(200, "<html>sorry</html>"),
            new Answer(200, " ".repeat(ModelReference.MAX_BYTES + 1))
        }) {
            answer.set(bad);
            Loaded loaded = load(Duration.ofDays(30));
            assertThat(loaded.reference().orElseThrow().find("A")).isPresent();
            assertThat(loaded.trouble().orElseThrow()).contains("; the copy of 2026-01-01T00:00:00Z is used");
            assertThat(Files.readString(copy)).isEqualTo(FIRST);
        }
    }

    @Test
    void withoutAnyCopyTheTroubleSaysWhatToDo() {
        answer.set(new Answer(404, ""));
        Loaded loaded = load(Duration.ZERO);

        assertThat(loaded.reference()).isEmpty();
        assertThat(loaded.trouble().orElseThrow())
                .contains("/reference.json answers 404; see that the address can be reached, or download it")
                .contains("drover.horde.model-reference");
    }

    @Test
    void aServerThatIsNotThereIsTroubleToo() {
        server.stop(0);

        assertThat(load(Duration.ZERO).trouble().orElseThrow()).contains("cannot be read: java.net.ConnectException");
    }

    @Test
    void aBrokenCopyIsAskedForAgain() throws IOException {
        loadedOnce();
        Files.writeString(copy, "{");
        Files.setLastModifiedTime(copy, FileTime.from(NOW));

        assertThat(load(Duration.ofMinutes(1)).reference().orElseThrow().find("A"))
                .isPresent();
        assertThat(asked).hasValue(2);
    }

    @Test
    void aFileIsReadWhereItIs() throws IOException {
        ModelReferenceStore store = new ModelReferenceStore(copy, Duration.ofHours(1), Clock.systemUTC());
        Path file = Files.writeString(folder.resolve("mine.json"), SECOND);

        assertThat(store.load(new Source.OnDisk(file)).reference().orElseThrow().find("B"))
                .isPresent();
        Loaded gone = store.load(new Source.OnDisk(folder.resolve("gone.json")));
        assertThat(gone.reference()).isEmpty();
        assertThat(gone.trouble().orElseThrow()).contains("gone.json cannot be read", "drover.horde.model-reference");
    }
}
