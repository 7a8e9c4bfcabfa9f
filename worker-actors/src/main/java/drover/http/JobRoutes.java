package drover.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import drover.board.JobBoard;
import drover.board.JobBoard.CancelReply;
import drover.client.DroverJson;
import drover.client.JobPage;
import drover.client.JobRequest;
import drover.client.JobView;
import drover.client.Problem.FieldError;
import drover.client.ProgressView;
import drover.feed.JobFeed;
import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.job.Tenant;
import drover.ledger.JobLedger;
import drover.ledger.JobLedger.AcceptReply;
import drover.ledger.JobLedger.IdempotencyKey;
import drover.ledger.JobLedger.ReadReply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.PathMatchers;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.Materializer;

/** {@code /v1/jobs} and what is below it. */
final class JobRoutes extends AllDirectives {
    private static final Duration ON_ITS_WAY = Duration.ofSeconds(1);
    private static final int DEFAULT_LIMIT = 20;
    private static final int MAX_LIMIT = 100;

    private final HttpSettings settings;
    private final ApiContext context;
    private final Ask ask;
    private final RequestCheck check;
    private final InputDesk inputs;
    private final EventRoute events;
    private final PreviewRoute previews;
    private final AssetRoute assets;

    JobRoutes(ActorSystem<?> system, HttpSettings settings, ApiContext context, Ask ask) {
        this.settings = settings;
        this.context = context;
        this.ask = ask;
        this.check = new RequestCheck(
                settings.limits(), context.models(), context.seeds(), context.safety(), context.faults());
        this.inputs = new InputDesk(system, context.assets());
        this.previews = new PreviewRoute(context, ask);
        this.events = new EventRoute(context.feed(), settings, previews);
        this.assets = new AssetRoute(system, context.assets());
    }

    /** What a caller of this tenant gets. */
    Route route(Tenant tenant) {
        return pathPrefix(
                "jobs",
                () -> concat(
                        pathEndOrSingleSlash(() -> concat(post(() -> submit(tenant)), get(this::list))),
                        pathPrefix(
                                PathMatchers.segment(),
                                segment -> concat(
                                        pathEnd(() -> concat(
                                                get(() -> show(id(segment))), delete(() -> cancel(id(segment))))),
                                        path("events", () -> get(() -> follow(id(segment)))),
                                        path("preview", () -> get(() -> preview(id(segment)))),
                                        path(
                                                PathMatchers.segment("assets")
                                                        .slash(PathMatchers.segment())
                                                        .slash(PathMatchers.segment("thumbnail")),
                                                index -> get(() -> thumbnail(id(segment), index))),
                                        path(
                                                PathMatchers.segment("assets").slash(PathMatchers.segment()),
                                                index -> get(() -> asset(id(segment), index)))))));
    }

    private static JobId id(String segment) {
        try {
            return new JobId(segment);
        } catch (IllegalArgumentException e) {
            throw ProblemException.of(Problems.JOB_BAD_ID, String.valueOf(e.getMessage()));
        }
    }

    private Route submit(Tenant tenant) {
        return extractRequest(request -> {
            Negotiation.answersJson(request);
            Negotiation.sendsJson(request);
            return extractMaterializer(materializer -> onSuccess(body(request, materializer), entity -> {
                JobRequest read = JobRequestReader.read(entity.getData().toArrayUnsafe());
                JobOrder order = check.check(read);
                return onSuccess(accept(order, tenant, key(request, read, tenant)), this::accepted);
            }));
        });
    }

    private CompletionStage<HttpEntity.Strict> body(HttpRequest request, Materializer materializer) {
        return request.entity()
                .withSizeLimit(settings.maxBody())
                // The library's own limit, 8 MiB, would say that the request broke off.
                .toStrict(settings.answerTimeout().toMillis(), Long.MAX_VALUE, materializer)
                .exceptionally(failure -> {
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    throw cause instanceof TimeoutException
                            ? ProblemException.of(
                                    Problems.BODY_TIMEOUT,
                                    "the body was not complete within " + settings.answerTimeout())
                            : new CompletionException(cause);
                });
    }

