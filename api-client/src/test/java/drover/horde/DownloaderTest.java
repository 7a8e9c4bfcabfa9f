package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.horde.DownloadOutcome.Reason;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloading from addresses that strangers chose. Names are found in a table; 127.0.0.2 plays the local network. */
class DownloaderTest extends AgainstServer {
    private static final byte[] PICTURE = "RIFF….WEBP".getBytes(StandardCharsets.UTF_8);
    private static final InetAddress OUTSIDE = InetAddress.ofLiteral("127.0.0.1");
    private static final InetAddress INSIDE = InetAddress.ofLiteral("127.0.0.2");
    private static final Map<String, List<InetAddress>> NAMES = Map.of(
            "good.invalid", List.of(OUTSIDE),
            "inside.invalid", List.of(INSIDE),
            "both.invalid", List.of(OUTSIDE, INSIDE));

    private final List<String> asked = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() {
        server.answers(MisbehavingServer.bytes(200, "image/webp", PICTURE));
    }

    private static Downloader.Limits limits(Duration whole) {
        return new Downloader.Limits(1 << 16, Hordes.PATIENT, Hordes.PATIENT, whole, 2, 3, false);
    }

    private DownloadOutcome fetch(String url, Duration whole) throws Exception {
        Downloader downloader = new Downloader(
                system,
                limits(whole),
                time.retries(Hordes.executor(system)),
                host -> {
                    asked.add(host);
                    return CompletableFuture.completedFuture(
                            NAMES.getOrDefault(host, List.of(InetAddress.ofLiteral("127.0.0.3"))));
                },
                OUTSIDE::equals);
        return Hordes.get(downloader.fetch(new PresignedUrl(url), VirtualTime.START.plusSeconds(60)));
    }

    private DownloadOutcome fetch(String url) throws Exception {
        return fetch(url, Hordes.PATIENT);
    }

    private String good(String target) {
        return "http://good.invalid:" + server.port() + target;
    }

    private static Reason reason(DownloadOutcome outcome) {
        assertThat(outcome).isInstanceOf(DownloadOutcome.NotFetched.class);
        return ((DownloadOutcome.NotFetched) outcome).reason();
    }

    private static MisbehavingServer.Answer redirect(int status, String location) {
        return MisbehavingServer.bytes(status, "text/html", new byte[0], "Location", location);
    }

    @Test
    void whatIsFetchedIsWhatWasSent() throws Exception {
        DownloadOutcome outcome = fetch(good("/%7Ea%2fb?sig=a+b"));
        assertThat(outcome).isInstanceOfSatisfying(DownloadOutcome.Fetched.class, fetched -> {
            assertThat(fetched.bytes().toArray()).isEqualTo(PICTURE);
            assertThat(fetched.contentType()).isEqualTo("image/webp");
        });
        MisbehavingServer.Request sent = server.requests().getFirst();
        assertThat(sent.target()).isEqualTo("/%7Ea%2fb?sig=a+b");
        assertThat(sent.headers().keySet()).containsExactlyInAnyOrder("host", "user-agent");
        assertThat(sent.headers()).containsEntry("host", "good.invalid:" + server.port());
    }

    @Test
    void theAddressThatWasCheckedIsTheOneThatIsConnectedTo() throws Exception {
        // The name is nobody's, so that whoever asked for it again would not get through.
        assertThat(fetch(good("/"))).isInstanceOf(DownloadOutcome.Fetched.class);
        assertThat(asked).containsExactly("good.invalid");
    }

