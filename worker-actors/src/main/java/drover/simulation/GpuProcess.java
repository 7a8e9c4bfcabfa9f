package drover.simulation;

import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.Drawing;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.InferenceActor;
import drover.inference.InferenceRequest;
import drover.inference.Phase;
import drover.inference.RunMonitor;
import drover.node.Node;
import drover.node.NodeCrew;
import drover.node.NodeExit;
import drover.node.NodeKeeper;
import drover.node.NodeMemory;
import drover.node.NodeProcess;
import drover.node.NodeSettings;
import drover.safety.SafetyActor;
import drover.safety.SafetyParts;
import drover.watchdog.Watchdog;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;

/** A simulated GPU process: a node with its watchdog and its runners, started and killed by its keeper. */
final class GpuProcess implements NodeProcess {
    private static final NodeMemory MEMORY = new NodeMemory(1, 1, 1, 0);
    private static final SafetyParts SAFETY = SafetyParts.withoutChecker();
    private static final long KILL_TAKES = 2_000_000L;

    private final World world;
    private final HostProcess process;
    private final HostProcess keeper;
    private final SimulatedEngine engine;
    private final Store store;
    private final NodeSettings settings;
    private final long pid;
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();

    GpuProcess(
            World world,
            HostProcess process,
            Store store,
            NodeSettings settings,
            String node,
            long launch,
            Place<NodeKeeper.Command> keeper) {
        this.world = world;
        this.process = process;
        this.keeper = keeper.process();
        this.store = store;
        this.settings = settings;
        this.pid = world.nextNumber();
        this.engine = new SimulatedEngine(world.plan().shape().models());
        SplittableRandom random = process.random();
        long takes = Dice.spread(random, 200_000_000L, 2_000_000_000L);
        int fate = random.nextInt(60);
        if (fate == 0) {
            process.at(world.now() + takes, () -> end(NodeExit.START_FAILED));
        } else if (fate != 1) { // One in sixty never says a word.
            process.at(world.now() + takes, () -> boot(node, launch, keeper));
        }
    }

    private void boot(String node, long launch, Place<NodeKeeper.Command> keeper) {
        CompletableFuture<Engine> opening = new CompletableFuture<>();
        Node.Identity identity = new Node.Identity(
                node,
                launch,
                pid,
                settings.timeouts(),
                settings.limits().orphan(),
                settings.limits().sibling().plusSeconds(10));
        Node.Host host = new Node.Host(store, () -> MEMORY, this::end, _ -> {}, world::now, world::wall, SAFETY);
        Place<Node.Command> place = world.start(
                process,
                process.name(),
                around -> Node.rules(around, identity, host, new Crew(host), opening, keeper.narrow()));
        world.later(place, world.now() + world.shortWhile(process), () -> opening.complete(engine));
    }

    private final class Crew implements NodeCrew {
        private final Node.Host host;

        private Crew(Node.Host host) {
            this.host = host;
        }

        @Override
        public ActorRef<Watchdog.Command> watchdog() {
            return world.start(
                    process,
                    process.name() + "/watchdog",
                    around -> world.cast().watchdog(around, "node", host.nanoTime(), host.wall()));
        }

        @Override
        public void safety(ActorRef<SafetyActor.Ready> ready) {
            // Simulated results have no pixels to look at.
        }

        @Override
        public ActorRef<InferenceActor.Command> slot(
                InferenceActor.Id id, Engine opened, ActorRef<InferenceActor.Event> events) {
            Runner runner = new Runner(world, GpuProcess.this, id, events);
            Place<InferenceActor.Command> place = world.start(process, process.name() + "/" + id.slot(), _ -> runner);
            runner.begin(place);
            return place;
        }
    }

    /** The process ends with this code. */
    void end(int code) {
        if (!process.isDead()) {
            process.die();
            world.note(() -> process.name() + " ends with code " + code);
            world.timeline().at(world.now() + 1_000_000L, () -> exit.complete(code));
        }
    }

    HostProcess host() {
        return process;
    }

    /** The process that has started it. */
    HostProcess keeper() {
        return keeper;
    }

    SimulatedEngine engine() {
        return engine;
    }

    /** How long a phase may go without an advance, nanoseconds. */
    long limit(Phase phase) {
        return settings.timeouts().limit(phase).length().toNanos();
    }

    /** Keeps a result. */
    void store(AssetRef asset) {
        store.keep(asset);
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    public CompletionStage<Integer> onExit() {
        return exit;
    }

    @Override
    public void dismiss() {
        kill();
    }

    @Override
    public void kill() {
        world.timeline().at(world.now() + KILL_TAKES, () -> end(137));
    }

    @Override
    public String toString() {
        return process.name();
    }

    /** An engine that has two models in memory at most, and never runs anything itself: {@link Runner} does. */
    static final class SimulatedEngine implements Engine {
        private static final int ROOM = 2;
        private final Set<String> models = new TreeSet<>();
        private final LinkedHashSet<String> resident = new LinkedHashSet<>();
        private Set<String> told = Set.of();

        SimulatedEngine(int count) {
            for (int i = 0; i < count; i++) {
                models.add("m" + i);
            }
        }

        void load(String model) {
            if (resident.add(model)) {
                if (resident.size() > ROOM) {
                    resident.removeFirst();
                }
                told = Set.copyOf(resident);
            }
        }

        @Override
        public String name() {
            return "simulated";
        }

        @Override
        public Set<String> models() {
            return models;
        }

        @Override
        public Set<String> resident() {
            return told;
        }

        @Override
        public List<Drawing> run(AttemptId attempt, InferenceRequest request, RunMonitor monitor)
                throws EngineException {
            throw new UnsupportedOperationException("simulated attempts run on virtual time");
        }

        @Override
        public void close() {}
    }
}
