package drover.management;

import drover.http.BearerToken;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.ExceptionHandler;
import org.apache.pekko.http.javadsl.server.MalformedQueryParamRejection;
import org.apache.pekko.http.javadsl.server.MethodRejection;
import org.apache.pekko.http.javadsl.server.RejectionHandler;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.management.cluster.javadsl.ClusterHttpManagementRoutes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the operator's API. */
public final class ManagementServer extends AllDirectives {
    private static final Logger log = LoggerFactory.getLogger(ManagementServer.class);
    private static final Duration GOODBYE = Duration.ofSeconds(2);

    private final BearerToken token;
    private final ActorSystem<?> system;
    private final Metrics metrics;
    private final ManagementRoutes routes;

    private ManagementServer(ManagementSettings settings, ManagementContext context, ActorSystem<?> system) {
        this.token = new BearerToken(settings.token());
        this.system = system;
        Inquiry inquiry = new Inquiry(context, system);
        this.metrics = new Metrics(inquiry, context.meters(), system);
        this.routes = new ManagementRoutes(
                context, inquiry, metrics, system.dispatchers().lookup(DispatcherSelector.blocking()));
    }

    /**
     * Starts to serve; ends with the actor system's coordinated shutdown.
     *
     * @return the binding, or a failure if the address cannot be had or would be open to other machines without a token
     */
    public static CompletionStage<ServerBinding> start(
            ManagementSettings settings, ManagementContext context, ActorSystem<?> system) {
        requireSafe(settings);
        Route route = new ManagementServer(settings, context, system).route();
        return Http.get(system)
                .newServerAt(settings.host(), settings.port())
                .bind(route)
                .thenApply(binding -> {
                    log.info("management listens on {}", binding.localAddress());
                    return binding.addToCoordinatedShutdown(GOODBYE, system);
                });
    }

    private Route route() {
        return handleRejections(
                rejections(),
                () -> handleExceptions(
                        failures(),
                        () -> concat(logged(routes.health()), extractRequest(request -> {
                            Optional<String> shown =
                                    request.getHeader("Authorization").map(header -> header.value());
                            return token.admits(shown) ? guarded() : complete(unauthorized());
                        }))));
    }

    private Route guarded() {
        return logged(concat(routes.guarded(), ClusterHttpManagementRoutes.readOnly(Cluster.get(system))));
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
                "show the token of drover.management.token in the header Authorization: Bearer TOKEN");
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
                        MalformedQueryParamRejection.class,
                        rejection -> complete(Responses.problem(
                                StatusCodes.BAD_REQUEST,
                                "drover:request.invalid",
                                rejection.parameterName() + " is not as expected: " + rejection.errorMsg())))
                .handleNotFound(complete(Responses.problem(
                        StatusCodes.NOT_FOUND, "drover:request.path", "there is nothing at this path")))
                .build();
    }

    private ExceptionHandler failures() {
        return ExceptionHandler.newBuilder()
                .matchAny(e -> {
                    Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
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

    private static void requireSafe(ManagementSettings settings) {
        boolean loopback;
        try {
            loopback = InetAddress.getByName(settings.host()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(
                    "management host must be a name or address of this machine, but was " + settings.host(), e);
        }
        if (!loopback && settings.token().isEmpty()) {
            throw new IllegalArgumentException("management would be open to other machines on " + settings.host()
                    + "; set drover.management.token, or listen on 127.0.0.1");
        }
    }
}
