package drover.management;

import static java.util.concurrent.CompletableFuture.completedFuture;

import drover.board.JobBoard;
import drover.client.LogLevelsView;
import drover.client.NodesView.NodeView;
import drover.client.ReadinessView;
import drover.client.ReloadView;
import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobState;
import drover.ledger.JobLedger.ReadReply;
import drover.logging.Logging;
import drover.management.Journal.Change;
import drover.node.NodeReply;
import drover.node.NodeSupervisor;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.PathMatchers;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.unmarshalling.Unmarshaller;

/** What an operator can change. Each change is written down before it is answered. */
final class ChangeRoutes extends AllDirectives {
    private static final String NO_SUCH_ACTION = "drover:request.path";

    private final ManagementContext context;
    private final Inquiry inquiry;
    private final Changes changes;
    private final Executor blocking;

    ChangeRoutes(ManagementContext context, Inquiry inquiry, Executor blocking) {
        this.context = context;
        this.inquiry = inquiry;
        this.changes = new Changes(inquiry.journal());
        this.blocking = blocking;
    }

    /** Below {@code /drover}. */
    Route of(Operator operator) {
        return concat(
                path(
                        PathMatchers.segment("nodes")
                                .slash(PathMatchers.segment())
                                .slash(PathMatchers.segment()),
                        (node, action) -> post(() -> withReason(reason -> node(operator, node, action, reason)))),
                path(
                        PathMatchers.segment("nodes")
                                .slash(PathMatchers.segment())
                                .slash("actors")
                                .slash(PathMatchers.segment())
                                .slash("restart"),
                        (node, actor) -> post(() -> withReason(reason -> actor(operator, node, actor, reason)))),
                path(
                        PathMatchers.segment("jobs")
                                .slash(PathMatchers.segment())
                                .slash(PathMatchers.segment()),
                        (job, action) -> post(() -> withReason(reason -> job(operator, job, action, reason)))),
                path(
                        PathMatchers.segment("models")
                                .slash(PathMatchers.segment())
                                .slash(PathMatchers.segment()),
                        (model, action) -> post(() -> withReason(reason -> model(operator, model, action, reason)))),
                path("reload", () -> post(() -> withReason(reason -> reload(operator, reason)))),
                path("drain", () -> post(() -> withReason(reason -> drain(operator, reason)))),
                path("log-levels", () -> put(() -> withBody(body -> setLogLevels(operator, body)))));
    }

    private Route withBody(Function<String, Route> inner) {
        return withSizeLimit(Inputs.MAX_BODY, () -> entity(Unmarshaller.entityToString(), inner));
    }

    private Route withReason(Function<Optional<String>, Route> inner) {
        return withBody(body -> inner.apply(Inputs.reason(body)));
    }

    private Route make(Operator operator, Change change, Supplier<CompletionStage<Outcome>> work) {
        return completeWithFuture(changes.make(operator, change, work));
    }

    // ---- nodes

    private Route node(Operator operator, String node, String action, Optional<String> reason) {
        String by = " by " + operator.name() + reason.map(text -> ": " + text).orElse("");
        Function<ActorRef<NodeReply>, NodeSupervisor.Command> command;
        switch (action) {
            case "drain" -> command = replyTo -> new NodeSupervisor.QuarantineNode(node, "drained" + by, replyTo);
            case "resume" -> command = replyTo -> new NodeSupervisor.ResumeNode(node, replyTo);
            case "restart" -> command = replyTo -> new NodeSupervisor.RestartNode(node, replyTo);
            case "quarantine" -> {
                if (reason.isEmpty()) {
                    throw new Refusal("a quarantine needs a reason: {\"reason\": \"TEXT\"}");
                }
                command = replyTo -> new NodeSupervisor.QuarantineNode(node, "quarantined" + by, replyTo);
            }
            case "release" -> command = replyTo -> new NodeSupervisor.ReleaseNode(node, replyTo);
            default -> {
                return complete(Responses.problem(
                        StatusCodes.NOT_FOUND,
                        NO_SUCH_ACTION,
                        "a node can be told drain, resume, restart, quarantine or release, but not " + action));
            }
        }
        return make(operator, new Change("node." + action, node, reason), () -> act(command));
    }

