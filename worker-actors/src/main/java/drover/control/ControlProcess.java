package drover.control;

import com.github.f4b6a3.uuid.UuidCreator;
import drover.config.ControlSystem;
import drover.config.DroverConfig;
import drover.delivery.DirectoryAssetStore;
import drover.feed.FeedSettings;
import drover.http.ApiContext;
import drover.http.PublicApi;
import drover.inference.AssetStore;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.ledger.LedgerDatabase;
import drover.ledger.LedgerException;
import drover.node.ClusterConfig;
import drover.node.EngineSettings;
import drover.node.Membership;
import drover.node.NodeSupervisor;
import drover.source.dreamer.HordeSource;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.jspecify.annotations.Nullable;

/**
 * A control process: what the tree stands on, the tree, and the order in which all of it ends. {@link #stop}, SIGTERM
 * and SIGINT do the same: no new connections, running jobs finish or are handed back, every child ends, what is in the
 * ledger's hands is written down, and only then the process ends.
 */
public final class ControlProcess {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    /** What the drain may take beyond its limit for the jobs: for children to end. */
    private static final Duration DRAIN_MARGIN = Duration.ofSeconds(15);

    /** How long open connections may go on once no new ones are taken. */
    private static final Duration HANG_UP = Duration.ofSeconds(2);

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(15);

    /** Keepers repeat what they have every second, and find the new dispatch within another one. */
    private static final Duration CLAIM_WINDOW = Duration.ofSeconds(3);

    private final ActorSystem<Drover.Command> system;
    private final Drover.Tree tree;
    private final AssetStore assets;
    private final AtomicReference<@Nullable InstalledModels> models = new AtomicReference<>();

    private ControlProcess(ActorSystem<Drover.Command> system, Drover.Tree tree, AssetStore assets) {
        this.system = system;
        this.tree = tree;
        this.assets = assets;
    }

    /**
     * Starts the tree of a host with a job database. No port but the cluster's is open yet. The database is opened
     * here if no other host can have it, and otherwise by whoever's turn it is.
     *
     * @param environment of the process, which may hold keys of {@code bridgeData.yaml}
     * @param meters receives the figures of the ledger
     * @throws LedgerException if the database cannot be opened
     * @throws IOException if a folder cannot be made or written to, or a certificate cannot be used
     */
    public static ControlProcess start(DroverConfig config, Map<String, String> environment, MeterRegistry meters)
            throws IOException, LedgerException {
        DirectoryAssetStore assets = prepare(config);
        boolean shared = config.cluster().isShared();
        Dispatch.Databases databases;
        Optional<LedgerDatabase> opened = Optional.empty();
        if (shared) {
            databases = tenure -> LedgerDatabase.open(config.ledger(), tenure);
        } else {
            LedgerDatabase own = LedgerDatabase.open(config.ledger());
            opened = Optional.of(own);
            databases = _ -> own;
        }
        Dispatch.Foundation dispatch = new Dispatch.Foundation(
                databases,
                config.ledger(),
                assets,
                assets,
                FeedSettings.DEFAULTS,
                config.board().withClaimWindow(shared ? CLAIM_WINDOW : Duration.ZERO),
                new HordeSource.Foundation(
                        config.horde(),
                        environment,
                        assets,
                        meters,
                        config.nodes().engine().clock()),
                meters,
                config.nodes().engine().clock());
        try {
            return start(config, Optional.of(dispatch), shared, assets);
        } catch (RuntimeException e) {
            opened.ifPresent(LedgerDatabase::close);
            throw e;
        }
    }

    /**
     * Starts the tree of a host that only has nodes, and takes its work from the seeds of the configuration.
     *
     * @throws IOException if a folder cannot be made or written to, or a certificate cannot be used
     */
    public static ControlProcess join(DroverConfig config) throws IOException {
        return start(config, Optional.empty(), true, prepare(config));
    }

    private static DirectoryAssetStore prepare(DroverConfig config) throws IOException {
        Optional<Membership.Tls> tls = config.cluster().member().tls();
        if (tls.isPresent()) {
            tls.get().check();
        }
        Files.createDirectories(config.dataDir());
        return DirectoryAssetStore.open(config.nodes().assetDir());
    }

