package drover.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DroverClientTest {
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<String> lastEventIds = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private DroverClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.start();
        client = new DroverClient(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()), Optional.of("secret-token"));
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(int status, String type, String body, String... headers) {
        server.createContext("/", exchange -> respond(exchange, status, type, body, headers));
    }

    private static void respond(HttpExchange exchange, int status, String type, String body, String... headers)
            throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private static String job(String state) {
        return "{\"id\":\"a\",\"state\":\"" + state + "\",\"request\":{\"prompt\":\"x\"},\"accepted_at\":"
                + "\"2026-03-01T12:00:00Z\",\"deadline\":\"2026-03-01T12:02:30Z\",\"changed_at\":"
                + "\"2026-03-01T12:00:00Z\",\"attempts\":[],\"assets\":[],\"new_in_a_later_version\":1}";
    }

    @Test
    void aBrokenEventStreamGoesOnWhereItEnded() throws Exception {
        List<String> streams = new CopyOnWriteArrayList<>(List.of(
                ": keep-alive\n\nid:e-1\nevent:state\ndata:" + job("running") + "\n\nid:e-2\nevent:progress\n"
                        + "data:{\"attempt\":1,\"phase\":\"denoising\",\"step\":1,\"of\":4,\"percent\":25}\n\nid:e-3\n",
                "id:e-3\nevent:later-kind\ndata:{}\n\nid: e-4\nevent: state\ndata: " + job("delivered") + "\n\n"));
        server.createContext("/v1/jobs/a/events", exchange -> {
            lastEventIds.add(String.valueOf(exchange.getRequestHeaders().getFirst("Last-Event-ID")));
            respond(exchange, 200, "text/event-stream", streams.removeFirst());
        });
        List<String> seen = new ArrayList<>();
        try (EventStream events = client.events("a")) {
            for (Optional<EventView> event = events.next(); event.isPresent(); event = events.next()) {
                seen.add(event.get().id());
            }
        }
        assertThat(seen).containsExactly("e-1", "e-2", "e-4");
        assertThat(lastEventIds).containsExactly("null", "e-2");
    }

    @Test
    void answersAreRead() throws Exception {
        answer(200, "application/json", job("queued"));
        JobView view = client.job("a");
        assertThat(view.acceptedAt()).isEqualTo(Instant.parse("2026-03-01T12:00:00Z"));
        assertThat(view.request()).isEqualTo(JobRequest.of("x").build());
        assertThat(view.progress()).isEmpty();
        assertThat(view.ended()).isFalse();
    }

    @Test
    void problemsAreTold() {
        answer(
                422,
                "application/problem+json",
                "{\"type\":\"drover:request.invalid\",\"title\":\"t\",\"status\":422,\"detail\":\"width must be\","
                        + "\"code\":\"drover:request.invalid\",\"field\":\"width\",\"errors\":[{\"field\":\"width\","
                        + "\"detail\":\"must be\"}]}");
        assertThatThrownBy(() -> client.submit(JobRequest.of("x").build(), Optional.empty()))
                .isInstanceOfSatisfying(DroverException.Refused.class, e -> {
                    assertThat(e.problem().field()).contains("width");
                    assertThat(e.problem().errors()).hasSize(1);
                });
    }

    @Test
    void aBusyServerSaysWhenToComeBack() {
        answer(
                503,
                "application/problem+json",
                "{\"type\":\"x\",\"title\":\"t\",\"status\":503,\"detail\":\"later\",\"code\":\"drover:server.busy\"}",
                "Retry-After",
                "7");
        assertThatThrownBy(() -> client.job("a"))
                .isInstanceOfSatisfying(
                        DroverException.TryLater.class,
                        e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(7)));
    }

    @Test
    void whatIsNoDroverIsSaidToBeNone() {
        answer(200, "text/html", "<html>");
        assertThatThrownBy(() -> client.job("a")).isInstanceOf(DroverException.Unexpected.class);
        server.removeContext("/");
        answer(502, "text/html", "<html>bad gateway");
        assertThatThrownBy(() -> client.job("a"))
                .isInstanceOf(DroverException.Unexpected.class)
                .hasMessageContaining("502");
    }

    @Test
    void nobodyThereIsSaidPlainly() {
        int free = server.getAddress().getPort();
        server.stop(0);
        assertThatThrownBy(() -> client.job("a"))
                .isInstanceOf(DroverException.Unreachable.class)
                .hasMessageContaining("is Drover running there?")
                .hasMessageContaining(String.valueOf(free))
                .hasMessageNotContaining("secret-token");
    }
}