    private Route actor(Operator operator, String node, String actor, Optional<String> reason) {
        int index = Inputs.actor(actor);
        return make(
                operator,
                new Change("actor.restart", node + "/" + index, reason),
                () -> act(replyTo -> new NodeSupervisor.RestartSlot(node, index, replyTo)));
    }

    private CompletionStage<Outcome> act(Function<ActorRef<NodeReply>, NodeSupervisor.Command> command) {
        return inquiry.act(command).thenApply(this::nodeReply);
    }

    private Outcome nodeReply(NodeReply reply) {
        return switch (reply) {
            case NodeReply.Done it -> {
                NodeView view = Views.node(
                        it.status(), Optional.empty(), context.clock().instant());
                yield Outcome.done(Responses.json(StatusCodes.ACCEPTED, view));
            }
            case NodeReply.UnknownNode it ->
                Outcome.refused(
                        StatusCodes.NOT_FOUND,
                        "drover:node.unknown",
                        "there is no node " + it.node() + "; there are: " + String.join(", ", it.known()));
            case NodeReply.Refused it ->
                Outcome.refused(StatusCodes.CONFLICT, "drover:node.conflict", "node " + it.node() + " " + it.reason());
            case NodeReply.Unavailable it ->
                Outcome.refused(
                        StatusCodes.SERVICE_UNAVAILABLE,
                        "drover:node.unavailable",
                        it.reason() + "; try again in " + it.retryAfter().toSeconds() + " s");
        };
    }

    // ---- jobs

    private Route job(Operator operator, String job, String action, Optional<String> reason) {
        JobId id = Inputs.job(job);
        return switch (action) {
            case "cancel" -> make(operator, new Change("job.cancel", job, reason), () -> cancel(id));
            case "requeue" -> make(operator, new Change("job.requeue", job, reason), () -> requeue(id));
            default ->
                complete(Responses.problem(
                        StatusCodes.NOT_FOUND,
                        NO_SUCH_ACTION,
                        "a job can be told cancel or requeue, but not " + action));
        };
    }

    private CompletionStage<Outcome> cancel(JobId id) {
        return inquiry.cancel(id).thenCompose(reply -> switch (reply) {
            case JobBoard.CancelReply.Cancelled(Job job) -> completedFuture(shown(StatusCodes.OK, job));
            case JobBoard.CancelReply.NotHere _ ->
                withJob(
                        id,
                        job -> job.state() == JobState.CANCELLED
                                ? shown(StatusCodes.OK, job) // To cancel twice is fine.
                                : ended(job, "cannot be cancelled any more"));
        });
    }

    private CompletionStage<Outcome> requeue(JobId id) {
        return inquiry.requeue(id).thenCompose(reply -> switch (reply) {
            case JobBoard.RequeueReply.UnderWay _ -> withJob(id, job -> shown(StatusCodes.ACCEPTED, job));
            case JobBoard.RequeueReply.Waiting _ -> withJob(id, job -> shown(StatusCodes.OK, job));
            case JobBoard.RequeueReply.Refused(String reason) ->
                completedFuture(Outcome.refused(
                        StatusCodes.CONFLICT, "drover:job.conflict", "job " + id + " cannot be put back: " + reason));
            case JobBoard.RequeueReply.NotHere _ ->
                withJob(
                        id,
                        job -> ended(
                                job,
                                "whoever ordered it has been told so, and it has one end only; order it again as a new"
                                        + " job"));
        });
    }

    private CompletionStage<Outcome> withJob(JobId id, Function<Job, Outcome> found) {
        return inquiry.job(id).thenApply(reply -> switch (reply) {
            case ReadReply.Found<Optional<Job>>(Optional<Job> job) ->
                job.map(found)
                        .orElseGet(() -> Outcome.refused(
                                StatusCodes.NOT_FOUND, "drover:job.not-found", "there is no job " + id));
            case ReadReply.Unavailable<Optional<Job>> it ->
                Outcome.unknown(StatusCodes.SERVICE_UNAVAILABLE, "drover:ledger.unavailable", it.reason());
        });
    }

    private static Outcome shown(StatusCode status, Job job) {
        return Outcome.done(Responses.json(status, Views.summary(job)));
    }

