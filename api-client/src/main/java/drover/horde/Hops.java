package drover.horde;

import drover.horde.DownloadOutcome.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.dispatch.Dispatchers;
import org.apache.pekko.http.javadsl.ClientTransport;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.OutgoingConnectionBuilder;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ClientConnectionSettings;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The way to an address that a stranger chose. A machine's own and its network's addresses are refused unless allowed, on
 * every hop of a redirect, and the address that was checked is the one that is connected to, so that a name cannot point
 * elsewhere in between. Each hop has a connection of its own. Safe for use by many threads.
 */
final class Hops {
    private final ClassicActorSystemProvider system;
    private final int redirects;
    private final ClientConnectionSettings connection;

    /** Where the way ended. */
    sealed interface Arrival {
        /**
         * Somebody answered, and not with a redirect. The answer's bytes have to be read or cancelled.
         *
         * @param url who answered
         */
        record Answered(PresignedUrl url, HttpResponse response) implements Arrival {}

        /** The way is not gone. */
        record Barred(Reason reason, String message) implements Arrival {}
    }

    /** An address that may not be fetched from. */
    static final class ForbiddenAddress extends IOException {
        private static final long serialVersionUID = 1;

        ForbiddenAddress(String host) {
            super(host + " is, or also is, an address of this machine or its network");
        }
    }

    /**
     * Ways.
     *
     * @param system whose threads they use
     * @param connect until a connection stands
     * @param idle without a byte
     * @param redirects at most
     * @param resolver finds the addresses of names
     * @param permitted whether an address may be connected to
     */
    Hops(
            ClassicActorSystemProvider system,
            Duration connect,
            Duration idle,
            int redirects,
            AddressResolver resolver,
            Predicate<InetAddress> permitted) {
        this.system = system;
        this.redirects = redirects;
        this.connection = ClientConnectionSettings.create(system.classicSystem())
                .withConnectingTimeout(connect)
                .withIdleTimeout(idle)
                .withTransport(ClientTransport.withCustomResolver((host, port) ->
                        checked(resolver, permitted, host).thenApply(to -> new InetSocketAddress(to, (int) port))));
    }

    /** The operating system's addresses of names. */
    static AddressResolver systemResolver(ClassicActorSystemProvider system) {
        return AddressResolver.system(
                system.classicSystem().dispatchers().lookup(Dispatchers.DefaultBlockingDispatcherId()));
    }

    /** Public addresses, or all. */
    static Predicate<InetAddress> permitted(boolean allowPrivate) {
        return address -> allowPrivate || PublicAddresses.contain(address);
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
     * Goes there.
     *
     * @param headers what to say at each hop
     * @param stop cuts every connection of the way
     */
    CompletionStage<Arrival> go(
            PresignedUrl url, Function<PresignedUrl.Target, List<HttpHeader>> headers, SharedKillSwitch stop) {
        return go(url, headers, stop, redirects);
    }

    private CompletionStage<Arrival> go(
            PresignedUrl url,
            Function<PresignedUrl.Target, List<HttpHeader>> headers,
            SharedKillSwitch stop,
            int redirectsLeft) {
        Optional<PresignedUrl.Target> target = url.target();
        if (target.isEmpty()) {
            return barred(Reason.BAD_ADDRESS, "only http and https addresses are fetched from, not " + url);
        }
        return exchange(target.get(), headers.apply(target.get()), stop).thenCompose(response -> {
            Optional<String> location = response.getHeader("Location").map(HttpHeader::value);
            if (response.status().intValue() / 100 != 3 || location.isEmpty()) {
                return CompletableFuture.completedFuture(new Arrival.Answered(url, response));
            }
            response.entity().getDataBytes().runWith(Sink.cancelled(), materializer());
            return redirectsLeft == 0
                    ? barred(Reason.TOO_MANY_REDIRECTS, url + " redirects more than " + redirects + " times")
                    : go(next(target.get(), location.get()), headers, stop, redirectsLeft - 1);
        });
    }

    private static CompletionStage<Arrival> barred(Reason reason, String message) {
        return CompletableFuture.completedFuture(new Arrival.Barred(reason, message));
    }

    private CompletionStage<HttpResponse> exchange(
            PresignedUrl.Target target, List<HttpHeader> headers, SharedKillSwitch stop) {
        HttpRequest request = Requests.to(HttpMethods.GET, target).addHeaders(headers);
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
                .runWith(Sink.head(), materializer());
    }

    private Materializer materializer() {
        return SystemMaterializer.get(system).materializer();
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
}
