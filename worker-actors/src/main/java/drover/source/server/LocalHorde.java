package drover.source.server;

import com.typesafe.config.ConfigFactory;
import drover.source.server.Faults.Fault;
import drover.source.server.Faults.Target;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.DateTime;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.Date;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/**
 * A server on loopback that speaks the AI Horde's protocol to image workers and requesters, with its time to live, its
 * sweep, its rule of dropped jobs and its object store. It keeps all that happens to each id and says in the end what was
 * done wrong. It is held to what the real software was recorded to answer. Safe for use by many threads.
 *
 * <p>It differs in this: kudos are counted simply (see {@link Rules}), nothing is limited in rate but on purpose (see
 * {@link Faults}), a paused worker is no special case, source images are stored as they come, and pictures are kept as
 * long as their request and not for the half hour that their addresses are good for.
 */
public final class LocalHorde implements AutoCloseable {
    static final String NO_KEY =
            "The API Key corresponding to a registered user. Missing required parameter in the HTTP headers";

    /** Where it says what has come of everything so far, as JSON: {@link HordeBooks}. */
    public static final String BOOKS = "/books";

    /** Where its models are listed as the Horde's model reference lists them. */
    public static final String REFERENCE = "/reference.json";

    private static final int MAX_BODY = 64 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ActorSystem<?> system;
    private final InstantSource clock;
    private final HordeState state;
    private final HordeRoutes routes;
    private final Faults faults;
    private final ServerBinding binding;

    /**
     * How the server is.
     *
     * @param models the models that it knows, with the baseline of each
     * @param monthlyUse how often each was used
     * @param ttlFactor by what its waiting is shorter than the real one's
     * @param sweepEvery how often it looks for jobs that waited too long
     * @param checkInEvery how long the settings of a pop count
     * @param lookupCache how old what is looked up may be
     * @param requestLife how long a request waits for its next pop
     * @param faultsOfARequest so many bad ends, and it is given up
     * @param toleratedDrops one more within an hour, and a worker is in maintenance
     * @param maintenance whether the whole Horde is
     * @param inviteOnly whether new workers are invited only
     * @param ownersShown whether a worker's owner is told
     * @param profanity a word that names must not have
     * @param seed of all that is chance
     */
    public record Settings(
            Map<String, String> models,
            Map<String, Long> monthlyUse,
            double ttlFactor,
            Duration sweepEvery,
            Duration checkInEvery,
            Duration lookupCache,
            Duration requestLife,
            int faultsOfARequest,
            int toleratedDrops,
            boolean maintenance,
            boolean inviteOnly,
            boolean ownersShown,
            String profanity,
            long seed) {
        /** Like the public one, but that what is looked up is fresh. */
        public static final Settings REAL = new Settings(
                Map.of(
                        "Deliberate", "stable diffusion 1",
                        "Deliberate Inpainting", "stable diffusion 1",
                        "AlbedoBase XL (SDXL)", "stable_diffusion_xl",
                        "Flux.1-Schnell fp8 (Compact)", "flux_1"),
                Map.of("Deliberate", 1000L, "AlbedoBase XL (SDXL)", 2000L),
                1,
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                Duration.ZERO,
                Duration.ofMinutes(20),
                3,
                20,
                false,
                false,
                true,
                "harnessprofanity",
                1);

        public Settings {
            models = Map.copyOf(models);
            monthlyUse = Map.copyOf(monthlyUse);
        }

        int ttl(int real) {
            return Math.max(1, (int) Math.round(real * ttlFactor));
        }

        /** The same with other models. */
        public Settings withModels(Map<String, String> known) {
            return with(known, ttlFactor, sweepEvery, checkInEvery, lookupCache, toleratedDrops);
        }

        /** The same, but less patient. */
        public Settings withTime(double factor, Duration sweep) {
            return with(models, factor, sweep, checkInEvery, lookupCache, toleratedDrops);
        }

        /** The same, but what a pop says counts for so long, and what is looked up may be so old. */
        public Settings withMemory(Duration checkIn, Duration lookups) {
            return with(models, ttlFactor, sweepEvery, checkIn, lookups, toleratedDrops);
        }

        /** The same, but so many jobs may be dropped within an hour. */
        public Settings withToleratedDrops(int drops) {
            return with(models, ttlFactor, sweepEvery, checkInEvery, lookupCache, drops);
        }

        private Settings with(
                Map<String, String> known, double factor, Duration sweep, Duration checkIn, Duration cache, int drops) {
            return new Settings(
                    known,
                    monthlyUse,
                    factor,
                    sweep,
                    checkIn,
                    cache,
                    requestLife,
                    faultsOfARequest,
                    drops,
                    maintenance,
                    inviteOnly,
                    ownersShown,
                    profanity,
                    seed);
        }
    }

    /** Starts a server, on a free port. */
    public LocalHorde(ActorSystem<?> system, Settings settings, InstantSource clock) throws IOException {
        this(system, settings, clock, 0);
    }

    /**
     * Starts a server.
     *
     * @param port of loopback; 0 for a free one
     * @throws IOException if it cannot listen there
     */
    public LocalHorde(ActorSystem<?> system, Settings settings, InstantSource clock, int port) throws IOException {
        this.system = system;
        this.clock = clock;
        Random random = new Random(settings.seed());
        this.faults = new Faults(random);
        this.state = new HordeState(settings, clock, random, new ObjectStore(clock, settings.seed()));
        this.routes = new HordeRoutes(state, this::books);
        this.binding = bind(port);
        state.base = origin();
    }

    private ServerBinding bind(int port) throws IOException {
        try {
            return Http.get(system)
                    .newServerAt("127.0.0.1", port)
                    .withSettings(serverSettings(system))
                    .bindFlow(flow())
                    .toCompletableFuture()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("cannot listen on port " + port + " of loopback: " + e.getMessage(), e);
        }
    }

