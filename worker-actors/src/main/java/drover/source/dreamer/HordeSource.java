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
import drover.source.AgentCapabilities;
import drover.source.HordeSettings;
import drover.source.addons.AddOnSettings;
import drover.source.addons.AddOnStatus;
import drover.source.addons.AddOnStore;
import drover.source.bridge.BridgeData;
import drover.source.bridge.BridgeReading;
import drover.source.models.ModelReference;
import drover.source.models.ModelReferenceStore;
import drover.source.skills.SkillFolders;
import drover.source.skills.Skills;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
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

    private record Looked(List<BridgeFiles.View> views, Optional<Skills> skills) implements Command {}

    private record LookFailed(Throwable cause) implements Command {}

    private record LoadReference() implements Command {}

    private record ReferenceLoaded(ModelReferenceStore.Loaded loaded) implements Command {}

    private record HandOver(Job job) implements Command {}

    private record Found(Job job, Optional<Order> order) implements Command {}

    private record EarningsRead(List<Earning> earnings) implements Command {}

    private record StatusMade(HordeStatus status, ActorRef<HordeStatus> replyTo) implements Command {}

    private record Finished(ActorRef<Done> replyTo) implements Command {}

    private record OpenRead(List<Order> orders) implements Command {}

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

    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Fault NOBODY = new Fault(
            "drover:horde.no-worker",
            "No worker is configured that could answer the Horde; what was popped goes stale there.");

    private final TimerScheduler<Command> timers;
    private final Foundation on;
    private final Links links;
    private final Executor blocking;
    private final ModelReferenceStore references;
    private final BridgeFiles files;
    private final SkillFolders folders;
    private final Workplaces places;
    private final Map<AddOnSettings, ActorRef<AddOnStore.Command>> stores = new LinkedHashMap<>();
    private Optional<ModelReferenceStore.Loaded> reference = Optional.empty();
    private Skills skills = Skills.NONE;
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
        for (AddOnSettings kind : List.of(on.settings().loras(), on.settings().inversions())) {
            stores.put(
                    kind,
                    context.spawn(
                            AddOnStore.create(context.getSystem(), kind, on.clock(), random, on.meters()),
                            kind.kind().label()));
        }
        DreamerLinks dreamerLinks = new DreamerLinks(
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
        this.files = new BridgeFiles(on.settings().bridgeData(), on.environment());
        this.folders = new SkillFolders(on.settings().skills());
        this.places = new Workplaces(context, dreamerLinks, on.settings().bridgeData());
        look();
    }

    private LoraWishes.Shop shop(AddOnSettings settings) {
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
            case Looked(var views, var changed) -> {
                changed.ifPresent(this::onSkills);
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
            case EarningsRead(List<Earning> read) -> places.earned(read);
            case GetStatus(ActorRef<HordeStatus> replyTo) -> onGetStatus(replyTo);
            case StopPopping(ActorRef<Done> replyTo) -> {
                stopping = true;
                places.dreamers()
                        .forEach(it ->
                                it.tell(new Dreamer.StopPopping(on.settings().maintenanceOnStop())));
                replyTo.tell(Done.getInstance());
            }
            case Finish(ActorRef<Done> replyTo) -> finish(replyTo);
            case StatusMade(HordeStatus status, ActorRef<HordeStatus> replyTo) -> replyTo.tell(status);
            case Finished(ActorRef<Done> replyTo) -> replyTo.tell(Done.getInstance());
            case OpenRead(List<Order> orders) -> places.found(orders);
        }
        return this;
    }

    // Files

    private void look() {
        if (!on.settings().enabled() || places.isEmpty()) {
            return;
        }
        getContext()
                .pipeToSelf(
                        CompletableFuture.supplyAsync(() -> new Looked(files.look(), folders.look()), blocking),
                        (looked, failure) -> failure == null ? looked : new LookFailed(failure));
    }

    private void onSkills(Skills changed) {
        skills = changed;
        if (reference.isPresent() && !stopping) {
            places.begin(this::setup);
        }
    }

    private void onView(BridgeFiles.View view) {
        if (!view.there()) {
            places.idle(view.file(), "it is not there");
        }
        BridgeFiles.tell(view, getContext().getLog())
                .flatMap(BridgeReading::data)
                .ifPresent(data -> adopt(view.file(), data));
    }

    private void adopt(Path file, BridgeData data) {
        places.say(file, data);
        stores.forEach((settings, store) -> store.tell(new AddOnStore.Reconfigure(settings.forWorkers(places.data()))));
        if (stopping) {
            return;
        }
        if (reference.isEmpty() && places.isWanted()) {
            // Nobody needs it before there is a worker.
            loadReference();
            return;
        }
        places.begin(file, this::setup);
    }

    private DreamerSetup setup(BridgeData data) {
        return new DreamerSetup(
                data,
                reference.flatMap(ModelReferenceStore.Loaded::reference),
                skills,
                Abilities.of(
                        skills,
                        on.settings().skills(),
                        AgentCapabilities.of(on.settings().agent())));
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
        if (!stopping && (first || !loaded.reference().equals(before))) {
            places.begin(this::setup);
        }
        timers.startSingleTimer(new LoadReference(), on.settings().referenceAge());
    }

    // Results

    private void onHandOver(Job job) {
        places.dreamers().forEach(dreamer -> dreamer.tell(new Dreamer.HandOver(job)));
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
        } else if (places.dreamers().isEmpty()
                && order.get().answerBy().isBefore(on.clock().instant())) {
            links.delivery().tell(new Delivery.HandedOver(job.id(), Optional.of(NOBODY)));
        }
    }

    // Questions and the end

    private void onGetStatus(ActorRef<HordeStatus> replyTo) {
        List<CompletableFuture<DreamerStatus>> asked = places.dreamers().stream()
                .map(dreamer -> AskPattern.ask(
                                dreamer,
                                Dreamer.GetStatus::new,
                                Duration.ofSeconds(5),
                                getContext().getSystem().scheduler())
                        .toCompletableFuture())
                .toList();
        List<CompletableFuture<AddOnStatus>> kept = stores.values().stream()
                .map(store -> AskPattern.ask(
                                store,
                                AddOnStore.GetStatus::new,
                                Duration.ofSeconds(5),
                                getContext().getSystem().scheduler())
                        .toCompletableFuture())
                .toList();
        getContext()
                .pipeToSelf(
                        CompletableFuture.allOf(
                                Stream.concat(asked.stream(), kept.stream()).toArray(CompletableFuture[]::new)),
                        (_, _) -> new StatusMade(new HordeStatus(came(asked), places.idle(), came(kept)), replyTo));
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
        List<CompletableFuture<Done>> all = places.dreamers().stream()
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
