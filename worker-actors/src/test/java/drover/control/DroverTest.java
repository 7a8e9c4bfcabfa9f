package drover.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.board.BoardSettings;
import drover.board.JobBoard;
import drover.config.ConfigLoader;
import drover.config.ControlSystem;
import drover.config.DroverConfig;
import drover.delivery.Delivery;
import drover.delivery.DirectoryAssetStore;
import drover.feed.FeedSettings;
import drover.feed.JobFeed;
import drover.ledger.LedgerDatabase;
import drover.node.ClusterConfig;
import drover.node.GpuInventory;
import drover.node.Leftovers;
import drover.node.Membership;
import drover.node.NodeProcess;
import drover.node.NodeReply;
import drover.node.NodeState;
import drover.node.NodeStatus;
import drover.node.NodeSupervisor;
import drover.node.ProcessLauncher;
import drover.node.StackCapture;
import drover.source.dreamer.HordeSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.apache.pekko.actor.ActorPath;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole tree with a process that is only made up. */
class DroverTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private final List<MadeUpProcess> processes = new CopyOnWriteArrayList<>();
    private CompletableFuture<ActorSystem<Drover.Command>> started = new CompletableFuture<>();

    private record MadeUpProcess(CompletableFuture<Integer> exit) implements NodeProcess {
        @Override
        public long pid() {
            return 1_000_000_001L;
        }

        @Override
        public CompletionStage<Integer> onExit() {
            return exit;
        }

        @Override
        public void dismiss() {
            exit.complete(0);
        }

        @Override
        public void kill() {
            exit.complete(137);
        }
    }

    @BeforeEach
    void start() throws Exception {
        launchDrover();
        await().atMost(PATIENCE).until(() -> !processes.isEmpty());
    }

    private void launchDrover() throws Exception {
        Path file = Files.writeString(
                folder.resolve("drover.conf"), "drover { engine = fault, cluster.port = 0, nodes.gpus = [cpu] }");
        DroverConfig config = new ConfigLoader(folder, Map.of()).load(Optional.of(file));
        Files.createDirectories(config.dataDir());
        Leftovers leftovers = new Leftovers(config.dataDir());
        ProcessLauncher launcher = (device, settings, bootstrap) -> {
            MadeUpProcess process = new MadeUpProcess(new CompletableFuture<>());
            processes.add(process);
            return process;
        };
        DirectoryAssetStore assets = DirectoryAssetStore.open(config.nodes().assetDir());
        Dispatch.Foundation dispatch = new Dispatch.Foundation(
                tenure -> LedgerDatabase.open(config.ledger(), tenure),
                config.ledger(),
                assets,
                assets,
                FeedSettings.DEFAULTS,
                BoardSettings.DEFAULT,
                new HordeSource.Foundation(
                        config.horde(), Map.of(), assets, new SimpleMeterRegistry(), InstantSource.system()),
                new SimpleMeterRegistry(),
                InstantSource.system());
        Drover.Foundation foundation = new Drover.Foundation(
                Optional.of(dispatch),
                false,
                config.nodes(),
                new Drover.NodeHost(
                        Membership.at("127.0.0.1"),
                        launcher,
                        GpuInventory.ofThisHost(),
                        leftovers,
                        new StackCapture(Path.of("no-jcmd"))),
                InstantSource.system(),
                System::nanoTime);
        ActorSystem<Drover.Command> system =
                ActorSystem.create(Drover.create(foundation), ClusterConfig.SYSTEM, ControlSystem.config(config, true));
        started = CompletableFuture.completedFuture(system);
        Cluster cluster = Cluster.get(system);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }

    @AfterEach
    void stop() {
        ActorSystem<Drover.Command> system = started.join();
        system.terminate();
        assertThat(system.getWhenTerminated().toCompletableFuture()).succeedsWithin(PATIENCE);
    }

    @Test
    @SuppressWarnings("NullAway") // A message that nobody sends makes an actor fail as a defect in it would.
    void theProcessEndsWhenTheFeedFails() {
        endsWhen("feed", new JobFeed.Changed(null));
    }

    @Test
    @SuppressWarnings("NullAway")
    void theProcessEndsWhenTheDeliveryFails() {
        endsWhen("delivery", new Delivery.Deliver(null, null));
    }

    @Test
    @SuppressWarnings("NullAway")
    void theProcessEndsWhenTheBoardFails() {
        endsWhen("board", new JobBoard.GetSnapshot(null));
    }

    @Test
    void aNodeThatAnOperatorTookOutStaysOutAfterARestart() throws Exception {
        String node = nodes().getFirst().node();
        NodeReply reply = askNodes(
                replyTo -> new NodeSupervisor.QuarantineNode(node, "quarantined by alice: coil whine", replyTo));
        assertThat(reply).isInstanceOf(NodeReply.Done.class);
        await().atMost(PATIENCE).until(() -> nodes().getFirst().state() == NodeState.QUARANTINED);

        restart();

        await().atMost(PATIENCE).until(() -> nodes().getFirst().state() == NodeState.QUARANTINED);
        assertThat(nodes().getFirst().note()).contains("quarantined by alice: coil whine");
        assertThat(processes).isEmpty();

        assertThat(this.<NodeReply>askNodes(replyTo -> new NodeSupervisor.ResumeNode(node, replyTo)))
                .isInstanceOf(NodeReply.Done.class);
        await().atMost(PATIENCE).until(() -> !processes.isEmpty());

        restart();

        await().atMost(PATIENCE).until(() -> !processes.isEmpty());
        assertThat(nodes().getFirst().state()).isEqualTo(NodeState.LAUNCHING);
    }

    private void restart() throws Exception {
        stop();
        processes.clear();
        launchDrover();
        await().atMost(PATIENCE).until(() -> !nodes().isEmpty());
    }

    private List<NodeStatus> nodes() {
        return this.<NodeSupervisor.Status>askNodes(NodeSupervisor.GetStatus::new)
                .nodes();
    }

    private <R> R askNodes(Function<ActorRef<R>, NodeSupervisor.Command> question) {
        ActorSystem<Drover.Command> system = started.join();
        Drover.Tree tree = AskPattern.<Drover.Command, Drover.Tree>ask(
                        system, Drover.GetTree::new, PATIENCE, system.scheduler())
                .toCompletableFuture()
                .join();
        return AskPattern.<NodeSupervisor.Command, R>ask(tree.nodes(), question::apply, PATIENCE, system.scheduler())
                .toCompletableFuture()
                .join();
    }

    private static ActorPath dispatch(ActorSystem<Drover.Command> system) {
        return AskPattern.<Drover.Command, Drover.Tree>ask(system, Drover.GetTree::new, PATIENCE, system.scheduler())
                .toCompletableFuture()
                .join()
                .board()
                .path()
                .parent();
    }

    /** A part that has failed takes everything with it: the process, and those of its nodes. */
    private <M> void endsWhen(String part, M poison) {
        ActorSystem<Drover.Command> system = started.join();
        LoggingTestKit.error(part + " has failed").expect(system, () -> {
            String path = dispatch(system).toString() + "/" + part;
            ActorRefResolver.get(system).<M>resolveActorRef(path).tell(poison);
            return "told";
        });
        assertThat(system.getWhenTerminated().toCompletableFuture()).succeedsWithin(PATIENCE);
        assertThat(processes).allSatisfy(process -> assertThat(process.exit()).isDone());
    }
}
