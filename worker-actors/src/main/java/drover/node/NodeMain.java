package drover.node;

import com.typesafe.config.Config;
import drover.delivery.DirectoryAssetStore;
import drover.inference.AssetStore;
import drover.inference.Engine;
import drover.logging.LogKeys;
import drover.logging.Logging;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jline.utils.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Main class of a GPU process. It reads its {@link Bootstrap} from standard input, opens its engine and starts its
 * actor system at the same time, and ends when standard input does: then the control process is gone.
 */
public final class NodeMain {
    private static final Logger LOG = LoggerFactory.getLogger(NodeMain.class);

    /**
     * A terminal sends these to the control process and its children at once, and so do service managers. The control
     * process ends its children when their work is done; when it is gone, the end of standard input tells them.
     */
    private static final List<String> STRAY_SIGNALS = List.of("INT", "TERM", "HUP");

    /** How long the engine may take to close. */
    private static final Duration CLOSING = Duration.ofSeconds(3);

    private final Bootstrap bootstrap;
    private final CompletableFuture<Engine> engine;

    private NodeMain(Bootstrap bootstrap) {
        this.bootstrap = bootstrap;
        this.engine = open(bootstrap);
    }

    /**
     * Runs a node until it is ended.
     *
     * @param arguments none; or {@code --train}, see {@link NodeTraining}
     */
    public static void main(String[] arguments) {
        if (arguments.length == 1 && arguments[0].equals("--train")) {
            NodeTraining.main();
            return;
        }
        Bootstrap bootstrap;
        try {
            bootstrap = Bootstrap.read(System.in);
        } catch (IOException e) {
            System.err.println("This is a process that `drover up` starts. " + e.getMessage());
            Runtime.getRuntime().halt(NodeExit.BAD_BOOTSTRAP);
            return;
        }
        startLog(bootstrap);
        STRAY_SIGNALS.forEach(signal -> Signals.register(signal, () -> LOG.debug("ignored SIG{}", signal)));
        Thread.ofPlatform().daemon().name("stdin-watch").start(() -> haltAtEnd(System.in));
        try {
            new NodeMain(bootstrap).run();
        } catch (RuntimeException e) {
            LOG.error("the node could not be started", e);
            Runtime.getRuntime().halt(NodeExit.START_FAILED);
        }
    }

    /** What is printed all the same, such as a native library's words, goes to the control process. */
    static void startLog(Bootstrap bootstrap) {
        String node = bootstrap.node();
        Logging.start(bootstrap.logging(), "node-" + node, Logging.Console.NONE, Map.of(LogKeys.NODE, node));
    }

    private static void setLogLevels(Map<String, String> levels) {
        if (!Logging.levels().entrySet().containsAll(levels.entrySet())) {
            Logging.setLevels(levels);
            LOG.info("log levels are now {}", levels);
        }
    }

    private void run() {
        ActorSystem<Void> system = start(bootstrap, engine, this::exit);
        // The guardian never ends by itself; if it did, something it cannot do without has failed.
        system.getWhenTerminated().thenRun(() -> Runtime.getRuntime().halt(NodeExit.START_FAILED));
    }

    static ActorSystem<Void> start(Bootstrap bootstrap, CompletableFuture<Engine> engine, NodeExit exit) {
        Behavior<Void> guardian = Behaviors.setup(context -> {
            ActorRef<Node.Command> node = context.spawn(node(context.getSystem(), bootstrap, engine, exit), "node");
            context.watch(node);
            CoordinatedShutdown.get(context.getSystem())
                    .addTask(CoordinatedShutdown.PhaseBeforeServiceUnbind(), "end-steps", () -> endSteps(node));
            return Behaviors.empty();
        });
        return ActorSystem.create(guardian, ClusterConfig.SYSTEM, config(bootstrap));
    }

    /**
     * The other hosts have removed this one, and nobody takes its reports any more: each attempt ends its current step,
     * and the node ends the process, after {@link Node#LAST_WORDS} at the latest.
     */
    private static CompletionStage<Done> endSteps(ActorRef<Node.Command> node) {
        node.tell(new Node.Drain(Duration.ZERO));
        return new CompletableFuture<>();
    }

    private static Behavior<Node.Command> node(
            ActorSystem<?> system, Bootstrap bootstrap, CompletableFuture<Engine> engine, NodeExit exit) {
        ActorRef<NodeKeeper.FromNode> keeper = ActorRefResolver.get(system).resolveActorRef(bootstrap.keeper());
        Node.Identity identity = new Node.Identity(
                bootstrap.node(),
                bootstrap.launch(),
                ProcessHandle.current().pid(),
                bootstrap.timeouts().toPhaseTimeouts(),
                bootstrap.orphanTimeout(),
                bootstrap.selfHalt());
        Node.Host host = new Node.Host(
                store(bootstrap.assetDir()),
                new ProcessMemory(),
                exit,
                NodeMain::setLogLevels,
                System::nanoTime,
                bootstrap.engine().clock(),
                bootstrap.safety().parts(bootstrap.engine().torch("cpu")));
        return Node.create(identity, host, engine, keeper);
    }

    private static AssetStore store(Path folder) {
        try {
            return DirectoryAssetStore.open(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("the asset folder cannot be used: " + e.getMessage(), e);
        }
    }

    static CompletableFuture<Engine> open(Bootstrap bootstrap) {
        CompletableFuture<Engine> opening = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("engine-open").start(() -> {
            try {
                opening.complete(EngineFactory.of(
                                bootstrap.engine(), bootstrap.device(), bootstrap.models(), bootstrap.cacheDir())
                        .open());
            } catch (Throwable e) { // Also a library that does not load: the keeper has to hear of it.
                opening.completeExceptionally(e);
            }
        });
        return opening;
    }

    static Config config(Bootstrap bootstrap) {
        return ClusterConfig.ofNode(bootstrap.member(), bootstrap.roles(), List.of(bootstrap.seed()));
    }

    /** Not on the caller's thread, which is an actor's; and never for longer than the engine may take to close. */
    private void exit(int code) {
        Thread.ofPlatform().daemon().name("exit").start(() -> {
            if (code == NodeExit.DONE) {
                Thread closing =
                        Thread.ofPlatform().daemon().name("engine-close").start(this::close);
                try {
                    closing.join(CLOSING);
                } catch (InterruptedException e) {
                    // Ending is all that is left to do.
                }
            }
            Runtime.getRuntime().halt(code);
        });
    }

    private void close() {
        if (engine.isDone() && !engine.isCompletedExceptionally()) {
            engine.join().close();
        }
    }

    private static void haltAtEnd(InputStream in) {
        try {
            while (in.read() >= 0) {
                // Nothing is said here after the bootstrap line; all that matters is the end.
            }
        } catch (IOException e) {
            LOG.debug("standard input failed", e);
        }
        Runtime.getRuntime().halt(NodeExit.ORPHANED);
    }
}