    private CompletionStage<AcceptReply> accept(JobOrder order, Tenant tenant, Optional<IdempotencyKey> key) {
        JobId id = context.ids().get();
        return inputs.keep(order, id)
                .thenCompose(request -> {
                    // The ledger keeps microseconds on every database.
                    Instant now = context.clock().instant().truncatedTo(ChronoUnit.MICROS);
                    JobEvent.Accepted event =
                            new JobEvent.Accepted(id, now, request, order.priority(), now.plus(order.useful()), tenant);
                    return ask.<JobLedger.Command, AcceptReply>of(
                            context.ledger(), replyTo -> new JobLedger.Accept(event, key, replyTo));
                })
                .thenApply(reply -> {
                    // Without an answer the job may have been accepted, so its inputs stay.
                    if (!(reply instanceof AcceptReply.Accepted)) {
                        inputs.forget(order, id);
                    }
                    return reply;
                });
    }

    private Route accepted(AcceptReply reply) {
        return switch (reply) {
            case AcceptReply.Accepted(Job job) -> located(202, job);
            case AcceptReply.Repeated(Job job) -> located(200, job);
            case AcceptReply.KeyConflict(JobId job) ->
                throw ProblemException.of(Problems.KEY_CONFLICT, "the key belongs to the request of job " + job);
            case AcceptReply.TooMany(int unfinished, var retryAfter) ->
                throw ProblemException.later(
                        Problems.TOO_MANY_JOBS, unfinished + " jobs have not come to their end", retryAfter);
            case AcceptReply.Unavailable(String reason, var retryAfter) ->
                throw ProblemException.later(Problems.LEDGER_UNAVAILABLE, reason, retryAfter);
        };
    }

    private Route located(int status, Job job) {
        return complete(Answers.json(
                status, JobViews.of(job, Optional.empty()), RawHeader.create("Location", "/v1/jobs/" + job.id())));
    }

    private static Optional<IdempotencyKey> key(HttpRequest request, JobRequest read, Tenant tenant) {
        Optional<String> key = request.getHeader("Idempotency-Key").map(HttpHeader::value);
        key.filter(k -> !k.matches("[!-~]{1,255}")).ifPresent(k -> {
            throw ProblemException.of(Problems.KEY_INVALID, "the Idempotency-Key has " + k.length() + " characters");
        });
        return key.map(k -> new IdempotencyKey(own(k, tenant), hash(read)));
    }

    /** Two tenants may use the same key. A key has no blanks, so what begins with another tenant's name is not mistaken. */
    private static String own(String key, Tenant tenant) {
        return tenant.equals(Tenant.DEFAULT) ? key : tenant + " " + sha256(key.getBytes(StandardCharsets.US_ASCII));
    }

