package drover.management;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import drover.client.LogLevelsView;
import drover.client.ManagementClient;
import drover.client.NodesView.NodeView;
import drover.client.ReadinessView;
import drover.client.ReloadView;
import drover.ledger.JobLedger.ReadReply;
import drover.logging.Logging;
import drover.node.NodeReply;
import drover.node.NodeSupervisor;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.PathMatchers;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.unmarshalling.StringUnmarshallers;
import org.apache.pekko.http.javadsl.unmarshalling.Unmarshaller;

/** What the operator's API answers. */
final class ManagementRoutes extends AllDirectives {
    private static final int NEWEST_JOBS = 20;
    private static final int MAX_INCIDENTS = 1_000;
    private static final ObjectMapper JSON = ManagementClient.json();

    private final ManagementContext context;
    private final Inquiry inquiry;
    private final Metrics metrics;
    private final Executor blocking;

    ManagementRoutes(ManagementContext context, Inquiry inquiry, Metrics metrics, Executor blocking) {
        this.context = context;
        this.inquiry = inquiry;
        this.metrics = metrics;
        this.blocking = blocking;
    }

    /** Health, open to everybody who can reach the port: a load balancer has no token, and nothing else is told. */
    Route health() {
        return concat(
                path("alive", () -> get(() -> complete(Responses.ok(new ReadinessView(true, Map.of()))))),
                path("ready", () -> get(() -> answer(readiness()))));
    }

    /** Everything else. */
    Route guarded() {
        return concat(
                path("metrics", () -> get(() -> answer(metrics.scrape().thenApply(Responses::metrics)))),
                pathPrefix(
                        "drover",
                        () -> concat(
                                path("nodes", () -> get(() -> answer(nodes()))),
                                path(
                                        PathMatchers.segment("nodes")
                                                .slash(PathMatchers.segment())
                                                .slash(PathMatchers.segment()),
                                        (node, action) -> post(() -> act(node, action))),
                                path("watchdog", () -> get(() -> answer(watchdog()))),
                                path("jobs", () -> get(() -> answer(jobs()))),
                                path("incidents", () -> get(this::incidents)),
                                path("reload", () -> post(() -> answer(reload()))),
                                path("drain", () -> post(this::drain)),
                                path("log-levels", () -> concat(get(this::logLevels), put(this::setLogLevels))))));
    }

    private Route answer(CompletionStage<HttpResponse> response) {
        return completeWithFuture(response);
    }

    private CompletionStage<HttpResponse> readiness() {
        CompletionStage<String> ledger = inquiry.ledger()
                .thenApply(statistics -> statistics.writable() ? "ok" : "the job database cannot be written")
                .exceptionally(e -> "does not answer");
        CompletionStage<String> nodes =
                inquiry.nodes().thenApply(status -> "ok").exceptionally(e -> "does not answer");
        return ledger.thenCombine(nodes, (ledgerSays, nodesSay) -> {
            boolean ready = ledgerSays.equals("ok") && nodesSay.equals("ok");
            ReadinessView view = new ReadinessView(ready, Map.of("ledger", ledgerSays, "nodes", nodesSay));
            return Responses.json(ready ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE, view);
        });
    }

    private CompletionStage<HttpResponse> nodes() {
        return inquiry.nodes()
                .thenCombine(
                        inquiry.board(),
                        (status, board) -> Responses.ok(
                                Views.nodes(status, board, context.clock().instant())));
    }

    private Route act(String node, String action) {
        Optional<Function<ActorRef<NodeReply>, NodeSupervisor.Command>> command = switch (action) {
            case "restart" -> Optional.of(replyTo -> new NodeSupervisor.RestartNode(node, replyTo));
            case "release" -> Optional.of(replyTo -> new NodeSupervisor.ReleaseNode(node, replyTo));
            case "drain" ->
                Optional.of(replyTo -> new NodeSupervisor.QuarantineNode(node, "drained by an operator", replyTo));
            case "quarantine" ->
                Optional.of(replyTo -> new NodeSupervisor.QuarantineNode(node, "quarantined by an operator", replyTo));
            default -> Optional.empty();
        };
        return command.map(c -> answer(inquiry.act(c).thenApply(this::nodeReply)))
                .orElseGet(() -> complete(Responses.problem(
                        StatusCodes.NOT_FOUND,
                        "drover:node.action-unknown",
                        "a node can be told drain, restart, quarantine or release, but not " + action)));
    }

