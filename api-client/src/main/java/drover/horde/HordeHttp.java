package drover.horde;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JavaType;
import drover.horde.HordeError.Answer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls the API: writes JSON, reads JSON, sorts errors, and keeps quiet for as long as the server asks for it. */
final class HordeHttp {
    /** For what is only looked up: a few tries, and no long ones. */
    private static final Backoff LOOKUP = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30), 0.1);

    private static final int LOOKUP_ATTEMPTS = 4;
    private static final Duration LOOKUP_TIME = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(HordeHttp.class);

    private final HordeSettings settings;
    private final Wire wire;
    private final Retries retries;
    private final Failures failures;
    private final PresignedUrl.Target api;
    private final Map<Operation, Instant> quietUntil = new ConcurrentHashMap<>();

    HordeHttp(ClassicActorSystemProvider system, HordeSettings settings, Retries retries) {
        this.settings = settings;
        this.retries = retries;
        this.wire = new Wire(system, settings.limits());
        this.failures = new Failures(retries.clock(), settings.key());
        this.api = new PresignedUrl(settings.api().toString())
                .target()
                .orElseThrow(() -> new IllegalArgumentException("not an address of a Horde: " + settings.api()));
    }

    Retries retries() {
        return retries;
    }

    /** Once. */
    <T> CompletionStage<HordeResult<T>> call(Call<T> call) {
        Operation operation = call.operation();
        Instant now = retries.clock().instant();
        Instant quiet = quietUntil.getOrDefault(operation, Instant.MIN);
        if (quiet.isAfter(now)) {
            Answer held = new Answer(operation, 429, Optional.empty(), "", Optional.empty());
            return CompletableFuture.completedFuture(
                    new HordeResult.Failed<>(new HordeError.TooManyRequests(held, Duration.between(now, quiet), true)));
        }
        return wire.exchange(
                        request(call),
                        settings.limits().call(),
                        settings.limits().maxAnswerBytes())
                .handle((reply, failure) -> {
                    HordeResult<T> result = failure == null
                            ? read(call, reply)
                            : new HordeResult.Failed<>(new HordeError.NoAnswer(
                                    operation,
                                    api.origin(),
                                    Wire.told(failure, settings.limits().call()),
                                    !Wire.neverSent(failure)));
                    LOG.debug(
                            "{} to {}: {} after {} ms",
                            operation,
                            api.origin(),
                            failure == null
                                    ? "HTTP " + reply.status()
                                            + reply.node()
                                                    .map(n -> " from " + n)
                                                    .orElse("")
                                    : "none",
                            Duration.between(now, retries.clock().instant()).toMillis());
                    return result;
                });
    }

    /** As often as it is worth while, where repeating it does no harm. */
    <T> CompletionStage<HordeResult<T>> callAgain(Call<T> call) {
        return retries.run(
                new Retries.Plan(
                        LOOKUP, LOOKUP_ATTEMPTS, retries.clock().instant().plus(LOOKUP_TIME)),
                () -> call(call),
                result -> result instanceof HordeResult.Failed<T>(HordeError error)
                                && (call.operation().repeatable() || !error.outcomeUnknown())
                        ? again(error)
                        : Optional.empty());
    }

    /** How long to wait before the next try; empty for what no try mends. */
    static Optional<Duration> again(HordeError error) {
        return switch (error.advice()) {
            case RETRY, WAIT -> Optional.of(error.retryAfter().orElse(Duration.ZERO));
            case DROP, ACCEPTED, MAINTENANCE, STOP -> Optional.empty();
        };
    }

    private HttpRequest request(Call<?> call) {
        PresignedUrl.Target target = new PresignedUrl.Target(
                api.tls(), api.host(), api.port(), (api.path().equals("/") ? "" : api.path()) + call.path());
        HttpRequest request = Requests.to(call.method(), target)
                .addHeader(RawHeader.create("Accept", "application/json"))
                .addHeader(
                        RawHeader.create("Client-Agent", settings.clientAgent().toString()));
        if (call.operation().authenticated()) {
            request =
                    request.addHeader(RawHeader.create("apikey", settings.key().reveal()));
        }
        return call.body().isEmpty()
                ? request
                : request.withEntity(HttpEntities.create(
                        ContentTypes.APPLICATION_JSON, write(call.body().get())));
    }

    private <T> HordeResult<T> read(Call<T> call, Reply reply) {
        if (!reply.success()) {
            HordeError error = failures.of(call.operation(), reply);
            if (error instanceof HordeError.TooManyRequests tooMany
                    && !tooMany.pause().isZero()) {
                quietUntil.put(call.operation(), retries.clock().instant().plus(tooMany.pause()));
            }
            return new HordeResult.Failed<>(error);
        }
        try {
            T value = call.reader().read(reply);
            return value == null
                    ? new HordeResult.Failed<>(failures.unreadable(call.operation(), reply, "nothing"))
                    : new HordeResult.Ok<>(value);
        } catch (JsonProcessingException e) {
            return new HordeResult.Failed<>(failures.unreadable(
                    call.operation(),
                    reply,
                    reply.body().size() + " bytes of type " + reply.contentType() + ": " + e.getOriginalMessage()));
        } catch (IOException e) {
            throw new IllegalStateException("bytes in memory cannot fail to be read", e);
        }
    }

    private static byte[] write(Object body) {
        try {
            return HordeJson.mapper().writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + body.getClass(), e);
        }
    }

    /** A piece of a path or query, as it may stand there. */
    static String encoded(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A");
    }

    /**
     * Reads an answer.
     *
     * @param <T> what it is
     */
    interface Reader<T> {
        T read(Reply reply) throws IOException;
    }

    /**
     * One call.
     *
     * @param path below the API's address, encoded
     * @param body to be sent as JSON
     * @param reader of the answer
     */
    record Call<T>(Operation operation, HttpMethod method, String path, Optional<?> body, Reader<T> reader) {
        static <T> Call<T> of(Operation operation, HttpMethod method, String path, Class<T> type) {
            return new Call<>(
                    operation,
                    method,
                    path,
                    Optional.empty(),
                    reply -> HordeJson.mapper().readValue(reply.body().toArrayUnsafe(), type));
        }

        static <T> Call<T> of(Operation operation, HttpMethod method, String path, Object body, Class<T> type) {
            return new Call<>(
                    operation,
                    method,
                    path,
                    Optional.of(body),
                    reply -> HordeJson.mapper().readValue(reply.body().toArrayUnsafe(), type));
        }

        static <T> Call<List<T>> list(Operation operation, HttpMethod method, String path, Class<T> element) {
            JavaType type = HordeJson.mapper().getTypeFactory().constructCollectionType(List.class, element);
            return new Call<>(
                    operation,
                    method,
                    path,
                    Optional.empty(),
                    reply -> HordeJson.mapper().readValue(reply.body().toArrayUnsafe(), type));
        }
    }
}
