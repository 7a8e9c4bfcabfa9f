package drover.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Talks to one Drover. Safe for use by many threads. */
public final class DroverClient implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration DEFAULT_RETRY_AFTER = Duration.ofSeconds(1);
    private static final int SHOWN = 200;

    private final URI server;
    private final Optional<String> token;
    private final Duration patience;
    private final HttpClient http;

    /**
     * A client of the Drover at this address.
     *
     * @param server such as {@code http://127.0.0.1:7860}
     * @param token the bearer token, if the server wants one
     */
    public DroverClient(URI server, Optional<String> token) {
        this(server, token, ANSWER_TIMEOUT);
    }

    /**
     * A client that does not wait longer than this for the beginning of an answer.
     *
     * @param patience more than nothing
     */
    public DroverClient(URI server, Optional<String> token, Duration patience) {
        this.server = server;
        this.token = token;
        this.patience = patience;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
    }

    /**
     * Orders a job.
     *
     * @param idempotencyKey names this order, so that it can be sent again when its answer was lost
     */
    public JobView submit(JobRequest request, Optional<String> idempotencyKey)
            throws DroverException, InterruptedException {
        HttpRequest.Builder post = request("/v1/jobs", "application/json")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(write(request)));
        idempotencyKey.ifPresent(key -> post.header("Idempotency-Key", key));
        return json(post, JobView.class);
    }

    /** Reads a job. */
    public JobView job(String id) throws DroverException, InterruptedException {
        return json(request("/v1/jobs/" + encoded(id), "application/json").GET(), JobView.class);
    }

    /**
     * Lists jobs, newest first.
     *
     * @param state only those in this state
     * @param before {@link JobPage#before} of the page before
     */
    public JobPage jobs(Optional<String> state, int limit, Optional<String> before)
            throws DroverException, InterruptedException {
        String path = "/v1/jobs?limit=" + limit
                + state.map(s -> "&state=" + encoded(s)).orElse("")
                + before.map(b -> "&before=" + encoded(b)).orElse("");
        return json(request(path, "application/json").GET(), JobPage.class);
    }

    /** Withdraws a job. */
    public JobView cancel(String id) throws DroverException, InterruptedException {
        return json(request("/v1/jobs/" + encoded(id), "application/json").DELETE(), JobView.class);
    }

    /** Asks how the server is. */
    public HealthView health() throws DroverException, InterruptedException {
        return json(request("/health", "application/json").GET(), HealthView.class);
    }

    /** Fetches a result; the caller closes it. */
    public InputStream asset(String id, int index) throws DroverException, InterruptedException {
        return open(request("/v1/jobs/" + encoded(id) + "/assets/" + index, "*/*")
                .GET()
                .timeout(patience)
                .build());
    }

    /** Follows a job from its present state to its end. */
    public EventStream events(String id) {
        return new EventStream(this, id);
    }

    InputStream openEvents(String id, Optional<String> lastEventId) throws DroverException, InterruptedException {
        HttpRequest.Builder get = request("/v1/jobs/" + encoded(id) + "/events", "text/event-stream")
                .GET();
        lastEventId.ifPresent(last -> get.header("Last-Event-ID", last));
        return open(get.timeout(patience).build());
    }

    private HttpRequest.Builder request(String path, String accept) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(server.resolve(path)).header("Accept", accept + ", application/problem+json");
        token.ifPresent(t -> request.header("Authorization", "Bearer " + t));
        return request;
    }

    private <T> T json(HttpRequest.Builder request, Class<T> type) throws DroverException, InterruptedException {
        try (InputStream body = open(request.timeout(patience).build())) {
            return DroverJson.mapper().readValue(body, type);
        } catch (JsonProcessingException e) {
            throw new DroverException.Unexpected(
                    server + " does not answer like a Drover: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new DroverException.Unreachable(server, e);
        }
    }

    private InputStream open(HttpRequest request) throws DroverException, InterruptedException {
        try {
            HttpResponse<InputStream> response = http.send(request, BodyHandlers.ofInputStream());
            if (response.statusCode() / 100 == 2) {
                return response.body();
            }
            try (InputStream body = response.body()) {
                throw failure(response, new String(body.readAllBytes(), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new DroverException.Unreachable(server, e);
        }
    }

    private DroverException failure(HttpResponse<?> response, String body) {
        Problem problem;
        try {
            problem = DroverJson.mapper().readValue(body, Problem.class);
        } catch (JsonProcessingException e) {
            String shown = body.length() > SHOWN ? body.substring(0, SHOWN) + "…" : body;
            return new DroverException.Unexpected(
                    server + " answered " + response.statusCode() + " but not like a Drover: " + shown, e);
        }
        return switch (response.statusCode()) {
            case 429, 503 -> new DroverException.TryLater(problem, retryAfter(response));
            default -> new DroverException.Refused(problem);
        };
    }

    private static Duration retryAfter(HttpResponse<?> response) {
        List<String> values = response.headers().allValues("Retry-After");
        return values.isEmpty() || !values.getFirst().matches("[0-9]{1,6}")
                ? DEFAULT_RETRY_AFTER
                : Duration.ofSeconds(Long.parseLong(values.getFirst()));
    }

    private static String write(JobRequest request) {
        try {
            return DroverJson.mapper().writeValueAsString(request);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot write the request as JSON", e);
        }
    }

    private static String encoded(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Ends all streams and connections. */
    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }
}