    private HttpResponse nodeReply(NodeReply reply) {
        return switch (reply) {
            case NodeReply.Done it -> {
                NodeView view = Views.node(
                        it.status(), Optional.empty(), context.clock().instant());
                yield Responses.json(StatusCodes.ACCEPTED, view);
            }
            case NodeReply.UnknownNode it ->
                Responses.problem(
                        StatusCodes.NOT_FOUND,
                        "drover:node.unknown",
                        "there is no node " + it.node() + "; there are: " + String.join(", ", it.known()));
            case NodeReply.Unavailable it ->
                Responses.problem(
                        StatusCodes.SERVICE_UNAVAILABLE,
                        "drover:node.unavailable",
                        it.reason() + "; try again in " + it.retryAfter().toSeconds() + " s");
        };
    }

    private CompletionStage<HttpResponse> watchdog() {
        return inquiry.watchdogTable()
                .thenCombine(inquiry.board(), (table, board) -> Responses.ok(Views.watchdog(table, board.learned())));
    }

    private CompletionStage<HttpResponse> jobs() {
        return inquiry.board()
                .thenCombine(
                        inquiry.jobs(Optional.empty(), Optional.empty(), NEWEST_JOBS),
                        (board, newest) -> read(newest, found -> Views.overview(board, found)));
    }

    private static <T> HttpResponse read(ReadReply<T> reply, Function<T, Object> view) {
        return switch (reply) {
            case ReadReply.Found<T> it -> Responses.ok(view.apply(it.value()));
            case ReadReply.Unavailable<T> it ->
                Responses.problem(StatusCodes.SERVICE_UNAVAILABLE, "drover:ledger.unavailable", it.reason());
        };
    }

    private Route incidents() {
        return parameterOptional(StringUnmarshallers.INTEGER, "limit", limit -> {
            int wanted = limit.orElse(NEWEST_JOBS);
            if (wanted < 1 || wanted > MAX_INCIDENTS) {
                return complete(Responses.problem(
                        StatusCodes.BAD_REQUEST,
                        "drover:request.invalid",
                        "limit must be 1 to " + MAX_INCIDENTS + ", but was " + wanted));
            }
            return answer(inquiry.incidents(wanted).thenApply(reply -> read(reply, Views::incidents)));
        });
    }

    /** Reads a file, so not on the dispatcher that serves requests. */
    private CompletionStage<HttpResponse> reload() {
        return CompletableFuture.supplyAsync(context.reload(), blocking).thenApply(ManagementRoutes::reloaded);
    }

    private static HttpResponse reloaded(ReloadView view) {
        return view.applied()
                ? Responses.ok(view)
                : Responses.problem(
                        StatusCodes.UNPROCESSABLE_CONTENT,
                        "drover:config.invalid",
                        "everything stays as it was: " + String.join("; ", view.problems()));
    }

    private Route drain() {
        context.drain().run();
        return complete(Responses.json(StatusCodes.ACCEPTED, new ReadinessView(true, Map.of("drain", "under way"))));
    }

    private Route logLevels() {
        return complete(Responses.ok(new LogLevelsView(Logging.levels())));
    }

    private Route setLogLevels() {
        return entity(Unmarshaller.entityToString(), text -> {
            Map<String, String> levels;
            try {
                levels = new HashMap<>(JSON.readValue(text, LogLevelsView.class).levels());
            } catch (JsonProcessingException e) {
                return complete(Responses.problem(
                        StatusCodes.BAD_REQUEST,
                        "drover:request.invalid",
                        "expected {\"levels\": {\"LOGGER\": \"LEVEL\"}}: " + e.getOriginalMessage()));
            }
            try {
                levels.values().forEach(Logging::requireLevel);
                Logging.setLevels(levels);
                context.nodes().tell(new NodeSupervisor.SetLogLevels(levels));
            } catch (IllegalArgumentException e) {
                return complete(Responses.problem(
                        StatusCodes.BAD_REQUEST, "drover:request.invalid", String.valueOf(e.getMessage())));
            }
            return logLevels();
        });
    }
}
