package drover.node;

import com.typesafe.config.Config;
import drover.board.JobBoard;
import drover.diffusion.ModelPlaces;
import drover.inference.InferenceRequest;
import drover.inference.fault.FaultSettings;
import drover.ledger.HoldLog;
import drover.logging.LoggingSettings;
import drover.watchdog.Incident;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Watchdog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/**
 * The control side of real processes: a cluster member, a board, a watchdog and a supervisor. Closing it ends every
 * process that it started, also when a test has failed.
 */
final class ControlFixture implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    final TestBoard.Journal record = new TestBoard.Journal();
    final List<NodeProcess> processes = new CopyOnWriteArrayList<>();
    final List<Incident> incidents = new CopyOnWriteArrayList<>();
    final Leftovers leftovers;
    private final long started;
    private final ActorTestKit kit;
    private final ActorRef<NodeSupervisor.Command> supervisor;

    ControlFixture(Path folder, NodeSettings settings, Map<String, InferenceRequest> jobs) {
        this(folder, settings, jobs, JavaProcessLauncher::new);
    }

    ControlFixture(
            Path folder,
            NodeSettings settings,
            Map<String, InferenceRequest> jobs,
            Function<Leftovers, ProcessLauncher> launcher) {
        Config config = ClusterConfig.of(Membership.at("127.0.0.1"), 0, List.of(ClusterConfig.CONTROL), List.of());
        // The name has to be that of the cluster's other members.
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), ClusterConfig.SYSTEM, config);
        kit = ActorTestKit.create(system);
        Cluster cluster = Cluster.get(system);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        ActorRef<JobBoard.Command> board = kit.spawn(TestBoard.create(record, jobs), "board");
        ActorRef<Watchdog.Command> watchdog =
                kit.spawn(Watchdog.create("control", System::nanoTime, InstantSource.system()), "watchdog");
        ActorRef<Incident> incidentSink = kit.spawn(
                Behaviors.receiveMessage(incident -> {
                    incidents.add(incident);
                    return Behaviors.same();
                }),
                "incidents");
        leftovers = new Leftovers(folder);
        started = System.nanoTime();
        supervisor = kit.spawn(
                NodeSupervisor.create(
                        new NodeSupervisor.Parts(
                                board,
                                kit.spawn(nothingHeld(), "holds"),
                                watchdog,
                                incidentSink,
                                remembering(launcher.apply(leftovers)),
                                GpuInventory.ofThisHost(),
                                leftovers,
                                StackCapture.likeThisProcess(),
                                InstantSource.system(),
                                Membership.at("127.0.0.1"),
                                cluster.selfMember().address().toString()),
                        settings),
                "nodes");
    }

    private static Behavior<HoldLog.Command> nothingHeld() {
        return Behaviors.receiveMessage(message -> {
            if (message instanceof HoldLog.GetNodes get) {
                get.replyTo().tell(new HoldLog.HeldNodes(List.of()));
            }
            return Behaviors.same();
        });
    }

    private ProcessLauncher remembering(ProcessLauncher launcher) {
        return (device, process, bootstrap) -> {
            NodeProcess started = launcher.launch(device, process, bootstrap);
            processes.add(started);
            return started;
        };
    }

    <R> R ask(Function<ActorRef<R>, NodeSupervisor.Command> question, Duration patience) {
        return AskPattern.<NodeSupervisor.Command, R>ask(supervisor, question::apply, patience, kit.scheduler())
                .toCompletableFuture()
                .join();
    }

    /** Settings with short timeouts, a fault engine and one CPU node. */
    static NodeSettings settings(Path folder, int actors, boolean standby, FaultSettings engine) {
        return settings(folder, actors, standby, engine, SafetySettings.NONE);
    }

    static NodeSettings settings(
            Path folder, int actors, boolean standby, FaultSettings engine, SafetySettings safety) {
        return new NodeSettings(
                new GpuSelection.Listed(List.of("cpu")),
                actors,
                standby,
                new NodeSettings.ProcessSettings("128m", Optional.empty(), List.of()),
                new LoggingSettings(folder.resolve("logs"), false, Map.of(), 1 << 20, 1, 1 << 20),
                new EngineSettings.Fault(engine),
                safety,
                ModelPlaces.NONE,
                folder.resolve("cache"),
                folder,
                folder.resolve("assets"),
                new NodeSettings.Limits(
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(5)),
                PhaseTimeouts.builder()
                        .inferenceStep(Duration.ofMillis(1500))
                        .cancelGrace(Duration.ofMillis(300))
                        .restartGrace(Duration.ofMillis(300))
                        .build(),
                Duration.ofMillis(1500),
                NodeSettings.Recovery.DEFAULTS,
                Optional.empty());
    }

    static FaultSettings engine(Duration stepTime) {
        return new FaultSettings(
                Set.of(Requests.MODEL),
                Duration.ofMillis(20),
                Duration.ZERO,
                stepTime,
                Duration.ZERO,
                Duration.ofMillis(400),
                Optional.empty(),
                Duration.ZERO);
    }

    /** When the supervisor was started, by {@link System#nanoTime}. */
    long started() {
        return started;
    }

    ActorRef<NodeSupervisor.Command> supervisor() {
        return supervisor;
    }

    ActorSystem<?> system() {
        return kit.system();
    }

    NodeStatus status() {
        return statuses().getFirst();
    }

    List<NodeStatus> statuses() {
        return ask(NodeSupervisor.GetStatus::new, Duration.ofSeconds(5)).nodes();
    }

    ProcessHandle process() {
        return ProcessHandle.of(status().pid().orElseThrow()).orElseThrow();
    }

    @Override
    public void close() throws IOException {
        // Keepers end their processes with themselves; whatever slipped through is in the list.
        kit.shutdownTestKit();
        leftovers.endAll();
    }
}
