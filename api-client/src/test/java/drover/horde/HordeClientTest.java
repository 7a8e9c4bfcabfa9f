package drover.horde;

import static drover.horde.Hordes.error;
import static drover.horde.Hordes.limits;
import static drover.horde.Hordes.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client against a server that does all that servers do. */
class HordeClientTest extends AgainstServer {
    /** For what never comes: long enough to have been sent, and no test waits longer. */
    private static final Duration SHORT = Duration.ofSeconds(2);

    private static final String NO_JOB = "{\"id\":null,\"ids\":[],\"payload\":{\"width\":512},\"skipped\":{}}";

    private HordeClient client;

    @BeforeEach
    void start() {
        client = client(limits(Hordes.PATIENT));
    }

    private HordeClient client(HordeSettings.Limits limits) {
        return new HordeClient(
                system, Hordes.settings(server).withLimits(limits), time.retries(Hordes.executor(system)));
    }

    private HordeError.NoAnswer noAnswer(HordeClient from) throws Exception {
        HordeError error = error(from.pop(Hordes.pop()));
        assertThat(error).isInstanceOf(HordeError.NoAnswer.class);
        assertThat(error.advice()).isEqualTo(Advice.RETRY);
        return (HordeError.NoAnswer) error;
    }

    @Test
    void aServerThatNeverAnswersIsGivenUpWhenTheCallsTimeIsOver() throws Exception {
        server.answers(server.hang(""));
        assertThat(noAnswer(client(limits(SHORT))).outcomeUnknown()).isTrue();
    }

    @Test
    void aSilentConnectionIsCut() throws Exception {
        server.answers(server.hang(""));
        HordeSettings.Limits silent = new HordeSettings.Limits(
                Hordes.PATIENT, SHORT, Hordes.PATIENT, Hordes.PATIENT, 1 << 20, 4, 16, Hordes.PATIENT);
        assertThat(noAnswer(client(silent)).outcomeUnknown()).isTrue();
        await().atMost(Hordes.PATIENT).until(() -> server.hangUps() == 1);
    }

    @Test
    void anAnswerThatStopsInTheMiddleIsGivenUpAndHungUpOn() throws Exception {
        server.answers(
                server.hang("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"id\""));
        assertThat(noAnswer(client(limits(SHORT))).outcomeUnknown()).isTrue();
        await().atMost(Hordes.PATIENT).until(() -> server.hangUps() == 1);
    }

    @Test
    void anAnswerThatIsCutOffIsNone() throws Exception {
        server.answers(MisbehavingServer.raw(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"id\":null"));
        assertThat(noAnswer(client).outcomeUnknown()).isTrue();
        server.answers(MisbehavingServer.raw(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\""));
        assertThat(noAnswer(client).outcomeUnknown()).isTrue();
        // Without a length nobody can tell an end from a break, but for the braces.
        server.answers(MisbehavingServer.raw(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"id\":null"));
        assertThat(error(client.pop(Hordes.pop()))).isInstanceOf(HordeError.Unreadable.class);
    }

    @Test
    void aConnectionThatIsResetAfterTheBodyWasSentLeavesTheOutcomeOpen() throws Exception {
        server.answers(MisbehavingServer.reset());
        assertThat(noAnswer(client).outcomeUnknown()).isTrue();
        assertThat(server.requests()).hasSize(1);
        assertThat(HordeJson.mapper()
                        .readTree(server.requests().getFirst().bytes())
                        .path("name")
                        .asText())
                .isEqualTo("a worker");
    }

    @Test
    void whereNobodyListensNothingWasSent() throws Exception {
        server.close();
        HordeError.NoAnswer error = noAnswer(client);
        assertThat(error.outcomeUnknown()).isFalse();
        assertThat(error.message()).contains("refused").contains(String.valueOf(server.port()));
    }