    @ParameterizedTest
    @ValueSource(strings = {"inside.invalid", "both.invalid", "nobody.invalid"})
    void whatIsInsideIsNotConnectedTo(String host) throws Exception {
        DownloadOutcome outcome = fetch("http://" + host + ":" + server.port() + "/x?secret=1");
        assertThat(reason(outcome)).isEqualTo(Reason.FORBIDDEN_ADDRESS);
        assertThat(outcome.toString()).contains(host).doesNotContain("secret");
        assertThat(server.connections()).isZero();
        assertThat(time.waits()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "localhost", "[::1]", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"})
    void thisMachineIsKnownByAllItsNames(String host) throws Exception {
        Downloader real = new Downloader(system, limits(Hordes.PATIENT), time.retries(Hordes.executor(system)));
        DownloadOutcome outcome = Hordes.get(real.fetch(
                new PresignedUrl("http://" + host + ":" + server.port() + "/"), VirtualTime.START.plusSeconds(60)));
        assertThat(reason(outcome)).isEqualTo(Reason.FORBIDDEN_ADDRESS);
        assertThat(server.connections()).isZero();
    }

    @Test
    void redirectsAreFollowedHopByHop() throws Exception {
        server.answers(
                redirect(302, "/second?x=%2f"),
                redirect(307, good("/third")),
                MisbehavingServer.bytes(200, "image/webp", PICTURE));
        assertThat(fetch(good("/first"))).isInstanceOf(DownloadOutcome.Fetched.class);
        assertThat(server.requests().stream().map(MisbehavingServer.Request::target))
                .containsExactly("/first", "/second?x=%2f", "/third");
        assertThat(asked).hasSize(3);
    }

    @Test
    void aRedirectToTheInsideIsNotFollowed() throws Exception {
        server.answers(redirect(302, "http://inside.invalid:" + server.port() + "/admin"));
        assertThat(reason(fetch(good("/")))).isEqualTo(Reason.FORBIDDEN_ADDRESS);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aRedirectToAnotherSchemeIsNotFollowed() throws Exception {
        for (String location :
                List.of("file:///etc/passwd", "gopher://good.invalid/", "http://a:b@good.invalid/", "http://[")) {
            server.answers(redirect(301, location));
            assertThat(reason(fetch(good("/")))).isEqualTo(Reason.BAD_ADDRESS);
        }
    }

    @Test
    void redirectsEnd() throws Exception {
        server.answers(redirect(302, "/again"));
        assertThat(reason(fetch(good("/")))).isEqualTo(Reason.TOO_MANY_REDIRECTS);
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void whatIsTooLargeIsNotRead() throws Exception {
        server.answers(MisbehavingServer.bytes(200, "image/webp", new byte[(1 << 16) + 1]));
        assertThat(reason(fetch(good("/")))).isEqualTo(Reason.TOO_LARGE);
        server.answers(server.endless("HTTP/1.1 200 OK\r\n\r\n", "bytes "));
        assertThat(reason(fetch(good("/")))).isEqualTo(Reason.TOO_LARGE);
        await().atMost(Hordes.PATIENT).until(() -> server.hangUps() >= 1);
        assertThat(server.requests()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nX-Slow: ", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nRI"})
    void whoeverDawdlesIsHungUpOn(String start) throws Exception {
        server.answers(server.hang(start));
        assertThat(reason(fetch(good("/"), Duration.ofSeconds(1)))).isEqualTo(Reason.UNREACHABLE);
        await().atMost(Hordes.PATIENT).until(() -> server.hangUps() == 3);
    }

    @Test
    void whatPassesIsTriedAgain() throws Exception {
        server.answers(
                MisbehavingServer.bytes(503, "text/html", new byte[0]),
                MisbehavingServer.raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nRI"),
                MisbehavingServer.bytes(200, "image/webp", PICTURE));
        assertThat(fetch(good("/"))).isInstanceOf(DownloadOutcome.Fetched.class);
        assertThat(time.waits()).containsExactly(Duration.ofMillis(250), Duration.ofMillis(500));
        server.answers(MisbehavingServer.reset());
        assertThat(reason(fetch(good("/")))).isEqualTo(Reason.UNREACHABLE);
        assertThat(server.requests()).hasSize(6);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 410, 451})
    void whatIsRefusedIsNotTriedAgain(int status) throws Exception {
        server.answers(MisbehavingServer.bytes(status, "application/xml", new byte[0]));
        assertThat(reason(fetch(good("/")))).isEqualTo(Reason.REFUSED);
        assertThat(server.requests()).hasSize(1);
    }
}