    /** Of what was asked for, not of how it was written: blanks and the order of fields do not matter. */
    private static String hash(JobRequest request) {
        try {
            return sha256(DroverJson.mapper().writeValueAsBytes(request));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot hash a request", e);
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private Route list() {
        return extractRequest(request -> {
            Negotiation.answersJson(request);
            return parameterMultiMap(parameters -> {
                ListQuery query = ListQuery.of(parameters);
                CompletionStage<List<Job>> found = ask.<JobLedger.Command, ReadReply<List<Job>>>of(
                                context.ledger(),
                                replyTo -> new JobLedger.Query(query.state(), query.before(), query.limit(), replyTo))
                        .thenApply(JobRoutes::read);
                return onSuccess(found, jobs -> complete(Answers.json(200, page(jobs, query.limit()))));
            });
        });
    }

    private static JobPage page(List<Job> jobs, int limit) {
        List<JobView> views =
                jobs.stream().map(job -> JobViews.of(job, Optional.empty())).toList();
        return new JobPage(
                views,
                views.size() < limit
                        ? Optional.empty()
                        : Optional.of(views.getLast().id()));
    }

    /** What a list is asked for. */
    private record ListQuery(Optional<JobState> state, Optional<JobId> before, int limit) {
        static ListQuery of(Map<String, List<String>> parameters) {
            parameters.forEach((name, values) -> {
                if (!List.of("state", "before", "limit").contains(name)) {
                    throw wrong(name, "is not a known parameter");
                }
                if (values.size() > 1) {
                    throw wrong(name, "is given " + values.size() + " times");
                }
            });
            return new ListQuery(
                    one(parameters, "state").map(ListQuery::state),
                    one(parameters, "before").map(JobRoutes::id),
                    one(parameters, "limit").map(ListQuery::limit).orElse(DEFAULT_LIMIT));
        }

        private static Optional<String> one(Map<String, List<String>> parameters, String name) {
            return parameters.getOrDefault(name, List.of()).stream().findFirst();
        }

        private static JobState state(String name) {
            return Arrays.stream(JobState.values())
                    .filter(state -> Names.of(state).equals(name))
                    .findFirst()
                    .orElseThrow(() -> wrong(
                            "state",
                            "must be one of "
                                    + Arrays.stream(JobState.values())
                                            .map(Names::of)
                                            .collect(Collectors.joining(", "))));
        }

        private static int limit(String digits) {
            int limit = digits.matches("[0-9]{1,4}") ? Integer.parseInt(digits) : 0;
            if (limit < 1 || limit > MAX_LIMIT) {
                throw wrong("limit", "must be 1 to " + MAX_LIMIT);
            }
            return limit;
        }

        private static ProblemException wrong(String parameter, String detail) {
            return ProblemException.of(Problems.QUERY_INVALID, List.of(new FieldError(parameter, detail)));
        }
    }

    private Route show(JobId id) {
        return extractRequest(request -> {
            Negotiation.answersJson(request);
            CompletionStage<JobView> shown =
                    find(id).thenCompose(job -> progress(job).thenApply(progress -> JobViews.of(job, progress)));
            return onSuccess(shown, view -> complete(Answers.json(200, view)));
        });
    }

    private CompletionStage<Optional<ProgressView>> progress(Job job) {
        if (!job.state().isOut()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return ask.<JobFeed.Command, JobFeed.LatestProgress>of(
                        context.feed(), replyTo -> new JobFeed.GetProgress(job.id(), replyTo))
                .thenApply(latest -> latest.progress()
                        .map(at -> JobViews.progress(at.attempt().number(), at.position())));
    }

    private CompletionStage<Job> find(JobId id) {
        return ask.<JobLedger.Command, ReadReply<Optional<Job>>>of(
                        context.ledger(), replyTo -> new JobLedger.Find(id, replyTo))
                .thenApply(JobRoutes::read)
                .thenApply(found ->
                        found.orElseThrow(() -> ProblemException.of(Problems.JOB_NOT_FOUND, "there is no job " + id)));
    }

    private static <T> T read(ReadReply<T> reply) {
        return switch (reply) {
            case ReadReply.Found<T>(T value) -> value;
            case ReadReply.Unavailable<T>(String reason, var retryAfter) ->
                throw ProblemException.later(Problems.LEDGER_UNAVAILABLE, reason, retryAfter);
        };
    }

    private Route cancel(JobId id) {
        return extractRequest(request -> {
            Negotiation.answersJson(request);
            CompletionStage<Job> cancelled = ask.<JobBoard.Command, CancelReply>of(
                            context.board(), replyTo -> new JobBoard.CancelJob(id, replyTo))
                    .thenCompose(reply -> switch (reply) {
                        case CancelReply.Cancelled(Job job) -> CompletableFuture.completedFuture(job);
                        case CancelReply.NotHere() -> find(id).thenApply(JobRoutes::alreadyCancelled);
                    });
            return onSuccess(cancelled, job -> complete(Answers.json(200, JobViews.of(job, Optional.empty()))));
        });
    }

    /** To cancel twice is fine. */
    private static Job alreadyCancelled(Job job) {
        if (job.state() == JobState.CANCELLED) {
            return job;
        }
        if (job.state().isTerminal() || job.state() == JobState.PRODUCED) {
            throw ProblemException.of(Problems.JOB_ENDED, "job " + job.id() + " is " + Names.of(job.state()));
        }
        throw ProblemException.later(Problems.BUSY, "job " + job.id() + " is on its way to the board", ON_ITS_WAY);
    }

    private Route follow(JobId id) {
        return extractRequest(request -> {
            Negotiation.answers(request, MediaTypes.TEXT_EVENT_STREAM);
            boolean shown = flag(request, "previews");
            return onSuccess(find(id), job -> events.route(id, request, shown));
        });
    }

    private static boolean flag(HttpRequest request, String name) {
        String value = request.getUri().query().get(name).orElse("false");
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw ProblemException.of(
                        Problems.QUERY_INVALID, List.of(new FieldError(name, "must be true or false")));
        };
    }

    private Route preview(JobId id) {
        return extractRequest(request -> {
            Negotiation.answers(request, MediaTypes.IMAGE_JPEG);
            return onSuccess(find(id).thenCompose(previews::latest), answer -> complete(answer));
        });
    }

    private Route asset(JobId id, String index) {
        return extractRequest(request -> onSuccess(find(id), job -> assets.route(job, index, request)));
    }

    private Route thumbnail(JobId id, String index) {
        return extractRequest(request -> onSuccess(find(id), job -> assets.thumbnail(job, index, request)));
    }
}