    @Test
    void aConnectionThatIsNeverTakenIsGivenUp() throws Exception {
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<Socket> fill = new ArrayList<>();
            try {
                for (int i = 0; i < 4; i++) {
                    Socket socket = new Socket();
                    fill.add(socket);
                    try {
                        socket.connect(full.getLocalSocketAddress(), 200);
                    } catch (java.net.SocketTimeoutException e) {
                        break;
                    }
                }
                HordeClient away = new HordeClient(
                        system,
                        HordeSettings.of("http://127.0.0.1:" + full.getLocalPort(), Hordes.KEY, Hordes.AGENT)
                                .withLimits(new HordeSettings.Limits(
                                        Duration.ofMillis(300),
                                        Hordes.PATIENT,
                                        Hordes.PATIENT,
                                        Hordes.PATIENT,
                                        1 << 20,
                                        4,
                                        16,
                                        Hordes.PATIENT)),
                        time.retries(Hordes.executor(system)));
                assertThat(noAnswer(away).outcomeUnknown()).isFalse();
            } finally {
                for (Socket socket : fill) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void anAnswerThatIsTooLargeIsNotReadToItsEnd() throws Exception {
        server.answers(MisbehavingServer.bytes(200, "application/json", new byte[(1 << 20) + 1]));
        assertThat(noAnswer(client).message()).contains("too large");
    }

    @Test
    void anAnswerWithoutAnEndIsHungUpOn() throws Exception {
        server.answers(server.endless("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", "[1,"));
        assertThat(noAnswer(client).message()).contains("too large");
        await().atMost(Hordes.PATIENT).until(() -> server.hangUps() == 1);
    }

    @Test
    void headersWithoutAnEndAreHungUpOn() throws Exception {
        server.answers(server.endless("HTTP/1.1 200 OK\r\n", "X-More: and more\r\n"));
        noAnswer(client);
        await().atMost(Hordes.PATIENT).until(() -> server.hangUps() == 1);
    }

    @Test
    void aPageInsteadOfJsonIsToldAsOne() throws Exception {
        server.answers(MisbehavingServer.bytes(
                200,
                "text/html",
                "<html>Log in to the hotel</html>".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        HordeError error = error(client.pop(Hordes.pop()));
        assertThat(error).isInstanceOf(HordeError.Unreadable.class);
        assertThat(error.message()).contains("text/html").contains("proxy");
        assertThat(error.outcomeUnknown()).isTrue();
        server.answers(MisbehavingServer.json(200, "null"));
        assertThat(error(client.pop(Hordes.pop()))).isInstanceOf(HordeError.Unreadable.class);
        server.answers(MisbehavingServer.bytes(302, "text/html", new byte[0], "Location", "http://127.0.0.1:1/"));
        assertThat(error(client.pop(Hordes.pop()))).isInstanceOf(HordeError.Unreadable.class);
    }

    @Test
    void thePoolIsBounded() throws Exception {
        server.answers(server.hang(""));
        List<CompletableFuture<HordeResult<ImagePopAnswer>>> calls = IntStream.range(0, 60)
                .mapToObj(i -> client.pop(Hordes.pop()).toCompletableFuture())
                .toList();
        await().atMost(Hordes.PATIENT)
                .until(() -> calls.stream().anyMatch(CompletableFuture::isDone)
                        && server.requests().size() == 4);
        HordeError full = calls.stream()
                .filter(CompletableFuture::isDone)
                .map(call -> ((HordeResult.Failed<ImagePopAnswer>) call.join()).error())
                .findFirst()
                .orElseThrow();
        assertThat(full.message()).contains("too many calls wait");
        assertThat(full.outcomeUnknown()).isFalse();
        assertThat(server.connections()).isEqualTo(4);
        server.close();
        for (CompletableFuture<HordeResult<ImagePopAnswer>> call : calls) {
            error(call);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "7, 7000",
        "0, 0",
        "-3, 1000",
        "soon, 1000",
        "'Sat, 21 Nov 2026 12:00:09 GMT', 9000",
        "99999999, 86400000"
    })
    void retryAfterIsHonoured(String header, long millis) throws Exception {
        server.answers(
                MisbehavingServer.json(429, "{\"message\":\"2 per 1 second\"}", "Retry-After", header),
                MisbehavingServer.json(200, NO_JOB));
        HordeError error = error(client.pop(Hordes.pop()));
        assertThat(error).isInstanceOf(HordeError.TooManyRequests.class);
        assertThat(error.advice()).isEqualTo(Advice.WAIT);
        assertThat(error.retryAfter()).contains(Duration.ofMillis(millis));
        if (millis > 0) {
            assertThat(error(client.pop(Hordes.pop())))
                    .isInstanceOfSatisfying(
                            HordeError.TooManyRequests.class,
                            held -> assertThat(held.held()).isTrue());
            assertThat(server.requests()).hasSize(1);
            server.answers(MisbehavingServer.json(200, "{\"message\":\"OK\"}"));
            ok(client.heartbeat());
            server.answers(MisbehavingServer.json(200, NO_JOB));
            time.advance(Duration.ofMillis(millis));
        }
        assertThat(ok(client.pop(Hordes.pop())).job()).isEqualTo(new ImagePopAnswer.Nothing());
    }

    @Test
    void withoutRetryAfterTheRateLimitsResetCounts() throws Exception {
        server.answers(MisbehavingServer.json(
                429,
                "{\"message\":\"30 per 1 minute\"}",
                "X-Ratelimit-Reset",
                String.valueOf(VirtualTime.START.getEpochSecond() + 42)));
        assertThat(error(client.pop(Hordes.pop())).retryAfter()).contains(Duration.ofSeconds(42));
        HordeClient other = client(limits(Hordes.PATIENT));
        server.answers(MisbehavingServer.json(429, "{\"message\":\"30 per 1 minute\"}"));
        assertThat(error(other.pop(Hordes.pop())).retryAfter()).contains(Failures.DEFAULT_PAUSE);
    }

    @Test
    void faultsOfTheServerAreToldWithWhenToComeBack() throws Exception {
        server.answers(MisbehavingServer.json(500, "{\"message\":\"Internal Server Error\"}"));
        HordeError error = error(client.pop(Hordes.pop()));
        assertThat(error).isInstanceOf(HordeError.ServerFault.class);
        assertThat(error.advice()).isEqualTo(Advice.RETRY);
        server.answers(MisbehavingServer.bytes(503, "text/html", new byte[0], "Retry-After", "30"));
        assertThat(error(client.pop(Hordes.pop())).retryAfter()).contains(Duration.ofSeconds(30));
    }

    @Test
    void aPopIsNeverSentTwice() throws Exception {
        server.answers(MisbehavingServer.reset(), MisbehavingServer.json(200, NO_JOB));
        noAnswer(client);
        assertThat(server.requests()).hasSize(1);
        assertThat(time.waits()).isEmpty();
    }

    @Test
    void whatIsLookedUpIsAskedForAgain() throws Exception {
        server.answers(
                MisbehavingServer.json(500, "{}"),
                MisbehavingServer.reset(),
                MisbehavingServer.json(429, "{}", "Retry-After", "3"),
                MisbehavingServer.json(200, "{\"message\":\"OK\",\"threads\":\"16\",\"new\":{\"in\":[5,2]}}"));
        assertThat(ok(client.heartbeat()).threads()).contains(16);
        assertThat(time.waits()).containsExactly(Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(3));
        server.answers(MisbehavingServer.json(500, "{}"));
        assertThat(error(client.modes())).isInstanceOf(HordeError.ServerFault.class);
        assertThat(server.requests()).hasSize(8);
    }

    @Test
    void anOrderIsSentAgainOnlyIfItCannotHaveArrived() throws Exception {
        HordeRequester requester =
                new HordeRequester(system, Hordes.settings(server), time.retries(Hordes.executor(system)));
        ImageOrder order = ImageOrder.of(
                "a lighthouse", ImageParams.of(512, 512, 1, Optional.empty(), Optional.empty()), List.of());
        server.answers(
                MisbehavingServer.json(429, "{\"message\":\"2 per 1 second\"}", "Retry-After", "1"),
                MisbehavingServer.json(202, "{\"id\":\"o-1\",\"kudos\":6.0}"));
        assertThat(ok(requester.order(order)).id()).contains("o-1");
        server.answers(MisbehavingServer.reset());
        assertThat(error(requester.order(order)).outcomeUnknown()).isTrue();
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void theKeyGoesOnlyWhereItIsNeeded() throws Exception {
        server.answers(MisbehavingServer.json(200, "{\"message\":\"OK\",\"username\":\"a#1\",\"kudos\":\"12.5\"}"));
        ok(client.heartbeat());
        assertThat(ok(client.user()).kudos()).isEqualTo(12.5);
        assertThat(server.requests().get(0).headers()).doesNotContainKey("apikey");
        assertThat(server.requests().get(1).headers())
                .containsEntry("apikey", "a-key-that-nobody-may-see")
                .containsEntry("client-agent", "Drover:0.1.0:https://example.invalid/drover")
                .containsEntry("accept", "application/json");
    }

    @Test
    void namesArePutIntoAddressesWhole() throws Exception {
        server.answers(MisbehavingServer.json(200, "{\"id\":\"1\",\"name\":\"x\"}"));
        ok(client.workerByName("Wörker ☕/../?#%2F"));
        assertThat(server.requests().getFirst().target())
                .isEqualTo("/api/v2/workers/name/W%C3%B6rker%20%E2%98%95%2F..%2F%3F%23%252F");
    }

    @Test
    void theOtherEndpointsAreWhereTheReferenceSays() throws Exception {
        server.answers(MisbehavingServer.json(200, "[]"));
        ok(client.modelQueues(Status.QueueType.IMAGE, Status.ModelState.KNOWN));
        ok(client.news());
        ok(client.messages());
        server.answers(MisbehavingServer.json(200, "{\"id\":\"m\",\"message\":\"hi\",\"day\":{\"Deliberate\":7}}"));
        assertThat(ok(client.modelUse(Status.ModelState.ALL)).day().orElseThrow())
                .containsEntry("Deliberate", 7L);
        ok(client.performance());
        ok(client.message("m"));
        ok(client.removeMessage("m"));
        ok(client.removeWorker("w"));
        assertThat(server.requests().stream()
                        .map(r -> r.method() + " " + r.target().replace("/api/v2", "")))
                .containsExactly(
                        "GET /status/models?type=image&model_state=known",
                        "GET /status/news",
                        "GET /workers/messages",
                        "GET /stats/img/models?model_state=all",
                        "GET /status/performance",
                        "GET /workers/messages/m",
                        "DELETE /workers/messages/m",
                        "DELETE /workers/w");
        HordeRequester requester =
                new HordeRequester(system, Hordes.settings(server), time.retries(Hordes.executor(system)));
        server.answers(MisbehavingServer.json(200, "{\"generations\":[],\"state\":\"cancelled\",\"forms\":null}"));
        server.requests().clear();
        ok(requester.cancelTexts("t"));
        ok(requester.cancelAlchemy("a"));
        assertThat(server.requests().stream().map(r -> r.method() + " " + r.target()))
                .containsExactly("DELETE /api/v2/generate/text/status/t", "DELETE /api/v2/interrogate/status/a");
    }
}