    private static ServerSettings serverSettings(ActorSystem<?> system) {
        return ServerSettings.create(ConfigFactory.parseString("""
                        pekko.http.server {
                          raw-request-uri-header = on
                          request-timeout = infinite
                          parsing { max-content-length = %d, illegal-header-warnings = off }
                        }
                        """.formatted(MAX_BODY))
                .withFallback(system.settings().config()));
    }

    /** Where it is, as it stands in a {@code bridgeData.yaml}. */
    public String url() {
        return origin() + "/api/";
    }

    /** Its address without a path. */
    public String origin() {
        return "http://127.0.0.1:" + binding.localAddress().getPort();
    }

    /** Lets things go wrong. */
    public Faults faults() {
        return faults;
    }

    /** Registers somebody, and gives the key: 22 characters. */
    public String register(String alias, boolean trusted) {
        synchronized (state) {
            String key = "%022d".formatted(state.accounts.size());
            return state.account(key, alias, trusted).key;
        }
    }

    /** Registers somebody with this key. */
    public void register(String alias, boolean trusted, String key) {
        synchronized (state) {
            state.account(key, alias, trusted);
        }
    }

    /** Lets somebody have so many kudos. */
    public void give(String key, double kudos) {
        synchronized (state) {
            state.account(key).orElseThrow().kudos = kudos;
        }
    }

    /** Suspects somebody, whose workers get nothing then. */
    public void flag(String key) {
        synchronized (state) {
            state.account(key).orElseThrow().flagged = true;
        }
    }

    /** All ids that were ever popped, in their order. */
    public List<History> histories() {
        synchronized (state) {
            state.passTime();
            return state.generations.values().stream().map(Generation::history).toList();
        }
    }

    /** What workers did wrong; to be asked for when none has anything in hand any more. */
    public List<Audit.Violation> audit() {
        return Audit.of(histories());
    }

    /** What has come of everything so far. */
    public HordeBooks books() {
        return new HordeBooks(finished(), histories(), audit());
    }

    /** The last picture in the store under an id. */
    public Optional<byte[]> picture(String id) {
        return state.store.object(ObjectStore.RESULTS + id + ".webp");
    }

    /** Whether everything that was ordered is done, one way or the other. */
    public boolean finished() {
        synchronized (state) {
            state.passTime();
            return state.requests.values().stream().allMatch(ImageRequest::done);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            binding.terminate(Duration.ofSeconds(1)).toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the local Horde does not end", e);
        }
    }

    static Answer unknownKey() {
        return Answer.refused(
                401,
                "InvalidAPIKey",
                "No user matching sent API Key. Have you remembered to register at https://stablehorde.net/register ?");
    }

    /** A request to which there is no answer ends its connection. */
    private Flow<HttpRequest, HttpResponse, NotUsed> flow() {
        return Flow.of(HttpRequest.class)
                .mapAsync(1, this::handle)
                .takeWhile(Optional::isPresent)
                .map(Optional::get);
    }

    private CompletionStage<Optional<HttpResponse>> handle(HttpRequest request) {
        boolean chunked = request.entity().isChunked();
        return request.entity().toStrict(PATIENCE.toMillis(), system).thenCompose(entity -> {
            Call call = Call.of(request, chunked, entity.getData());
            Optional<Fault> fault = faults.next(call.target());
            return fault.map(it -> spoiled(call, it))
                    .orElseGet(
                            () -> CompletableFuture.completedFuture(Optional.of(response(routes.answer(call, true)))));
        });
    }

    private CompletionStage<Optional<HttpResponse>> spoiled(Call call, Fault fault) {
        boolean heard = fault instanceof Fault.Slow || fault instanceof Fault.Altered;
        Answer real = fault.done() ? routes.answer(call, heard) : Answer.broken();
        return switch (fault) {
            case Fault.Slow(Duration by) ->
                Patterns.after(by, system, () -> CompletableFuture.completedFuture(Optional.of(response(real))));
            case Fault.Status(int status, Optional<Duration> after, boolean done) ->
                CompletableFuture.completedFuture(Optional.of(response(
                        status == 429
                                ? Answer.tooMany(after.orElse(Duration.ZERO))
                                : call.target() == Target.PUT
                                        ? Answer.store(status, "InternalError", "injected fault")
                                        : Answer.message(status, "Internal Server Error"))));
            case Fault.Meanwhile(Runnable what, boolean done, boolean answered) -> {
                what.run();
                yield CompletableFuture.completedFuture(answered ? Optional.of(response(real)) : Optional.empty());
            }
            case Fault.HangUp(boolean done) -> CompletableFuture.completedFuture(Optional.empty());
            case Fault.Altered(var change) ->
                CompletableFuture.completedFuture(Optional.of(response(real.tree()
                        .map(tree -> Answer.json(real.status(), change.apply(tree)))
                        .orElse(real))));
            case Fault.Page(boolean done) ->
                CompletableFuture.completedFuture(Optional.of(response(new Answer(
                        200, "text/html", ByteString.fromString("<html><body>Please wait</body></html>"), Map.of()))));
        };
    }

    private HttpResponse response(Answer answer) {
        HttpResponse response = HttpResponse.create()
                .withStatus(StatusCodes.get(answer.status()))
                .withEntity(HttpEntities.create(ContentTypes.parse(answer.type()), answer.body()))
                .addHeader(Date.create(DateTime.create(clock.millis())))
                .addHeader(RawHeader.create("Horde-Node", "local:0:5.1.5"));
        for (Map.Entry<String, String> header : answer.headers().entrySet()) {
            response = response.addHeader(RawHeader.create(header.getKey(), header.getValue()));
        }
        return response;
    }
}
