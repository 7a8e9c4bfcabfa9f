package drover.horde;

import drover.horde.DownloadOutcome.Fetched;
import drover.horde.DownloadOutcome.NotFetched;
import drover.horde.DownloadOutcome.Reason;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.SharedKillSwitch;

/**
 * Fetches from addresses that strangers chose, into memory. Size and time are bounded, and {@link Hops} says where it does
 * not go. The connection is cut when its time is over. Safe for use by many threads.
 */
public final class Downloader {
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(250), Duration.ofSeconds(5), 0.2);

    private final Limits limits;
    private final Retries retries;
    private final Wire wire;
    private final Hops hops;

    /**
     * What a fetch may take.
     *
     * @param maxBytes of what is fetched
     * @param connect until the connection stands
     * @param idle without a byte
     * @param whole one try, with all redirects
     * @param redirects at most
     * @param attempts tries at most
     * @param allowPrivate whether a machine's own and its network's addresses may be fetched from
     */
    public record Limits(
            int maxBytes,
            Duration connect,
            Duration idle,
            Duration whole,
            int redirects,
            int attempts,
            boolean allowPrivate) {
        /** For source images: the server takes up to 5 MB, and the job waits. */
        public static final Limits SOURCE_IMAGES =
                new Limits(8 << 20, Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(20), 3, 5, false);

        /** The same with or without a machine's own and its network's addresses. */
        public Limits withPrivate(boolean allowed) {
            return new Limits(maxBytes, connect, idle, whole, redirects, attempts, allowed);
        }
    }

    /** A downloader that asks the operating system for addresses. */
    public Downloader(ClassicActorSystemProvider system, Limits limits, Retries retries) {
        this(system, limits, retries, Hops.systemResolver(system), Hops.permitted(limits.allowPrivate()));
    }

    /**
     * A downloader.
     *
     * @param system whose threads it uses
     * @param retries clock, timer and chance
     * @param resolver finds the addresses of names
     * @param permitted whether an address may be connected to
     */
    Downloader(
            ClassicActorSystemProvider system,
            Limits limits,
            Retries retries,
            AddressResolver resolver,
            Predicate<InetAddress> permitted) {
        this.limits = limits;
        this.retries = retries;
        this.wire = new Wire(system, HordeSettings.Limits.DEFAULT);
        this.hops = new Hops(system, limits.connect(), limits.idle(), limits.redirects(), resolver, permitted);
    }

    /**
     * Fetches all of it into memory.
     *
     * @param url from where
     * @param until no try starts after this
     */
    public CompletionStage<DownloadOutcome> fetch(PresignedUrl url, Instant until) {
        return fetch(url, Optional.empty(), until);
    }

    /**
     * Fetches all of it into memory.
     *
     * @param url from where
     * @param bearer what to show to the place that it is meant for
     * @param until no try starts after this
     */
    public CompletionStage<DownloadOutcome> fetch(PresignedUrl url, Optional<Bearer> bearer, Instant until) {
        return retries.run(
                new Retries.Plan(BACKOFF, limits.attempts(), until),
                () -> attempt(url, bearer),
                outcome -> outcome instanceof NotFetched(Reason reason, String message) && reason == Reason.UNREACHABLE
                        ? Optional.of(Duration.ZERO)
                        : Optional.empty());
    }

    private CompletionStage<DownloadOutcome> attempt(PresignedUrl url, Optional<Bearer> bearer) {
        return wire.within(
                        limits.whole(),
                        stop -> hops.go(url, target -> Bearer.headers(bearer, target), stop)
                                .thenCompose(arrival -> receive(arrival, stop)))
                .exceptionally(failure -> failed(url, failure));
    }

    private CompletionStage<DownloadOutcome> receive(Hops.Arrival arrival, SharedKillSwitch stop) {
        return switch (arrival) {
            case Hops.Arrival.Barred(Reason reason, String message) ->
                CompletableFuture.completedFuture(new NotFetched(reason, message));
            case Hops.Arrival.Answered(PresignedUrl url, HttpResponse response) ->
                wire.read(response, stop, limits.maxBytes()).thenApply(reply -> judge(url, reply));
        };
    }

    private static DownloadOutcome judge(PresignedUrl url, Reply reply) {
        if (reply.success()) {
            return new Fetched(reply.body(), reply.contentType());
        }
        return new NotFetched(
                passes(reply.status()) ? Reason.UNREACHABLE : Reason.REFUSED, url + " answered HTTP " + reply.status());
    }

    /** Whether the same may be answered otherwise soon. */
    static boolean passes(int status) {
        return status >= 500 || status == 408 || status == 429;
    }

    private DownloadOutcome failed(PresignedUrl url, Throwable failure) {
        for (Throwable cause : causes(failure)) {
            if (cause instanceof Hops.ForbiddenAddress) {
                return new NotFetched(Reason.FORBIDDEN_ADDRESS, cause.getMessage() + "; " + url + " is not fetched");
            }
            if (cause instanceof EntityStreamSizeException) {
                return new NotFetched(Reason.TOO_LARGE, url + " is larger than " + limits.maxBytes() + " bytes");
            }
        }
        return new NotFetched(Reason.UNREACHABLE, url + " cannot be fetched: " + Wire.told(failure, limits.whole()));
    }

    /** The failure and what is behind it. */
    static List<Throwable> causes(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .limit(20)
                .toList();
    }
}
