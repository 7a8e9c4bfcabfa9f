package drover.management;

import drover.client.LogLevelsView;
import drover.client.ReadinessView;
import drover.client.ReportQuery;
import drover.client.ReportView;
import drover.inference.JobId;
import drover.ledger.JobLedger.ReadReply;
import drover.logging.Logging;
import drover.report.ReportDesk;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.Route;

/** What the operator's API answers. */
final class ManagementRoutes extends AllDirectives {
    private static final int NEWEST = 20;
    private static final int MAX_JOBS = 100;
    private static final int MAX_NEWEST = 1_000;
    /** For a report and those that come before it. */
    static final Duration PATIENCE = ReportDesk.TIME_LIMIT.multipliedBy(ReportDesk.MOST_WAITING + 1);

    private final ManagementContext context;
    private final Inquiry inquiry;
    private final Metrics metrics;
    private final ChangeRoutes changes;

    ManagementRoutes(ManagementContext context, Inquiry inquiry, Metrics metrics, Executor blocking) {
        this.context = context;
        this.inquiry = inquiry;
        this.metrics = metrics;
        this.changes = new ChangeRoutes(context, inquiry, blocking);
    }

    /** Health, open to everybody who can reach the port: a load balancer has no token, and nothing else is told. */
    Route health() {
        return concat(
                path("alive", () -> get(() -> complete(Responses.ok(new ReadinessView(true, Map.of()))))),
                path("ready", () -> get(() -> answer(readiness()))));
    }

    /** Everything else, for whoever has been let in. */
    Route guarded(Operator operator) {
        return concat(
                path("metrics", () -> get(() -> answer(metrics.scrape().thenApply(Responses::metrics)))),
                pathPrefix(
                        "drover",
                        () -> concat(
                                path("nodes", () -> get(() -> answer(nodes()))),
                                path("models", () -> get(() -> answer(models()))),
                                path("watchdog", () -> get(() -> answer(watchdog()))),
                                path("jobs", () -> get(() -> parameterMultiMap(this::jobs))),
                                path("incidents", () -> get(() -> parameterMultiMap(this::incidents))),
                                path("audit", () -> get(() -> parameterMultiMap(this::audit))),
                                path(
                                        "horde",
                                        () -> get(() -> answer(inquiry.horde().thenApply(Responses::ok)))),
                                path("report", () -> get(() -> parameterMultiMap(this::report))),
                                path(
                                        "config",
                                        () -> get(() -> complete(
                                                Responses.ok(context.config().get())))),
                                path(
                                        "log-levels",
                                        () -> get(() -> complete(Responses.ok(new LogLevelsView(Logging.levels()))))),
                                changes.of(operator))));
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

    private CompletionStage<HttpResponse> models() {
        return inquiry.nodes()
                .thenCombine(inquiry.board(), (status, board) -> Responses.ok(Views.models(status, board.withdrawn())));
    }

    private CompletionStage<HttpResponse> watchdog() {
        return inquiry.watchdogTable()
                .thenCombine(inquiry.board(), (table, board) -> Responses.ok(Views.watchdog(table, board.learned())));
    }

    private Route jobs(Map<String, List<String>> given) {
        Map<String, String> parameters = Inputs.parameters(given, Set.of("state", "model", "before", "limit"));
        int limit = Inputs.limit(parameters, NEWEST, MAX_JOBS);
        Optional<JobId> before = Optional.ofNullable(parameters.get("before")).map(Inputs::job);
        return answer(inquiry.board()
                .thenCombine(
                        inquiry.jobs(
                                Inputs.state(parameters), Optional.ofNullable(parameters.get("model")), before, limit),
                        (board, newest) -> read(newest, found -> Views.overview(board, found))));
    }

    private static <T> HttpResponse read(ReadReply<T> reply, Function<T, Object> view) {
        return switch (reply) {
            case ReadReply.Found<T> it -> Responses.ok(view.apply(it.value()));
            case ReadReply.Unavailable<T> it ->
                Responses.problem(StatusCodes.SERVICE_UNAVAILABLE, "drover:ledger.unavailable", it.reason());
        };
    }

    private Route incidents(Map<String, List<String>> given) {
        int limit = Inputs.limit(Inputs.parameters(given, Set.of("limit")), NEWEST, MAX_NEWEST);
        return answer(inquiry.incidents(limit).thenApply(reply -> read(reply, Views::incidents)));
    }

    private Route audit(Map<String, List<String>> given) {
        int limit = Inputs.limit(Inputs.parameters(given, Set.of("limit")), NEWEST, MAX_NEWEST);
        return answer(inquiry.audit(limit).thenApply(reply -> read(reply, Views::audit)));
    }

    /** May take minutes, which its caller knows. */
    private Route report(Map<String, List<String>> given) {
        ReportQuery query = Inputs.report(Inputs.parameters(given, Set.of("last", "node", "model")));
        if (context.reports().isEmpty()) {
            return complete(Responses.problem(
                    StatusCodes.SERVICE_UNAVAILABLE,
                    "drover:report.elsewhere",
                    "this host only has nodes; ask one with the job database"));
        }
        ReportDesk desk = context.reports().get();
        return withRequestTimeout(
                PATIENCE,
                () -> answer(desk.make(query).thenApply(reply -> switch (reply) {
                    case ReportDesk.Reply.Made(ReportView report) -> Responses.ok(report);
                    case ReportDesk.Reply.Busy(Duration retryAfter) ->
                        Responses.problem(
                                        StatusCodes.SERVICE_UNAVAILABLE,
                                        "drover:report.busy",
                                        "others wait for a report already; try again in " + retryAfter.toSeconds()
                                                + " s")
                                .addHeader(RawHeader.create("Retry-After", Long.toString(retryAfter.toSeconds())));
                    case ReportDesk.Reply.Unavailable(String reason) ->
                        Responses.problem(StatusCodes.SERVICE_UNAVAILABLE, "drover:report.unavailable", reason);
                })));
    }
}