    private static ControlProcess start(
            DroverConfig config, Optional<Dispatch.Foundation> dispatch, boolean shared, AssetStore assets) {
        Drover.NodeHost host = Drover.NodeHost.thisOne(config.cluster().member(), config.dataDir());
        Drover.Foundation foundation = new Drover.Foundation(
                dispatch,
                shared,
                config.nodes(),
                shared ? host.amongOthers() : host,
                config.nodes().engine().clock(),
                System::nanoTime);
        ActorSystem<Drover.Command> system = ActorSystem.create(
                Drover.create(foundation), ClusterConfig.SYSTEM, ControlSystem.config(config, dispatch.isPresent()));
        if (!config.cluster().isShared()) {
            Cluster cluster = Cluster.get(system);
            cluster.manager().tell(Join.create(cluster.selfMember().address()));
        }
        Drover.Tree tree = AskPattern.<Drover.Command, Drover.Tree>ask(
                        system, Drover.GetTree::new, ANSWER_LIMIT, system.scheduler())
                .toCompletableFuture()
                .join();
        addShutdownTasks(system, tree, config.nodes().limits().drain());
        return new ControlProcess(system, tree, assets);
    }

    private static void addShutdownTasks(ActorSystem<Drover.Command> system, Drover.Tree tree, Duration limit) {
        CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
        shutdown.addTask(
                CoordinatedShutdown.PhaseBeforeServiceUnbind(),
                "announce-end",
                () -> AskPattern.ask(system, Drover.Ending::new, ANSWER_LIMIT, system.scheduler()));
        shutdown.addTask(
                CoordinatedShutdown.PhaseBeforeServiceUnbind(),
                "stop-sources",
                () -> AskPattern.ask(system, Drover.StopSources::new, ANSWER_LIMIT, system.scheduler()));
        shutdown.addTask(
                CoordinatedShutdown.PhaseServiceStop(),
                "finish-sources",
                () -> AskPattern.ask(system, Drover.FinishSources::new, ControlSystem.FINISH, system.scheduler()));
        shutdown.addTask(
                CoordinatedShutdown.PhaseServiceRequestsDone(),
                "drain-nodes",
                () -> AskPattern.<NodeSupervisor.Command, NodeSupervisor.Drained>ask(
                                tree.nodes(),
                                replyTo ->
                                        new NodeSupervisor.Drain(isDowned(shutdown) ? Duration.ZERO : limit, replyTo),
                                limit.plus(DRAIN_MARGIN),
                                system.scheduler())
                        .thenApply(drained -> Done.getInstance()));
        shutdown.addTask(
                CoordinatedShutdown.PhaseBeforeClusterShutdown(),
                "close-dispatch",
                () -> AskPattern.ask(system, Drover.CloseDispatch::new, CLOSE_LIMIT, system.scheduler()));
    }

    /** Whether the other hosts have given this one up: then its work is done elsewhere, and nobody takes its reports. */
    private static boolean isDowned(CoordinatedShutdown shutdown) {
        return shutdown.getShutdownReason()
                .filter(CoordinatedShutdown.clusterDowningReason()::equals)
                .isPresent();
    }

    /**
     * Opens the public API; it closes with the coordinated shutdown, before the nodes are drained.
     *
     * @throws IOException if the bundled model cannot be unpacked
     */
    public CompletionStage<ServerBinding> listen(DroverConfig config) throws IOException {
        RandomGenerator seeds = new SecureRandom();
        InstalledModels installed = InstalledModels.of(config);
        models.set(installed);
        ApiContext context = new ApiContext(
                tree.ledger(),
                tree.board(),
                tree.feed(),
                assets,
                installed,
                config.nodes().engine().clock(),
                () -> new JobId(UuidCreator.getTimeOrderedEpoch().toString()),
                () -> seeds.nextLong(ImageRequest.SEED_LIMIT),
                config.apiSafety(),
                config.nodes().engine() instanceof EngineSettings.Fault);
        return PublicApi.start(system, config.http(), context)
                .thenApply(binding -> binding.addToCoordinatedShutdown(HANG_UP, system));
    }

    /** Looks again for models, here and on this host's nodes; reads files. */
    public void lookForModels() {
        Optional.ofNullable(models.get()).ifPresent(InstalledModels::lookAgain);
        tree.nodes().tell(new NodeSupervisor.LookForModels());
    }

    /** The actors that the edges speak to. */
    public Drover.Tree tree() {
        return tree;
    }

    /** Where results are read. */
    public AssetStore assets() {
        return assets;
    }

    /** The actor system, for the edges to run in. */
    public ActorSystem<?> system() {
        return system;
    }

    /** Ends everything in good order. Safe to repeat; completes when nothing is left. */
    public CompletionStage<Done> stop() {
        return CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.actorSystemTerminateReason());
    }

    /** Whether it has ended, or is about to, because the other hosts have given it up. */
    public boolean isRemoved() {
        return isDowned(CoordinatedShutdown.get(system));
    }

    /** Completes when the actor system has ended, for whatever reason. */
    public CompletionStage<Done> whenEnded() {
        return system.getWhenTerminated();
    }
}