    private static Outcome ended(Job job, String consequence) {
        return job.state().isTerminal() || job.state() == JobState.PRODUCED
                ? Outcome.refused(
                        StatusCodes.CONFLICT,
                        "drover:job.ended",
                        "job " + job.id() + " is " + job.state() + ": " + consequence)
                : Outcome.refused(
                        StatusCodes.SERVICE_UNAVAILABLE,
                        "drover:busy",
                        "job " + job.id() + " is on its way to the board; try again in a second");
    }

    // ---- models

    private Route model(Operator operator, String model, String action, Optional<String> reason) {
        return switch (action) {
            case "withdraw" -> {
                String why = reason.orElseThrow(
                        () -> new Refusal("a model is withdrawn for a reason: {\"reason\": \"TEXT\"}"));
                yield make(
                        operator,
                        new Change("model.withdraw", model, reason),
                        () -> withdraw(model, "was withdrawn by " + operator.name() + ": " + why));
            }
            case "release" ->
                make(
                        operator,
                        new Change("model.release", model, reason),
                        () -> inquiry.release(model).thenCompose(this::modelReply));
            default ->
                complete(Responses.problem(
                        StatusCodes.NOT_FOUND,
                        NO_SUCH_ACTION,
                        "a model can be told withdraw or release, but not " + action));
        };
    }

    /** Only a model that some node has: a name that was mistyped would be out for ever, and nobody would notice. */
    private CompletionStage<Outcome> withdraw(String model, String reason) {
        return inquiry.nodes()
                .thenCompose(status ->
                        status.nodes().stream().anyMatch(node -> node.models().contains(model))
                                ? inquiry.withdraw(model, reason).thenCompose(this::modelReply)
                                : completedFuture(Outcome.refused(
                                        StatusCodes.NOT_FOUND,
                                        "drover:model.unknown",
                                        "no node has a model " + model + "; GET /drover/models lists them")));
    }

    private CompletionStage<Outcome> modelReply(JobBoard.ModelReply reply) {
        return switch (reply) {
            case JobBoard.ModelReply.Done(var withdrawn) ->
                inquiry.nodes().thenApply(status -> Outcome.done(Responses.ok(Views.models(status, withdrawn))));
            case JobBoard.ModelReply.NotWithdrawn(String model, var _) ->
                completedFuture(Outcome.refused(
                        StatusCodes.CONFLICT, "drover:model.conflict", "the model " + model + " is not withdrawn"));
        };
    }

    // ---- Drover itself

    /** Reads a file, so not on the dispatcher that serves requests. */
    private Route reload(Operator operator, Optional<String> reason) {
        return make(
                operator,
                new Change("reload", "configuration", reason),
                () -> CompletableFuture.supplyAsync(context.reload(), blocking).thenApply(ChangeRoutes::reloaded));
    }

    private static Outcome reloaded(ReloadView view) {
        return view.applied()
                ? Outcome.done(Responses.ok(view))
                : Outcome.refused(
                        StatusCodes.UNPROCESSABLE_CONTENT,
                        "drover:config.invalid",
                        "everything stays as it was: " + String.join("; ", view.problems()));
    }

    /** Written down first: the database closes with everything else. */
    private Route drain(Operator operator, Optional<String> reason) {
        HttpResponse answer =
                Responses.json(StatusCodes.ACCEPTED, new ReadinessView(true, Map.of("drain", "under way")));
        return completeWithFuture(changes.make(
                        operator,
                        new Change("drain", "everything", reason),
                        () -> completedFuture(Outcome.done(answer)))
                .thenApply(response -> {
                    context.drain().run();
                    return response;
                }));
    }

    private Route setLogLevels(Operator operator, String body) {
        Inputs.Levels wanted = Inputs.levels(body);
        try {
            wanted.levels().values().forEach(Logging::requireLevel);
        } catch (IllegalArgumentException e) {
            throw new Refusal(String.valueOf(e.getMessage()));
        }
        return make(
                operator,
                new Change(
                        "log-levels",
                        "all processes",
                        Optional.of(wanted.levels()
                                + wanted.reason().map(why -> ": " + why).orElse(""))),
                () -> {
                    Logging.setLevels(wanted.levels());
                    context.nodes().tell(new NodeSupervisor.SetLogLevels(wanted.levels()));
                    return completedFuture(Outcome.done(Responses.ok(new LogLevelsView(Logging.levels()))));
                });
    }
}
