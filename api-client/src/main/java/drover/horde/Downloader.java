package drover.horde;

import drover.horde.DownloadOutcome.Fetched;
import drover.horde.DownloadOutcome.NotFetched;
import drover.horde.DownloadOutcome.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.dispatch.Dispatchers;
import org.apache.pekko.http.javadsl.ClientTransport;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.OutgoingConnectionBuilder;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.settings.ClientConnectionSettings;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Fetches from addresses that strangers chose. Size and time are bounded; a machine's own and its network's addresses are
 * refused unless allowed, on every hop of a redirect, and the address that was checked is the one that is connected to, so
 * that a name cannot point elsewhere in between. Each fetch has a connection of its own, which is cut when its time is
 * over. Safe for use by many threads.
 */
public final class Downloader {
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(250), Duration.ofSeconds(5), 0.2);

    private final ClassicActorSystemProvider system;
    private final Limits limits;
    private final Retries retries;
    private final Wire wire;
    private final ClientConnectionSettings connection;

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

    /** An address that may not be fetched from. */
    static final class ForbiddenAddress extends IOException {
        private static final long serialVersionUID = 1;

        ForbiddenAddress(String host) {
            super(host + " is, or also is, an address of this machine or its network");
        }
    }

    /** A downloader that asks the operating system for addresses. */
    public Downloader(ClassicActorSystemProvider system, Limits limits, Retries retries) {
        this(
                system,
                limits,
                retries,
                AddressResolver.system(
                        system.classicSystem().dispatchers().lookup(Dispatchers.DefaultBlockingDispatcherId())),
                address -> limits.allowPrivate() || PublicAddresses.contain(address));
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
        this.system = system;
        this.limits = limits;
        this.retries = retries;
        this.wire = new Wire(system, HordeSettings.Limits.DEFAULT);
        this.connection = ClientConnectionSettings.create(system.classicSystem())
                .withConnectingTimeout(limits.connect())
                .withIdleTimeout(limits.idle())
                .withTransport(ClientTransport.withCustomResolver((host, port) ->
                        checked(resolver, permitted, host).thenApply(to -> new InetSocketAddress(to, (int) port))));
    }

    /** The address to connect to. One that is not permitted spoils all: which of them is used is chance. */
    private static CompletionStage<InetAddress> checked(
            AddressResolver resolver, Predicate<InetAddress> permitted, String host) {
        String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return resolver.resolve(name).thenApply(found -> {
            if (!found.stream().allMatch(permitted)) {
                throw new CompletionException(new ForbiddenAddress(host));
            }
            return found.getFirst();
        });
    }

    /**
     * Fetches all of it into memory.
     *
     * @param url from where
     * @param until no try starts after this
     */
    public CompletionStage<DownloadOutcome> fetch(PresignedUrl url, Instant until) {
        return retries.run(
                new Retries.Plan(BACKOFF, limits.attempts(), until),
                () -> attempt(url),
                outcome -> outcome instanceof NotFetched(Reason reason, String message) && reason == Reason.UNREACHABLE
                        ? Optional.of(Duration.ZERO)
                        : Optional.empty());
    }

    private CompletionStage<DownloadOutcome> attempt(PresignedUrl url) {
        return wire.within(limits.whole(), stop -> hop(url, stop, limits.redirects()))
                .exceptionally(failure -> failed(url, failure));
    }

    private CompletionStage<DownloadOutcome> hop(PresignedUrl url, SharedKillSwitch stop, int redirectsLeft) {
        Optional<PresignedUrl.Target> target = url.target();
        if (target.isEmpty()) {
            return done(Reason.BAD_ADDRESS, "only http and https addresses are fetched from, not " + url);
        }
        return exchange(target.get(), stop).thenCompose(reply -> {
            if (reply.success()) {
                return CompletableFuture.completedFuture(new Fetched(reply.body(), reply.contentType()));
            }
            Optional<String> location = reply.header("Location");
            if (reply.status() / 100 == 3 && location.isPresent()) {
                return redirectsLeft == 0
                        ? done(Reason.TOO_MANY_REDIRECTS, url + " redirects more than " + limits.redirects() + " times")
                        : hop(next(target.get(), location.get()), stop, redirectsLeft - 1);
            }
            boolean passing = reply.status() >= 500 || reply.status() == 408 || reply.status() == 429;
            return done(passing ? Reason.UNREACHABLE : Reason.REFUSED, url + " answered HTTP " + reply.status());
        });
    }

    private static CompletionStage<DownloadOutcome> done(Reason reason, String message) {
        return CompletableFuture.completedFuture(new NotFetched(reason, message));
    }

    private CompletionStage<Reply> exchange(PresignedUrl.Target target, SharedKillSwitch stop) {
        HttpRequest request = Requests.to(HttpMethods.GET, target);
        OutgoingConnectionBuilder to = Http.get(system)
                .connectionTo(target.host())
                .toPort(target.port())
                .withClientConnectionSettings(connection)
                .logTo(Wire.silent());
        // The request side stays open: some servers take its end for a hang-up.
        return Source.single(request)
                .concat(Source.never())
                .via(stop.flow())
                .via(target.tls() ? to.https() : to.http())
                .runWith(Sink.head(), wire.materializer())
                .thenCompose(response -> wire.read(response, stop, limits.maxBytes()));
    }

    /** Where a redirect leads. What cannot be read leads nowhere. */
    private static PresignedUrl next(PresignedUrl.Target from, String location) {
        if (location.matches("(?i)[a-z][a-z0-9+.-]*:.*")) {
            return new PresignedUrl(location);
        }
        try {
            return new PresignedUrl(
                    URI.create(from.origin() + from.path()).resolve(location).toString());
        } catch (IllegalArgumentException e) {
            return new PresignedUrl("");
        }
    }

    private DownloadOutcome failed(PresignedUrl url, Throwable failure) {
        for (Throwable cause : causes(failure)) {
            if (cause instanceof ForbiddenAddress) {
                return new NotFetched(Reason.FORBIDDEN_ADDRESS, cause.getMessage() + "; " + url + " is not fetched");
            }
            if (cause instanceof EntityStreamSizeException) {
                return new NotFetched(Reason.TOO_LARGE, url + " is larger than " + limits.maxBytes() + " bytes");
            }
        }
        return new NotFetched(Reason.UNREACHABLE, url + " cannot be fetched: " + Wire.told(failure, limits.whole()));
    }

    private static List<Throwable> causes(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .limit(20)
                .toList();
    }
}
