package drover.management;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RemoteAddress;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.ExceptionHandler;
import org.apache.pekko.http.javadsl.server.MalformedRequestContentRejection;
import org.apache.pekko.http.javadsl.server.MethodRejection;
import org.apache.pekko.http.javadsl.server.RejectionHandler;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.management.cluster.javadsl.ClusterHttpManagementRoutes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.concurrent.duration.FiniteDuration;

/** Serves the operator's API. */
public final class ManagementServer extends AllDirectives {
    private static final Logger log = LoggerFactory.getLogger(ManagementServer.class);
    private static final Duration GOODBYE = Duration.ofSeconds(2);

    private final Operators operators;
    private final ActorSystem<?> system;
    private final Metrics metrics;
    private final ManagementRoutes routes;

    private ManagementServer(ManagementSettings settings, ManagementContext context, ActorSystem<?> system) {
        this.operators = new Operators(settings);
        this.system = system;
        Inquiry inquiry = new Inquiry(context, system);
        this.metrics = new Metrics(inquiry, context.meters(), system);
        this.routes = new ManagementRoutes(
                context, inquiry, metrics, system.dispatchers().lookup(DispatcherSelector.blocking()));
    }

    /**
     * Starts to serve; ends with the actor system's coordinated shutdown.
     *
     * @return the binding, or a failure if the address cannot be had
     */
    public static CompletionStage<ServerBinding> start(
            ManagementSettings settings, ManagementContext context, ActorSystem<?> system) {
        Route route = new ManagementServer(settings, context, system).route();
        return Http.get(system)
                .newServerAt(settings.host(), settings.port())
                .withSettings(settings(system))
                .bind(route)
                .thenApply(binding -> {
                    log.info("management listens on {}", binding.localAddress());
                    return binding.addToCoordinatedShutdown(GOODBYE, system);
                });
    }

    /** A connection over which a report is awaited says nothing for minutes. */
    private static ServerSettings settings(ActorSystem<?> system) {
        ServerSettings standard = ServerSettings.create(system.classicSystem());
        return standard.withRemoteAddressAttribute(true)
                .withTimeouts(standard.getTimeouts()
                        .withIdleTimeout(
                                FiniteDuration.create(ManagementRoutes.PATIENCE.toSeconds(), TimeUnit.SECONDS)));
    }

    private Route route() {
        return handleRejections(
                rejections(),
                () -> handleExceptions(
                        failures(), () -> concat(logged(routes.health()), extractRequest(this::authenticated))));
    }

    private Route authenticated(HttpRequest request) {
        Optional<String> shown = request.getHeader("Authorization").map(HttpHeader::value);
        return operators
                .admit(shown)
                .map(name -> fromElsewhere(request)
                        ? complete(Responses.problem(
                                StatusCodes.FORBIDDEN,
                                "drover:request.origin",
                                "a page of another site may not do this"))
                        : guarded(new Operator(name, remote(request))))
                .orElseGet(() -> complete(unauthorized()));
    }

    /** A browser says from which page a change comes; without a token, any page could order one on this machine. */
    private static boolean fromElsewhere(HttpRequest request) {
        String host = request.getHeader("Host").map(HttpHeader::value).orElse("");
        return request.getHeader("Origin")
                .map(HttpHeader::value)
                .filter(origin -> !origin.equalsIgnoreCase("http://" + host))
                .isPresent();
    }

    /** Of the connection: what a header says of it, anybody could have written. */
    private static Optional<String> remote(HttpRequest request) {
        return request.getAttribute(AttributeKeys.remoteAddress)
                .flatMap(RemoteAddress::getAddress)
                .map(InetAddress::getHostAddress);
    }

    private Route guarded(Operator operator) {
        return logged(concat(routes.guarded(operator), ClusterHttpManagementRoutes.readOnly(Cluster.get(system))));
    }

    /** At debug only: health checks and scrapes come every few seconds. */
    private Route logged(Route inner) {
        return extractRequest(request -> mapResponse(
                response -> {
                    log.debug(
                            "{} {} {}",
                            request.method().name(),
                            request.getUri().path(),
                            response.status());
                    return response;
                },
                () -> inner));
    }

    private static HttpResponse unauthorized() {
        return Responses.problem(
                StatusCodes.UNAUTHORIZED,
                "drover:unauthorized",
                "show a token of drover.management in the header Authorization: Bearer TOKEN");
    }

    private static HttpResponse invalid(String detail) {
        return Responses.problem(StatusCodes.BAD_REQUEST, "drover:request.invalid", detail);
    }

    private RejectionHandler rejections() {
        return RejectionHandler.newBuilder()
                .handle(
                        MethodRejection.class,
                        rejection -> complete(Responses.problem(
                                StatusCodes.METHOD_NOT_ALLOWED,
                                "drover:request.method",
                                "only " + rejection.supported().name() + " is answered here")))
                .handle(
                        MalformedRequestContentRejection.class,
                        rejection -> complete(
                                rejection.getCause() instanceof EntityStreamSizeException
                                        ? Responses.problem(
                                                StatusCodes.CONTENT_TOO_LARGE,
                                                "drover:request.too-large",
                                                "a body has at most " + Inputs.MAX_BODY + " bytes")
                                        : invalid("the body cannot be read: " + rejection.message())))
                .handleNotFound(complete(Responses.problem(
                        StatusCodes.NOT_FOUND, "drover:request.path", "there is nothing at this path")))
                .build();
    }

    private ExceptionHandler failures() {
        return ExceptionHandler.newBuilder()
                .matchAny(e -> {
                    Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
                    if (cause instanceof Refusal refusal) {
                        return complete(invalid(refusal.detail()));
                    }
                    if (cause instanceof TimeoutException) {
                        return complete(Responses.problem(
                                StatusCodes.SERVICE_UNAVAILABLE,
                                "drover:unavailable",
                                "the runtime did not answer in time; try again in some seconds"));
                    }
                    log.error("a management request failed", cause);
                    return complete(Responses.problem(
                            StatusCodes.INTERNAL_SERVER_ERROR, "drover:internal", "unexpected; the log says more"));
                })
                .build();
    }
}
