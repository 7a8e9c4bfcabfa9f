package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.horde.FileOutcome.NotSaved;
import drover.horde.FileOutcome.Reason;
import drover.horde.FileOutcome.Saved;
import drover.horde.MisbehavingServer.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloading large files from a server that breaks off, lies and refuses. */
class FileDownloaderTest extends AgainstServer {
    private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");
    private static final InetAddress INSIDE = InetAddress.ofLiteral("127.0.0.2");
    private static final Map<String, List<InetAddress>> NAMES =
            Map.of("files.invalid", List.of(HERE), "store.invalid", List.of(HERE), "inside.invalid", List.of(INSIDE));
    private static final List<Integer> ALL_STEPS =
            IntStream.rangeClosed(1, 20).boxed().toList();

    @TempDir
    private Path folder;

    private final List<Integer> steps = new CopyOnWriteArrayList<>();
    private final byte[] content = new byte[200_000];
    private Path target;
    private Path part;

    @BeforeEach
    void start() {
        new Random(7).nextBytes(content);
        target = folder.resolve("7.safetensors");
        part = folder.resolve("7.safetensors.part");
    }

    // ---- what goes well

    @Test
    void aFileIsThereAsAWholeAndNothingElse() throws Exception {
        server.answers(whole("\"v1\""));

        assertThat(fetch(order())).isEqualTo(new Saved(target, content.length, sha256(content)));

        assertThat(target).hasBinaryContent(content);
        assertThat(files()).containsExactly(target);
        assertThat(steps).isEqualTo(ALL_STEPS);
        assertThat(server.requests().getFirst().headers().keySet())
                .containsExactlyInAnyOrder("host", "user-agent", "accept-encoding");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 19, 20, 21})
    void smallFilesHaveTwentyStepsAsWell(int size) throws Exception {
        byte[] small = Arrays.copyOf(content, size);
        server.answers(MisbehavingServer.bytes(200, "application/octet-stream", small));

        assertThat(fetch(order())).isInstanceOf(Saved.class);

        assertThat(target).hasBinaryContent(small);
        assertThat(steps).isEqualTo(ALL_STEPS);
    }

    @Test
    void aFileOfUnknownLengthHasTwentySteps() throws Exception {
        server.answers((request, socket) -> {
            write(socket, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            write(socket, content);
            throw new SocketException("the end");
        });

        assertThat(fetch(order())).isInstanceOf(Saved.class);

        assertThat(target).hasBinaryContent(content);
        assertThat(steps).isEqualTo(ALL_STEPS);
    }

    // ---- breaking off and going on

    @Test
    void whatBreaksOffIsGoneOnWith() throws Exception {
        server.answers(brokenOff(70_000, "\"v1\""), brokenOff(150_000, "\"v1\""), whole("\"v1\""));

        assertThat(fetch(order())).isInstanceOf(Saved.class);

        assertThat(target).hasBinaryContent(content);
        assertThat(files()).containsExactly(target);
        assertThat(steps).isEqualTo(ALL_STEPS);
        assertThat(server.requests().get(1).headers())
                .containsEntry("range", "bytes=70000-")
                .containsEntry("if-range", "\"v1\"");
        assertThat(server.requests().get(2).headers()).containsEntry("range", "bytes=150000-");
    }

    @Test
    void whatASlowSenderLeftIsGoneOnWith() throws Exception {
        server.answers(
                (request, socket) -> {
                    write(socket, head(200, content.length, "ETag: \"v1\"\r\n"));
                    write(socket, Arrays.copyOf(content, 90_000));
                    server.hang("").to(request, socket);
                },
                whole("\"v1\""));

        FileOutcome outcome =
                Hordes.get(downloader(limits(3, Duration.ofSeconds(2))).fetch(order(), steps::add));

        assertThat(outcome).isInstanceOf(Saved.class);
        assertThat(target).hasBinaryContent(content);
        assertThat(server.requests().get(1).headers()).containsEntry("range", "bytes=90000-");
    }

    @Test
    void itIsGoneOnWithAfterARestart() throws Exception {
        server.answers(brokenOff(70_000, "\"v1\""));
        assertThat(reason(fetch(order(), limits(1, Hordes.PATIENT)))).isEqualTo(Reason.UNREACHABLE);
        assertThat(target).doesNotExist();

        server.answers(whole("\"v1\""));
        assertThat(fetch(order())).isInstanceOf(Saved.class);

        assertThat(target).hasBinaryContent(content);
        assertThat(server.requests().getLast().headers()).containsEntry("range", "bytes=70000-");
    }

    @Test
    void anotherVersionBeginsAnew() throws Exception {
        byte[] old = Arrays.copyOf(content, content.length);
        old[0]++;
        server.answers(brokenOff(old, 70_000, "\"v1\""), whole("\"v2\""));

        assertThat(fetch(order())).isInstanceOf(Saved.class);

        assertThat(target).hasBinaryContent(content);
        assertThat(steps).isEqualTo(ALL_STEPS);
    }

    @Test
    void whatHasNoVersionBeginsAnew() throws Exception {
        server.answers(brokenOff(70_000, "W/\"weak\""), whole("W/\"weak\""));

        assertThat(fetch(order())).isInstanceOf(Saved.class);

        assertThat(target).hasBinaryContent(content);
        assertThat(server.requests().getLast().headers()).doesNotContainKey("range");
    }

    @Test
    void anotherPartThanWasAskedForIsNotTaken() throws Exception {
        server.answers(brokenOff(70_000, "\"v1\""), part(60_000, content.length, "\"v1\""), whole("\"v1\""));

        assertThat(fetch(order())).isInstanceOf(Saved.class);

        assertThat(target).hasBinaryContent(content);
        assertThat(server.requests().getLast().headers()).doesNotContainKey("range");
    }

    @Test
    void allOfItButItsNameIsEnough() throws Exception {
        Files.write(part, content);
        Files.writeString(folder.resolve("7.safetensors.part.version"), "\"v1\"");
        server.answers(MisbehavingServer.bytes(416, "text/plain", new byte[0]));

        assertThat(fetch(order(sha256(content)))).isInstanceOf(Saved.class);

        assertThat(files()).containsExactly(target);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void whatIsLongerThanTheFileBeginsAnew() throws Exception {
        Files.write(part, Arrays.copyOf(content, content.length + 1));
        Files.writeString(folder.resolve("7.safetensors.part.version"), "\"v1\"");
        server.answers(MisbehavingServer.bytes(416, "text/plain", new byte[0]), whole("\"v1\""));

        assertThat(fetch(order())).isInstanceOf(Saved.class);

        assertThat(target).hasBinaryContent(content);
    }

    @Test
    void resetsAreTriedAgainUntilTriesOrTimeAreOver() throws Exception {
        server.answers(MisbehavingServer.reset());

        assertThat(reason(fetch(order()))).isEqualTo(Reason.UNREACHABLE);

        assertThat(server.requests()).hasSize(4);
        assertThat(time.waits()).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4));
        time.advance(Duration.ofHours(2));
        assertThat(reason(fetch(order()))).isEqualTo(Reason.UNREACHABLE);
        assertThat(server.requests()).hasSize(4);
    }

    // ---- refusals

    @ParameterizedTest
    @CsvSource({"400,REFUSED", "401,FORBIDDEN", "403,FORBIDDEN", "451,BLOCKED"})
    void aRefusalIsFinal(int status, Reason reason) throws Exception {
        server.answers(MisbehavingServer.bytes(status, "text/html", new byte[0]));

        assertThat(reason(fetch(order()))).isEqualTo(reason);

        assertThat(reason.isLasting()).isTrue();
        assertThat(server.requests()).hasSize(1);
        assertThat(files()).isEmpty();
    }

    @Test
    void whatIsMissingIsAskedForOnceMore() throws Exception {
        server.answers(MisbehavingServer.bytes(404, "text/html", new byte[0]), whole("\"v1\""));
        assertThat(fetch(order())).isInstanceOf(Saved.class);

        server.answers(MisbehavingServer.bytes(404, "text/html", new byte[0]));
        assertThat(reason(fetch(order()))).isEqualTo(Reason.MISSING);
        assertThat(server.requests()).hasSize(4);
    }

    @Test
    void aServerThatAsksForAPauseGetsIt() throws Exception {
        server.answers(
                MisbehavingServer.bytes(429, "text/html", new byte[0], "Retry-After", "30"),
                MisbehavingServer.bytes(503, "text/html", new byte[0]),
                whole("\"v1\""));

        assertThat(fetch(order())).isInstanceOf(Saved.class);

        assertThat(time.waits()).containsExactly(Duration.ofSeconds(30), Duration.ofSeconds(2));
    }

    // ---- what is not taken

    @Test
    void anotherContentIsNotTakenAndAskedForOnceMore() throws Exception {
        byte[] other = Arrays.copyOf(content, content.length);
        other[content.length - 1]++;
        Answer wrong = MisbehavingServer.bytes(200, "x/y", other, "ETag", "\"v1\"");
        server.answers(wrong, whole("\"v1\""));
        assertThat(fetch(order(sha256(content).toUpperCase(Locale.ROOT)))).isInstanceOf(Saved.class);
        assertThat(target).hasBinaryContent(content);
        assertThat(steps).isEqualTo(ALL_STEPS);

        Files.delete(target);
        server.answers(wrong);
        assertThat(reason(fetch(order(sha256(content))))).isEqualTo(Reason.WRONG_CONTENT);
        assertThat(files()).isEmpty();
        assertThat(server.requests()).hasSize(4);
    }

    @Test
    void whatIsTooLargeIsNotKept() throws Exception {
        server.answers(MisbehavingServer.bytes(200, "x/y", new byte[300_001]));
        assertThat(reason(fetch(order()))).isEqualTo(Reason.TOO_LARGE);
        server.answers(server.endless("HTTP/1.1 200 OK\r\n\r\n", "bytes "));
        assertThat(reason(fetch(order()))).isEqualTo(Reason.TOO_LARGE);

        assertThat(files()).isEmpty();
        assertThat(server.requests()).hasSize(2);
        await().atMost(Hordes.PATIENT).until(() -> server.hangUps() >= 1);
    }

    @Test
    void theDiskIsNotFilled() throws Exception {
        server.answers(whole("\"v1\""));

        FileOutcome outcome = fetch(order(Long.MAX_VALUE, Optional.empty()));

        assertThat(reason(outcome)).isEqualTo(Reason.NO_SPACE);
        assertThat(files()).isEmpty();
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aFolderThatCannotBeIsSaidSo() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "x");
        server.answers(whole("\"v1\""));

        FileOutcome outcome = fetch(new FileDownloader.Order(
                url("/"),
                file.resolve("7.safetensors"),
                300_000,
                0,
                Optional.empty(),
                Optional.empty(),
                VirtualTime.START.plusSeconds(3_600)));

        assertThat(reason(outcome)).isEqualTo(Reason.NOT_WRITTEN);
    }

    @Test
    void theWayToTheInsideIsClosed() throws Exception {
        server.answers(redirect("http://inside.invalid:" + server.port() + "/admin"));
        assertThat(reason(fetch(order()))).isEqualTo(Reason.FORBIDDEN_ADDRESS);
        server.answers(redirect("file:///etc/passwd"));
        assertThat(reason(fetch(order()))).isEqualTo(Reason.BAD_ADDRESS);

        assertThat(server.requests()).hasSize(2);
        assertThat(files()).isEmpty();
    }

    @Test
    void theTokenIsShownToItsPlaceOnly() throws Exception {
        server.answers(
                redirect("/there"), redirect("http://store.invalid:" + server.port() + "/x?sig=1"), whole("\"v1\""));
        Bearer bearer = new Bearer(URI.create("http://files.invalid:" + server.port()), "a-secret");

        FileOutcome outcome = fetch(new FileDownloader.Order(
                url("/"),
                target,
                300_000,
                0,
                Optional.empty(),
                Optional.of(bearer),
                VirtualTime.START.plusSeconds(3_600)));

        assertThat(outcome).isInstanceOf(Saved.class);
        assertThat(server.requests().stream().map(r -> r.headers().get("authorization")))
                .containsExactly("Bearer a-secret", "Bearer a-secret", null);
        assertThat(bearer.toString()).doesNotContain("a-secret");
    }

    // ---- helpers

    private FileOutcome fetch(FileDownloader.Order order) throws Exception {
        return fetch(order, limits(4, Hordes.PATIENT));
    }

    private FileOutcome fetch(FileDownloader.Order order, FileDownloader.Limits limits) throws Exception {
        return Hordes.get(downloader(limits).fetch(order, steps::add));
    }

    private FileDownloader downloader(FileDownloader.Limits limits) {
        return new FileDownloader(
                system,
                limits,
                time.retries(Hordes.executor(system)),
                host -> CompletableFuture.completedFuture(NAMES.getOrDefault(host, List.of(INSIDE))),
                HERE::equals);
    }

    private static FileDownloader.Limits limits(int attempts, Duration idle) {
        Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10), 0);
        return new FileDownloader.Limits(Hordes.PATIENT, idle, 3, attempts, backoff, false);
    }

    private FileDownloader.Order order() {
        return order(0, Optional.empty());
    }

    private FileDownloader.Order order(String sha256) {
        return order(0, Optional.of(sha256));
    }

    private FileDownloader.Order order(long minFree, Optional<String> sha256) {
        return new FileDownloader.Order(
                url("/"), target, 300_000, minFree, sha256, Optional.empty(), VirtualTime.START.plusSeconds(3_600));
    }

    private PresignedUrl url(String path) {
        return new PresignedUrl("http://files.invalid:" + server.port() + path);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        }
    }

    private static Reason reason(FileOutcome outcome) {
        assertThat(outcome).isInstanceOf(NotSaved.class);
        return ((NotSaved) outcome).reason();
    }

    /** All of it, or the part that is asked for, as a good server does it. */
    private Answer whole(String etag) {
        return (request, socket) -> {
            String range = request.headers().getOrDefault("range", "");
            if (range.isEmpty() || !etag.equals(request.headers().get("if-range"))) {
                MisbehavingServer.bytes(200, "x/y", content, "ETag", etag).to(request, socket);
            } else {
                int from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
                part(from, content.length, etag).to(request, socket);
            }
        };
    }

    private Answer part(int from, int to, String etag) {
        return MisbehavingServer.bytes(
                206,
                "x/y",
                Arrays.copyOfRange(content, from, to),
                "ETag",
                etag,
                "Content-Range",
                "bytes " + from + "-" + (to - 1) + "/" + content.length);
    }

    private Answer brokenOff(int at, String etag) {
        return brokenOff(content, at, etag);
    }

    /** The connection ends as soon as all that was sent so far is on the client's disk. */
    private Answer brokenOff(byte[] bytes, int at, String etag) {
        return (request, socket) -> {
            String range = request.headers().getOrDefault("range", "");
            int from = range.isEmpty() ? 0 : Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
            String more = "ETag: " + etag + "\r\n"
                    + (from == 0
                            ? ""
                            : "Content-Range: bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length + "\r\n");
            write(socket, head(from == 0 ? 200 : 206, bytes.length - from, more));
            write(socket, Arrays.copyOfRange(bytes, from, at));
            await().atMost(Hordes.PATIENT).until(() -> Files.exists(part) && Files.size(part) == at);
            throw new SocketException("broken off");
        };
    }

    private static byte[] head(int status, int length, String more) {
        return ("HTTP/1.1 " + status + " OK\r\nContent-Type: x/y\r\nContent-Length: " + length + "\r\n" + more + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static void write(Socket socket, byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    private static Answer redirect(String location) {
        return MisbehavingServer.bytes(302, "text/html", new byte[0], "Location", location);
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
