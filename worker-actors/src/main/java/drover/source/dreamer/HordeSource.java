package drover.source.dreamer;

import com.github.f4b6a3.uuid.UuidCreator;
import drover.board.JobBoard;
import drover.delivery.Delivery;
import drover.feed.JobFeed;
import drover.horde.ApiKey;
import drover.horde.BridgeAgent;
import drover.horde.Downloader;
import drover.horde.HordeClient;
import drover.horde.HordeSettings.Limits;
import drover.horde.Retries;
import drover.horde.Uploader;
import drover.inference.AssetStore;
import drover.inference.CborSerializable;
import drover.inference.JobId;
import drover.job.Fault;
import drover.job.Job;
import drover.ledger.Earning;
import drover.ledger.JobLedger;
import drover.ledger.Order;
import drover.ledger.OrderBook;
import drover.source.HordeSettings;
import drover.source.bridge.BridgeData;
import drover.source.bridge.BridgeProblem;
import drover.source.bridge.BridgeReader;
import drover.source.bridge.BridgeReading;
import drover.source.bridge.BridgeWatch;
import drover.source.loras.LoraSettings;
import drover.source.loras.LoraStatus;
import drover.source.loras.LoraStore;
import drover.source.models.ModelReference;
import drover.source.models.ModelReferenceStore;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Where the Horde's jobs come from: it keeps the operator's files in view, starts a worker for each of them that has an
 * account and a name, and gives each finished picture to the worker that popped its job. Orders that an earlier process
 * has left open are given to the worker of their name first.
 */
public final class HordeSource extends AbstractBehavior<HordeSource.Command> {
    /** What the source understands. */
    public sealed interface Command {}

    /** Asks how the workers are doing. */
    public record GetStatus(ActorRef<HordeStatus> replyTo) implements Command, CborSerializable {}

    /**
     * Take no more jobs.
     *
     * @param replyTo hears when that is so
     */
    public record StopPopping(ActorRef<Done> replyTo) implements Command {}

    /** Bring what is drawn, fault what is not; answered when nothing is left. */
    public record Finish(ActorRef<Done> replyTo) implements Command {}

    private record Look() implements Command {}

    private record Looked(List<View> views) implements Command {}

    private record LookFailed(Throwable cause) implements Command {}

    private record LoadReference() implements Command {}

    private record ReferenceLoaded(ModelReferenceStore.Loaded loaded) implements Command {}

    private record HandOver(Job job) implements Command {}

    private record Found(Job job, Optional<Order> order) implements Command {}

    private record EarningsRead(List<Earning> earnings) implements Command {}

    private record StatusMade(HordeStatus status, ActorRef<HordeStatus> replyTo) implements Command {}

    private record Finished(ActorRef<Done> replyTo) implements Command {}

    private record OpenRead(List<Order> orders) implements Command {}

    /** How a file looks now. */
    private record View(Path file, boolean there, BridgeReading reading, Optional<BridgeWatch.Change> change) {}

    /** What is known of a file. */
    private static final class Place {
        private Optional<BridgeData> data = Optional.empty();
        private Optional<ActorRef<Dreamer.Command>> dreamer = Optional.empty();
        private Optional<String> idle = Optional.empty();
    }

    /**
     * What the source stands on.
     *
     * @param environment of the process, which may hold keys of the files
     * @param clock the time of day
     */
    public record Foundation(
            HordeSettings settings,
            Map<String, String> environment,
            AssetStore assets,
            MeterRegistry meters,
            InstantSource clock) {
        public Foundation {
            environment = Map.copyOf(environment);
        }
    }

    /** Whom it talks to. */
    public record Links(
            ActorRef<OrderBook.Command> book,
            ActorRef<JobLedger.Command> ledger,
            ActorRef<JobBoard.Command> board,
            ActorRef<JobFeed.Command> feed,
            ActorRef<Delivery.Command> delivery) {}

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Fault NOBODY = new Fault(
            "drover:horde.no-worker",
            "No worker is configured that could answer the Horde; what was popped goes stale there.");

