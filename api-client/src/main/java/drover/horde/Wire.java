package drover.horde;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.event.NoLogging;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.HttpsConnectionContext;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ClientConnectionSettings;
import org.apache.pekko.http.javadsl.settings.ConnectionPoolSettings;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.BufferOverflowException;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Sends one request and gets its whole answer, over one bounded pool of connections to each host, within limits of time
 * and size. Nothing is sent twice here, and nothing is logged: requests carry keys.
 */
final class Wire {
    private final ClassicActorSystemProvider system;
    private final ConnectionPoolSettings pool;

    Wire(ClassicActorSystemProvider system, HordeSettings.Limits limits) {
        this.system = system;
        this.pool = ConnectionPoolSettings.create(system.classicSystem())
                .withMaxConnections(limits.connections())
                .withMinConnections(0)
                .withMaxOpenRequests(limits.waiting())
                .withMaxRetries(0)
                .withPipeliningLimit(1)
                .withKeepAliveTimeout(limits.keepAlive())
                // Whoever retries has a back-off already; the pool's own would make calls wait in silence.
                .withBaseConnectionBackoff(Duration.ZERO)
                .withMaxConnectionBackoff(Duration.ZERO)
                .withConnectionSettings(ClientConnectionSettings.create(system.classicSystem())
                        .withConnectingTimeout(limits.connect())
                        .withIdleTimeout(limits.idle()));
    }

    /** Fails with a {@link TimeoutException}, or as the connection or the stream did. */
    CompletionStage<Reply> exchange(HttpRequest request, Duration whole, int maxBytes) {
        Http http = Http.get(system);
        HttpsConnectionContext tls = http.defaultClientHttpsContext();
        return within(
                whole,
                stop -> http.singleRequest(request, tls, pool, silent())
                        .thenCompose(response -> read(response, stop, maxBytes)));
    }

    /** A conversation that can be cut off. */
    interface Conversation<T> {
        CompletionStage<T> start(SharedKillSwitch stop);
    }

    /** Cuts it off when its time is over, or when it failed. */
    <T> CompletionStage<T> within(Duration whole, Conversation<T> conversation) {
        SharedKillSwitch stop = KillSwitches.shared("horde-exchange");
        return Patterns.timeout(
                        whole,
                        system.classicSystem().scheduler(),
                        system.classicSystem().dispatcher(),
                        () -> conversation.start(stop))
                .whenComplete((result, failure) -> {
                    if (failure != null) {
                        stop.abort(failure);
                    }
                });
    }

    CompletionStage<Reply> read(HttpResponse response, SharedKillSwitch stop, int maxBytes) {
        Map<String, String> headers = new HashMap<>();
        response.getHeaders()
                .forEach(header -> headers.putIfAbsent(header.name().toLowerCase(Locale.ROOT), header.value()));
        return bytes(response.entity(), stop, maxBytes)
                .thenApply(bytes -> new Reply(
                        response.status().intValue(),
                        response.entity().getContentType().toString(),
                        headers,
                        bytes.compact()));
    }

    private CompletionStage<ByteString> bytes(HttpEntity entity, SharedKillSwitch stop, int maxBytes) {
        // What came in one piece with its head needs no stream of its own.
        if (entity instanceof HttpEntity.Strict whole && whole.getData().length() <= maxBytes) {
            return CompletableFuture.completedFuture(whole.getData());
        }
        return entity.withSizeLimit(maxBytes)
                .getDataBytes()
                .via(stop.flow())
                .runWith(Sink.fold(ByteString.emptyByteString(), ByteString::concat), materializer());
    }

    /** Reads no more of it. */
    void cancel(HttpResponse response) {
        response.entity().getDataBytes().runWith(Sink.cancelled(), materializer());
    }

    Materializer materializer() {
        return SystemMaterializer.get(system).materializer();
    }

    static LoggingAdapter silent() {
        return NoLogging.getInstance();
    }

    /** Without what futures wrap around it. */
    static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Whether the request cannot have arrived. */
    static boolean neverSent(Throwable failure) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException
                    || cause instanceof UnknownHostException
                    || cause instanceof NoRouteToHostException
                    || cause instanceof BufferOverflowException
                    || cause instanceof UnresolvedAddressException
                    || cause instanceof Hops.ForbiddenAddress) {
                return true;
            }
        }
        return false;
    }

    /** What happened, for people. The words of foreign exceptions may hold addresses, so only their kind is told. */
    static String told(Throwable failure, Duration whole) {
        Throwable cause = cause(failure);
        if (cause instanceof TimeoutException) {
            return "not within " + whole.toMillis() + " ms, or silent for too long";
        }
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return switch (root) {
            case ConnectException e -> "the connection was refused";
            case UnknownHostException e -> "the host's name is not known";
            case UnresolvedAddressException e -> "the host's name is not known";
            case BufferOverflowException e -> "too many calls wait already";
            case EntityStreamSizeException e -> "the answer is too large";
            default -> "the connection broke (" + root.getClass().getSimpleName() + ")";
        };
    }
}
