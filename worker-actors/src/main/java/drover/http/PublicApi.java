package drover.http;

import com.typesafe.config.ConfigFactory;
import drover.client.HealthView;
import drover.job.Tenant;
import drover.ledger.JobLedger;
import drover.ledger.LedgerStatistics;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.ExceptionHandler;
import org.apache.pekko.http.javadsl.server.MethodRejection;
import org.apache.pekko.http.javadsl.server.Rejection;
import org.apache.pekko.http.javadsl.server.RejectionHandler;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.server.UnacceptedResponseContentTypeRejection;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.http.scaladsl.model.IllegalRequestException;
import org.apache.pekko.stream.StreamTcpException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The public HTTP API: its address, its door, and the one place where failures become answers. */
public final class PublicApi extends AllDirectives {
    private static final Logger LOG = LoggerFactory.getLogger(PublicApi.class);
    private static final String TENANT = "Drover-Tenant";
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final HttpSettings settings;
    private final ApiContext context;
    private final Ask ask;
    private final Door door;
    private final JobRoutes jobs;
    private final ExceptionHandler failures = failures();
    private final RejectionHandler rejections = rejections();

    private PublicApi(ActorSystem<?> system, HttpSettings settings, ApiContext context) {
        this.settings = settings;
        this.context = context;
        this.ask = new Ask(settings.answerTimeout(), system.scheduler());
        this.door = new Door(settings);
        this.jobs = new JobRoutes(system, settings, context, ask);
    }

    /** Listens; the binding says on which port. */
    public static CompletionStage<ServerBinding> start(
            ActorSystem<?> system, HttpSettings settings, ApiContext context) {
        Route route = new PublicApi(system, settings, context).route();
        return Http.get(system)
                .newServerAt(settings.host(), settings.port())
                .withSettings(serverSettings(system, settings))
                .bind(route)
                .thenApply(binding -> {
                    InetSocketAddress address = binding.localAddress();
                    LOG.info("public API on http://{}:{}", address.getHostString(), address.getPort());
                    return binding;
                });
    }

    private static ServerSettings serverSettings(ActorSystem<?> system, HttpSettings settings) {
        Duration patience = settings.answerTimeout().plus(GRACE);
        Map<String, Object> own = Map.of(
                "pekko.http.server.parsing.error-handler",
                MalformedRequests.class.getName(),
                "pekko.http.server.parsing.illegal-header-warnings",
                "off",
                "pekko.http.server.parsing.max-content-length",
                settings.maxBody(),
                "pekko.http.server.request-timeout",
                patience.toMillis() + " ms",
                "pekko.http.server.server-header",
                "drover");
        return ServerSettings.create(
                ConfigFactory.parseMap(own).withFallback(system.settings().config()));
    }

    private Route route() {
        return extractRequest(request -> withRequestTimeoutResponse(
                late -> Answers.problem(
                        ProblemException.later(Problems.BUSY, "no answer within the time limit", GRACE), path(late)),
                () -> handleExceptions(
                        failures,
                        () -> handleRejections(
                                rejections,
                                () -> concat(
                                        path("health", () -> get(this::health)),
                                        pathPrefix("v1", () -> admitted(request, jobs::route)))))));
    }

    private Route admitted(HttpRequest request, Function<Tenant, Route> inner) {
        try {
            return inner.apply(door.admit(
                    request.getHeader("Authorization").map(HttpHeader::value),
                    request.getHeader(TENANT).map(HttpHeader::value)));
        } catch (ProblemException refused) {
            return answer(request, refused);
        }
    }

    private Route health() {
        return onSuccess(
                ask.of(context.ledger(), JobLedger.GetStatistics::new),
                (LedgerStatistics statistics) -> complete(Answers.json(
                        statistics.writable() ? 200 : 503,
                        new HealthView(statistics.writable() ? "ok" : "unavailable", statistics.unfinished()))));
    }

    private ExceptionHandler failures() {
        return ExceptionHandler.newBuilder()
                .matchAny(thrown -> extractRequest(request -> answer(request, problem(thrown))))
                .build();
    }

    private ProblemException problem(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return switch (cause) {
            case ProblemException e -> e;
            case EntityStreamSizeException e ->
                ProblemException.of(
                        Problems.BODY_TOO_LARGE, "the body is longer than " + settings.maxBody() + " bytes");
            case IllegalRequestException e ->
                ProblemException.of(Problems.HTTP_MALFORMED, e.info().summary());
            // The caller has hung up: nobody will read this, and nothing is wrong here.
            case EntityStreamException e -> brokenOff();
            case StreamTcpException e -> brokenOff();
            case TimeoutException e ->
                ProblemException.later(Problems.BUSY, "nobody answered within " + settings.answerTimeout(), GRACE);
            default -> {
                LOG.error("request failed", cause);
                yield ProblemException.of(Problems.INTERNAL, "this request hit a fault in Drover");
            }
        };
    }

    private static ProblemException brokenOff() {
        return ProblemException.of(Problems.HTTP_MALFORMED, "the request broke off");
    }

    private RejectionHandler rejections() {
        return RejectionHandler.newBuilder()
                .handleAll(MethodRejection.class, all -> {
                    String allowed = all.stream()
                            .map(rejection -> rejection.supported().value())
                            .distinct()
                            .collect(Collectors.joining(", "));
                    return respondWithHeader(
                            RawHeader.create("Allow", allowed),
                            () -> answer(request -> ProblemException.of(
                                    Problems.METHOD_NOT_ALLOWED,
                                    request.method().value() + " is not one of " + allowed)));
                })
                .handle(
                        UnacceptedResponseContentTypeRejection.class,
                        rejection -> answer(request -> ProblemException.of(
                                Problems.NOT_ACCEPTABLE, "Accept does not allow what this path answers with")))
                .handle(
                        Rejection.class,
                        rejection -> answer(request -> ProblemException.of(
                                Problems.HTTP_MALFORMED,
                                "the request was rejected: "
                                        + rejection.getClass().getSimpleName())))
                .handleNotFound(answer(request -> ProblemException.of(
                        Problems.ROUTE_NOT_FOUND,
                        "nothing is at " + request.getUri().path())))
                .build();
    }

    private Route answer(Function<HttpRequest, ProblemException> problem) {
        return extractRequest(request -> answer(request, problem.apply(request)));
    }

    private Route answer(HttpRequest request, ProblemException problem) {
        HttpResponse response = Answers.problem(problem, path(request));
        // What the caller still sends is let through to nowhere, so that it gets to read the answer.
        return extractMaterializer(materializer -> {
            request.discardEntityBytes(materializer);
            return complete(response);
        });
    }

    private static Optional<String> path(HttpRequest request) {
        return Optional.of(request.getUri().path());
    }
}