    private final TimerScheduler<Command> timers;
    private final Foundation on;
    private final Links links;
    private final Executor blocking;
    private final ModelReferenceStore references;
    private final Map<Path, BridgeWatch> watches = new LinkedHashMap<>();
    private final Map<Path, Place> places = new LinkedHashMap<>();
    private final List<Order> unclaimed = new ArrayList<>();
    private final Map<LoraSettings, ActorRef<LoraStore.Command>> stores = new LinkedHashMap<>();
    private final DreamerLinks dreamerLinks;
    private Optional<ModelReferenceStore.Loaded> reference = Optional.empty();
    private List<Earning> earnings = List.of();
    private boolean loadingReference;
    private boolean stopping;

    /** A source that goes on with what the order book holds. */
    public static Behavior<Command> create(Foundation foundation, Links links) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new HordeSource(context, timers, foundation, links)));
    }

    private HordeSource(ActorContext<Command> context, TimerScheduler<Command> timers, Foundation on, Links links) {
        super(context);
        context.setLoggerName(HordeSource.class);
        this.timers = timers;
        this.on = on;
        this.links = links;
        this.blocking = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
        this.references = new ModelReferenceStore(
                on.settings().referenceCopy(), on.settings().referenceAge(), Clock.systemUTC());
        SecureRandom random = new SecureRandom();
        Retries retries = Retries.of(context.getSystem(), on.clock(), random);
        BridgeAgent agent = on.settings().agent();
        Downloader.Limits sources =
                Downloader.Limits.SOURCE_IMAGES.withPrivate(on.settings().privateSources());
        for (LoraSettings kind : List.of(on.settings().loras(), on.settings().inversions())) {
            stores.put(
                    kind,
                    context.spawn(
                            LoraStore.create(context.getSystem(), kind, on.clock(), random, on.meters()),
                            kind.kind().label()));
        }
        this.dreamerLinks = new DreamerLinks(
                links.book(),
                links.ledger(),
                links.board(),
                links.feed(),
                links.delivery(),
                on.assets(),
                data -> connect(data, agent, retries),
                new Preparations(
                        new Downloader(context.getSystem(), sources, retries),
                        new LoraWishes(
                                shop(on.settings().loras()),
                                shop(on.settings().inversions()),
                                context.getSystem().scheduler(),
                                blocking),
                        on.assets(),
                        blocking),
                agent,
                Abilities.PRESENT,
                on.settings().tenant(),
                () -> new JobId(UuidCreator.getTimeOrderedEpoch().toString()),
                on.clock(),
                random,
                on.meters());
        links.delivery()
                .tell(new Delivery.Register(
                        context.messageAdapter(Delivery.HandOver.class, it -> new HandOver(it.job()))));
        links.book()
                .tell(new OrderBook.GetOpen(
                        context.messageAdapter(OrderBook.Open.class, it -> new OpenRead(it.orders()))));
        links.book()
                .tell(new OrderBook.GetEarnings(
                        context.messageAdapter(OrderBook.Earnings.class, it -> new EarningsRead(it.earnings()))));
        on.settings().bridgeData().forEach(file -> places.put(file, new Place()));
        look();
    }

    private LoraWishes.Shop shop(LoraSettings settings) {
        return new LoraWishes.Shop(Objects.requireNonNull(stores.get(settings)), settings.below());
    }

    private HordeLink connect(BridgeData data, BridgeAgent agent, Retries retries) {
        drover.horde.HordeSettings settings = drover.horde.HordeSettings.of(
                data.hordeUrl().toString(), new ApiKey(data.apiKey().reveal()), agent);
        return new HordeLink(
                new HordeClient(getContext().getSystem(), settings, retries),
                new Uploader(getContext().getSystem(), Limits.DEFAULT, retries));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Look _ -> look();
            case Looked(List<View> views) -> {
                views.forEach(this::onView);
                timers.startSingleTimer(new Look(), LOOK_EVERY);
            }
            case LookFailed(Throwable cause) -> {
                getContext().getLog().error("the bridgeData files cannot be looked at", cause);
                timers.startSingleTimer(new Look(), LOOK_EVERY);
            }
            case LoadReference _ -> loadReference();
            case ReferenceLoaded(var loaded) -> onReference(loaded);
            case HandOver(Job job) -> onHandOver(job);
            case Found(Job job, Optional<Order> order) -> onFound(job, order);
            case EarningsRead(List<Earning> read) -> earnings = read;
            case GetStatus(ActorRef<HordeStatus> replyTo) -> onGetStatus(replyTo);
            case StopPopping(ActorRef<Done> replyTo) -> {
                stopping = true;
                dreamers()
                        .forEach(it ->
                                it.tell(new Dreamer.StopPopping(on.settings().maintenanceOnStop())));
                replyTo.tell(Done.getInstance());
            }
            case Finish(ActorRef<Done> replyTo) -> finish(replyTo);
            case StatusMade(HordeStatus status, ActorRef<HordeStatus> replyTo) -> replyTo.tell(status);
            case Finished(ActorRef<Done> replyTo) -> replyTo.tell(Done.getInstance());
            case OpenRead(List<Order> orders) -> {
                unclaimed.addAll(orders);
                claim();
            }
        }
        return this;
    }

    private List<ActorRef<Dreamer.Command>> dreamers() {
        return places.values().stream().flatMap(place -> place.dreamer.stream()).toList();
    }

    // Files

    private void look() {
        if (!on.settings().enabled() || places.isEmpty()) {
            return;
        }
        getContext()
                .pipeToSelf(
                        CompletableFuture.supplyAsync(this::views, blocking),
                        (views, failure) -> failure == null ? new Looked(views) : new LookFailed(failure));
    }

    /** One look at a time: the next one begins when this one has been heard of. */
    private List<View> views() {
        BridgeReader reader = new BridgeReader(on.environment());
        List<View> views = new ArrayList<>();
        for (Path file : on.settings().bridgeData()) {
            BridgeWatch known = watches.get(file);
            if (known == null) {
                BridgeWatch fresh = BridgeWatch.of(file, reader);
                watches.put(file, fresh);
                boolean there = fresh.inForce().data().isPresent() || Files.exists(file);
                views.add(new View(file, there, fresh.inForce(), Optional.empty()));
            } else {
                views.add(new View(file, true, known.inForce(), Optional.of(known.look())));
            }
        }
        return views;
    }

    private void onView(View view) {
        if (view.change().isEmpty()) {
            if (view.there()) {
                tell(view.reading());
                adopt(view.file(), view.reading());
            } else {
                idle(view.file(), "it is not there");
            }
            return;
        }
        switch (view.change().get()) {
            case BridgeWatch.Change.None _ -> {}
            case BridgeWatch.Change.Reloaded(BridgeReading reading, List<String> keys) -> {
                getContext().getLog().info("{} was changed: {}", view.file(), keys);
                tell(reading);
                adopt(view.file(), reading);
            }
            case BridgeWatch.Change.Rejected(List<BridgeProblem> problems) ->
                problems.forEach(problem -> getContext()
                        .getLog()
                        .error("{} was changed and cannot be used, the old values stay: {}", view.file(), problem));
        }
    }

    private void tell(BridgeReading reading) {
        for (BridgeProblem problem : reading.problems()) {
            switch (problem.severity()) {
                case ERROR -> getContext().getLog().error("{}", problem);
                case WARNING -> getContext().getLog().warn("{}", problem);
                case NOTE -> getContext().getLog().info("{}", problem);
            }
        }
    }

    private void adopt(Path file, BridgeReading reading) {
        Place place = places.get(file);
        if (place == null || reading.data().isEmpty()) {
            return;
        }
        place.data = reading.data();
        List<Optional<BridgeData>> all =
                places.values().stream().map(it -> it.data).toList();
        stores.forEach((settings, store) -> store.tell(new LoraStore.Reconfigure(settings.forWorkers(all))));
        begin(file, place);
    }

    private void begin(Path file, Place place) {
        if (place.data.isEmpty() || stopping) {
            return;
        }
        BridgeData data = place.data.get();
        Optional<String> idle = whyIdle(file, data);
        if (idle.isPresent()) {
            idle(file, idle.get());
            return;
        }
        if (reference.isEmpty()) {
            // Nobody needs it before there is a worker.
            loadReference();
            return;
        }
        place.idle = Optional.empty();
        DreamerSetup setup = new DreamerSetup(data, reference.flatMap(ModelReferenceStore.Loaded::reference));
        if (place.dreamer.isPresent()) {
            place.dreamer.get().tell(new Dreamer.Use(setup));
            return;
        }
        List<Earning> before = earnings.stream()
                .filter(it -> it.source().equals(data.workerName()))
                .toList();
        ActorRef<Dreamer.Command> dreamer = getContext()
                .spawn(
                        Behaviors.supervise(Dreamer.create(dreamerLinks, setup, before))
                                .onFailure(SupervisorStrategy.restart()),
                        "dreamer-" + new ArrayList<>(places.keySet()).indexOf(file));
        place.dreamer = Optional.of(dreamer);
        getContext().getLog().info("{} works for the Horde at {}", data.workerName(), data.hordeUrl());
        claim();
    }

    private void idle(Path file, String why) {
        Place place = places.get(file);
        if (place != null && !place.idle.equals(Optional.of(why))) {
            getContext().getLog().info("no work for the Horde by {}: {}", file, why);
            place.idle = Optional.of(why);
        }
    }

    private Optional<String> whyIdle(Path file, BridgeData data) {
        if (!data.hasAccount()) {
            return Optional.of("api_key is not set; ./drover horde check says what else is needed");
        }
        if (!data.hasName()) {
            return Optional.of("dreamer_name is still that of the template; take one that no other worker has");
        }
        boolean taken = places.entrySet().stream()
                .anyMatch(other -> !other.getKey().equals(file)
                        && other.getValue().dreamer.isPresent()
                        && other.getValue()
                                .data
                                .map(BridgeData::workerName)
                                .filter(data.workerName()::equals)
                                .isPresent());
        return taken ? Optional.of("another file has the same dreamer_name") : Optional.empty();
    }

    /** Gives open orders to the worker of their name; those of a name that nobody has any more to another one. */
    private void claim() {
        List<String> names = places.values().stream()
                .flatMap(place -> place.data.stream())
                .map(BridgeData::workerName)
                .toList();
        unclaimed.removeIf(order -> {
            Optional<ActorRef<Dreamer.Command>> its = places.values().stream()
                    .filter(place -> !names.contains(order.source())
                            || place.data
                                    .map(BridgeData::workerName)
                                    .filter(order.source()::equals)
                                    .isPresent())
                    .flatMap(place -> place.dreamer.stream())
                    .findFirst();
            its.ifPresent(dreamer -> dreamer.tell(new Dreamer.Recover(order)));
            return its.isPresent();
        });
    }

    // The model reference

    private void loadReference() {
        if (loadingReference) {
            return;
        }
        loadingReference = true;
        getContext()
                .pipeToSelf(
                        CompletableFuture.supplyAsync(
                                () -> references.load(on.settings().reference()), blocking),
                        (loaded, failure) -> new ReferenceLoaded(
                                failure == null
                                        ? loaded
                                        : new ModelReferenceStore.Loaded(
                                                Optional.empty(), "", Optional.of(String.valueOf(failure)))));
    }

    private void onReference(ModelReferenceStore.Loaded loaded) {
        loadingReference = false;
        loaded.trouble().ifPresent(trouble -> getContext().getLog().warn("{}", trouble));
        Optional<ModelReference> before = reference.flatMap(ModelReferenceStore.Loaded::reference);
        boolean first = reference.isEmpty();
        if (first || loaded.reference().isPresent()) {
            reference = Optional.of(loaded);
        }
        if (first || !loaded.reference().equals(before)) {
            places.forEach(this::begin);
        }
        timers.startSingleTimer(new LoadReference(), on.settings().referenceAge());
    }

    // Results

    private void onHandOver(Job job) {
        dreamers().forEach(dreamer -> dreamer.tell(new Dreamer.HandOver(job)));
        // Whoever has it answers; what was answered before the process was killed is known to the book alone.
        CompletionStage<OrderBook.Found> found = AskPattern.ask(
                links.book(),
                replyTo -> new OrderBook.Find(job.id(), replyTo),
                PATIENCE,
                getContext().getSystem().scheduler());
        getContext()
                .pipeToSelf(
                        found, (book, failure) -> failure == null ? new Found(job, book.order()) : new HandOver(job));
    }

    private void onFound(Job job, Optional<Order> order) {
        if (order.isEmpty() || order.get().isClosed()) {
            boolean delivered = order.isEmpty() || order.get().count(Order.Outcome.GOOD) > 0;
            links.delivery()
                    .tell(new Delivery.HandedOver(
                            job.id(), delivered ? Optional.empty() : Optional.of(DreamerOrder.FAULTED)));
        } else if (dreamers().isEmpty()
                && order.get().answerBy().isBefore(on.clock().instant())) {
            links.delivery().tell(new Delivery.HandedOver(job.id(), Optional.of(NOBODY)));
        }
    }

    // Questions and the end

    private void onGetStatus(ActorRef<HordeStatus> replyTo) {
        List<CompletableFuture<DreamerStatus>> asked = dreamers().stream()
                .map(dreamer -> AskPattern.ask(
                                dreamer,
                                Dreamer.GetStatus::new,
                                Duration.ofSeconds(5),
                                getContext().getSystem().scheduler())
                        .toCompletableFuture())
                .toList();
        List<CompletableFuture<LoraStatus>> kept = stores.values().stream()
                .map(store -> AskPattern.ask(
                                store,
                                LoraStore.GetStatus::new,
                                Duration.ofSeconds(5),
                                getContext().getSystem().scheduler())
                        .toCompletableFuture())
                .toList();
        List<String> idle = places.entrySet().stream()
                .flatMap(place -> place.getValue().idle.stream().map(why -> place.getKey() + ": " + why))
                .toList();
        getContext()
                .pipeToSelf(
                        CompletableFuture.allOf(
                                Stream.concat(asked.stream(), kept.stream()).toArray(CompletableFuture[]::new)),
                        (_, _) -> new StatusMade(new HordeStatus(came(asked), idle, came(kept)), replyTo));
    }

    /** The answers that have come, of those that have come to an end. */
    private static <T> List<T> came(List<CompletableFuture<T>> asked) {
        return asked.stream()
                .filter(it -> !it.isCompletedExceptionally())
                .map(CompletableFuture::join)
                .toList();
    }

    private void finish(ActorRef<Done> replyTo) {
        stopping = true;
        List<CompletableFuture<Done>> all = dreamers().stream()
                .map(dreamer -> AskPattern.<Dreamer.Command, Done>ask(
                                dreamer,
                                Dreamer.Finish::new,
                                PATIENCE,
                                getContext().getSystem().scheduler())
                        .toCompletableFuture())
                .toList();
        getContext()
                .pipeToSelf(
                        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)),
                        (_, _) -> new Finished(replyTo));
    }
}
