package drover.node;

import com.typesafe.config.Config;
import drover.diffusion.BundledModel;
import drover.diffusion.ExtraFiles;
import drover.diffusion.ModelPlaces;
import drover.inference.AttemptId;
import drover.inference.Engine;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Sampler;
import drover.inference.fault.FaultSettings;
import drover.logging.Logging;
import drover.logging.LoggingSettings;
import drover.watchdog.PhaseTimeouts;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/**
 * The training run of the JDK's ahead-of-time cache: everything a node process does from its first line to its first
 * picture, once with each engine, in one process with a stand-in for its keeper. The JVM notes what is loaded and used
 * on the way, when it is started with {@code -XX:AOTCacheOutput}.
 */
final class NodeTraining {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** The bundled model's own size. */
    private static final Membership LOOPBACK = Membership.at("127.0.0.1");

    private static final int SIZE = 64;

    private static final long LOG_BYTES = 1 << 20;

    private static final String TEST_CARD = "test-card";

    private NodeTraining() {}

    /** Runs and ends the process: 0 if both engines made their picture. */
    static void main() {
        int code = NodeExit.DONE;
        try {
            run();
        } catch (IOException | ExecutionException | TimeoutException e) {
            System.err.println("The training run of the node process failed: " + e);
            code = NodeExit.START_FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            code = NodeExit.START_FAILED;
        }
        System.exit(code);
    }

    private static void run() throws IOException, InterruptedException, ExecutionException, TimeoutException {
        Path folder = Files.createTempDirectory("drover-training");
        try {
            Config config = ClusterConfig.ofNode(LOOPBACK, List.of(ClusterConfig.CONTROL), List.of());
            LoggingSettings logging =
                    new LoggingSettings(folder.resolve("logs"), false, Map.of(), LOG_BYTES, 1, LOG_BYTES);
            FaultSettings instant = FaultSettings.instant(Set.of(TEST_CARD));
            picture(config, logging, folder, new EngineSettings.Fault(instant), TEST_CARD);
            picture(
                    config,
                    logging,
                    folder,
                    new EngineSettings.PyTorch(
                            0, Optional.empty(), OptionalLong.empty(), false, true, ExtraFiles.below(folder)),
                    BundledModel.NAME);
        } finally {
            Logging.stop();
            delete(folder);
        }
    }

    /** Starts a control and a node, and has the node make one picture. */
    private static void picture(
            Config config, LoggingSettings logging, Path folder, EngineSettings engineSettings, String model)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        ActorSystem<NodeKeeper.FromNode> control =
                ActorSystem.create(keeper(model, outcome), ClusterConfig.SYSTEM, config);
        Cluster cluster = Cluster.get(control);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        Bootstrap told = new Bootstrap(
                ActorRefResolver.get(control).toSerializationFormat(control),
                GpuDevice.cpu(0),
                1,
                LOOPBACK,
                cluster.selfMember().address().toString(),
                engineSettings,
                SafetySettings.NONE,
                ModelPlaces.NONE,
                folder.resolve("cache"),
                folder.resolve("assets"),
                Bootstrap.Timeouts.of(PhaseTimeouts.defaults()),
                logging,
                PATIENCE,
                PATIENCE);
        Bootstrap bootstrap = Bootstrap.read(new ByteArrayInputStream(told.toLine()));
        NodeMain.startLog(bootstrap);
        CompletableFuture<Engine> engine = NodeMain.open(bootstrap);
        ActorSystem<Void> node = NodeMain.start(bootstrap, engine, code -> {});
        try {
            String end = outcome.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (!end.isEmpty()) {
                throw new IOException("no picture of " + model + ": " + end);
            }
        } finally {
            node.terminate();
            control.terminate();
            node.getWhenTerminated().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            engine.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).close();
        }
    }

    /** Says what a keeper says to a node that is well; completes with the reason if it is not. */
    private static Behavior<NodeKeeper.FromNode> keeper(String model, CompletableFuture<String> outcome) {
        return Behaviors.receiveMessage(word -> switch (word) {
            case NodeKeeper.Hello hello -> {
                hello.node().tell(new Node.Resize(1));
                yield keeperOf(hello.node(), model, outcome);
            }
            case NodeKeeper.StartFailed failed -> {
                outcome.complete(failed.reason());
                yield Behaviors.same();
            }
            default -> Behaviors.same();
        });
    }

    private static Behavior<NodeKeeper.FromNode> keeperOf(
            ActorRef<Node.Command> node, String model, CompletableFuture<String> outcome) {
        ImageRequest request = new ImageRequest(
                model, "a red apple", "", SIZE, SIZE, 2, Sampler.EULER, 4.0, 1, 1, 1, Optional.empty());
        AttemptId attempt = new AttemptId(new JobId("training"), 1);
        return Behaviors.receiveMessage(word -> {
            switch (word) {
                case NodeKeeper.SlotIdle idle
                when !outcome.isDone() -> node.tell(new Node.Run(idle.slot(), attempt, request, List.of()));
                case NodeKeeper.Produced produced -> {
                    node.tell(new Node.Recorded(produced.attempt()));
                    outcome.complete("");
                }
                case NodeKeeper.AttemptEnded ended ->
                    outcome.complete(ended.end().code() + ": " + ended.end().reason());
                default -> node.tell(new Node.StillHere());
            }
            return Behaviors.same();
        });
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
