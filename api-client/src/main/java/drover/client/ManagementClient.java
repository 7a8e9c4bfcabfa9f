package drover.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Asks and tells a running Drover, over its management port. Safe for use by many threads. */
public final class ManagementClient implements AutoCloseable {
    /** In the answer to a change that could not be written into the audit log: why. */
    public static final String AUDIT_HEADER = "Drover-Audit";

    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ANSWER = Duration.ofSeconds(15);
    /** A report reads all jobs of its time, and others may come first. */
    private static final Duration REPORT = Duration.ofMinutes(17);

    private static final ObjectMapper JSON = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final URI base;
    private final Optional<String> token;
    private final Consumer<String> unaudited;
    private final HttpClient http;

    /** Why an operator does something. */
    private record Why(Optional<String> reason) {}

    /** Levels to set, and why. */
    private record Levels(Map<String, String> levels, Optional<String> reason) {}

    /**
     * @param base such as {@code http://127.0.0.1:7626}
     * @param token bearer token, where one is asked for
     */
    public ManagementClient(URI base, Optional<String> token) {
        this(base, token, why -> {});
    }

    /**
     * @param base such as {@code http://127.0.0.1:7626}
     * @param token bearer token, where one is asked for
     * @param unaudited is told why a change that was made is not in the audit log
     */
    public ManagementClient(URI base, Optional<String> token, Consumer<String> unaudited) {
        this.base = base;
        this.token = token;
        this.unaudited = unaudited;
        this.http = HttpClient.newBuilder()
                .connectTimeout(CONNECT)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    /** The mapper that reads and writes the management API's records. */
    public static ObjectMapper json() {
        return JSON.copy();
    }

    /** Every node with what it does. */
    public NodesView nodes() throws ManagementException {
        return call("GET", "/drover/nodes", Optional.empty(), NodesView.class);
    }

    /**
     * Does something to a node.
     *
     * @param action {@code drain}, {@code resume}, {@code restart}, {@code quarantine}, which needs a reason, or {@code
     *     release}
     * @return the node as it is now
     */
    public NodesView.NodeView act(String node, String action, Optional<String> reason) throws ManagementException {
        return change("/drover/nodes/" + encoded(node) + "/" + action, reason, NodesView.NodeView.class);
    }

    /**
     * Gives one inference actor of a node a fresh start; what it runs goes back to the queue.
     *
     * @return the node as it is now
     */
    public NodesView.NodeView restartActor(String node, int actor, Optional<String> reason) throws ManagementException {
        return change(
                "/drover/nodes/" + encoded(node) + "/actors/" + actor + "/restart", reason, NodesView.NodeView.class);
    }

    /** Withdraws a job; to do so twice is fine. */
    public OverviewView.SummaryView cancelJob(String job, Optional<String> reason) throws ManagementException {
        return change("/drover/jobs/" + encoded(job) + "/cancel", reason, OverviewView.SummaryView.class);
    }

    /** Takes a job from the node that runs it and puts it back by its age; one that waits stays where it is. */
    public OverviewView.SummaryView requeueJob(String job, Optional<String> reason) throws ManagementException {
        return change("/drover/jobs/" + encoded(job) + "/requeue", reason, OverviewView.SummaryView.class);
    }

    /** Offers the model to no node any more, until it is released; what runs goes on. The reason is needed. */
    public ModelsView withdrawModel(String model, Optional<String> reason) throws ManagementException {
        return change("/drover/models/" + encoded(model) + "/withdraw", reason, ModelsView.class);
    }

    /** Offers the model again, whoever took it out. */
    public ModelsView releaseModel(String model, Optional<String> reason) throws ManagementException {
        return change("/drover/models/" + encoded(model) + "/release", reason, ModelsView.class);
    }

    /** Every model with the nodes that have it, and which are withdrawn. */
    public ModelsView models() throws ManagementException {
        return call("GET", "/drover/models", Optional.empty(), ModelsView.class);
    }

    /**
     * What operators have changed, newest first.
     *
     * @param limit 1 to 1,000
     */
    public AuditView audit(int limit) throws ManagementException {
        return call("GET", "/drover/audit?limit=" + limit, Optional.empty(), AuditView.class);
    }

    /** The configuration that is in force. */
    public ConfigView config() throws ManagementException {
        return call("GET", "/drover/config", Optional.empty(), ConfigView.class);
    }

    /** What the control process's watchdog sees. */
    public WatchdogView watchdog() throws ManagementException {
        return call("GET", "/drover/watchdog", Optional.empty(), WatchdogView.class);
    }

    /** What waits and runs, and the newest jobs. */
    public OverviewView jobs() throws ManagementException {
        return call("GET", "/drover/jobs", Optional.empty(), OverviewView.class);
    }

    /**
     * What waits and runs, and jobs of the ledger, newest first.
     *
     * @param state only those in this state
     * @param model only those for this model
     * @param before only those accepted before this job
     * @param limit 1 to 100
     */
    public OverviewView jobs(Optional<String> state, Optional<String> model, Optional<String> before, int limit)
            throws ManagementException {
        String path = "/drover/jobs?limit=" + limit
                + state.map(s -> "&state=" + encoded(s)).orElse("")
                + model.map(m -> "&model=" + encoded(m)).orElse("")
                + before.map(b -> "&before=" + encoded(b)).orElse("");
        return call("GET", path, Optional.empty(), OverviewView.class);
    }

    /**
     * The newest incidents, newest first.
     *
     * @param limit 1 to 1,000
     */
    public IncidentsView incidents(int limit) throws ManagementException {
        return call("GET", "/drover/incidents?limit=" + limit, Optional.empty(), IncidentsView.class);
    }

    /** How the attempts of a period fared. May take minutes for millions of them. */
    public ReportView report(ReportQuery query) throws ManagementException {
        String path = "/drover/report?last=" + query.lastAsText()
                + query.node().map(n -> "&node=" + encoded(n)).orElse("")
                + query.model().map(m -> "&model=" + encoded(m)).orElse("");
        return call("GET", path, Optional.empty(), ReportView.class, REPORT);
    }

    /** Lets the Drover read its configuration again. */
    public ReloadView reload(Optional<String> reason) throws ManagementException {
        return change("/drover/reload", reason, ReloadView.class);
    }

    /** Lets the Drover finish what runs, take nothing new, and end. */
    public ReadinessView drain(Optional<String> reason) throws ManagementException {
        return change("/drover/drain", reason, ReadinessView.class);
    }

    /** The log levels that are set. */
    public LogLevelsView logLevels() throws ManagementException {
        return call("GET", "/drover/log-levels", Optional.empty(), LogLevelsView.class);
    }

    /** Sets log levels until the process ends; gives all that are set then. */
    public LogLevelsView setLogLevels(Map<String, String> levels, Optional<String> reason) throws ManagementException {
        return call("PUT", "/drover/log-levels", Optional.of(new Levels(levels, reason)), LogLevelsView.class);
    }

    @Override
    public void close() {
        http.close();
    }

    private static String encoded(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private <T> T change(String path, Optional<String> reason, Class<T> type) throws ManagementException {
        return call("POST", path, reason.map(text -> new Why(Optional.of(text))), type);
    }

    private <T> T call(String method, String path, Optional<?> body, Class<T> type) throws ManagementException {
        return call(method, path, body, type, ANSWER);
    }

    private <T> T call(String method, String path, Optional<?> body, Class<T> type, Duration patience)
            throws ManagementException {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path))
                .timeout(patience)
                .header("Accept", "application/json")
                .method(method, body.isPresent() ? publisher(body.get()) : HttpRequest.BodyPublishers.noBody());
        if (body.isPresent()) {
            request.header("Content-Type", "application/json");
        }
        token.ifPresent(t -> request.header("Authorization", "Bearer " + t));
        HttpResponse<String> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new ManagementException.Unreachable("nothing answers at " + base, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ManagementException.Unreachable("interrupted while asking " + base, e);
        }
        response.headers().firstValue(AUDIT_HEADER).ifPresent(unaudited);
        if (response.statusCode() / 100 != 2) {
            throw new ManagementException.Rejected(response.statusCode(), problem(response));
        }
        try {
            return JSON.readValue(response.body(), type);
        } catch (JsonProcessingException e) {
            throw new ManagementException.Unintelligible(
                    base + " does not answer as a Drover of this version does: " + e.getOriginalMessage(), e);
        }
    }

    private static HttpRequest.BodyPublisher publisher(Object body) {
        try {
            return HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + body, e);
        }
    }

    /** The sentence of a {@code problem+json}, or the status alone. */
    private static String problem(HttpResponse<String> response) {
        try {
            JsonNode node = JSON.readTree(response.body());
            String detail = node.path("detail").asText("");
            if (!detail.isEmpty()) {
                return detail;
            }
        } catch (JsonProcessingException e) {
            return "HTTP status " + response.statusCode();
        }
        return "HTTP status " + response.statusCode();
    }
}
