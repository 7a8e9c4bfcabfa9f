package drover.simulation;

import drover.board.JobBoard;
import drover.diffusion.ModelPlaces;
import drover.inference.fault.FaultSettings;
import drover.ledger.JobLedger;
import drover.logging.LoggingSettings;
import drover.node.EngineSettings;
import drover.node.GpuDevice;
import drover.node.GpuSelection;
import drover.node.Membership;
import drover.node.NodeKeeper;
import drover.node.NodeSettings;
import drover.node.ProcessLauncher;
import drover.node.SafetySettings;
import drover.node.StackSource;
import drover.watchdog.Incident;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Watchdog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** The simulated host: its disk, its control process, its GPU processes, and what befalls them. */
final class Machine {
    /** {@code cancel_grace} and {@code restart_grace}. */
    static final Duration GRACE = Duration.ofSeconds(1);

    /** How many hosts have keepers, if the dispatch is on another one. */
    private static final int HOSTS = 2;

    private static final long FOUND_WITHIN = 500_000_000L;

    private static final Path NOWHERE = Path.of("simulated");
    private static final StackSource STACKS = (_, _) -> new Incident.Stack.NotTaken("it is simulated");

    private final World world;
    private final Disk disk;
    private final Store store = new Store();
    private final NodeSettings settings;
    private final List<Wire> wires;
    private final Wire callers = new Wire();
    /** For each node, its processes, the last one last. */
    private final List<List<GpuProcess>> processes;

    private final List<Host> hosts = new ArrayList<>();
    private final DispatchTerms terms;

    /** A host's line to the board, wherever that is; nobody hears what is said while there is none. */
    private static final class Line extends Address<JobBoard.Command> {
        private @Nullable Place<JobBoard.Command> board;

        private Line(int number) {
            super(number);
        }

        @Override
        public void tell(JobBoard.Command word) {
            if (board != null) {
                board.tell(word);
            }
        }
    }

    /** A host with keepers, in the present life of its control process. */
    private static final class Host {
        private final int index;
        private final Map<Integer, Place<NodeKeeper.Command>> keepers = new TreeMap<>();
        private HostProcess process;
        private Line line;
        private int life;

        private Host(int index, HostProcess process, Line line) {
            this.index = index;
            this.process = process;
            this.line = line;
        }
    }

    Machine(World world) {
        this.world = world;
        this.disk = new Disk(world);
        world.books().lieOn(disk);
        Plan.Shape shape = world.plan().shape();
        this.settings = settings(shape);
        this.wires = IntStream.range(0, shape.nodes()).mapToObj(_ -> new Wire()).toList();
        this.processes = IntStream.range(0, shape.nodes())
                .<List<GpuProcess>>mapToObj(_ -> new ArrayList<>())
                .toList();
        this.terms = new DispatchTerms(world, disk, store, this::opened);
        HostProcess first = terms.begin("control", 6, 0);
        if (shape.shared()) {
            for (int i = 0; i < hostCount(); i++) {
                Host host = new Host(i, HostProcess.control(world, "host" + i, 12 + i, 0, new Wire()), line());
                hosts.add(host);
                startKeepers(host);
            }
        } else {
            Host host = new Host(0, first, line());
            hosts.add(host);
            host.line.board = terms.present().board();
            startKeepers(host);
        }
        for (Trouble trouble : world.plan().troubles()) {
            world.timeline().at(trouble.at(), () -> befall(trouble));
        }
    }

    private int hostCount() {
        return terms.isShared() ? Math.min(HOSTS, processes.size()) : 1;
    }

    private Line line() {
        return new Line(world.nextNumber());
    }

    Disk disk() {
        return disk;
    }

    ActorRef<JobLedger.Command> ledger() {
        return terms.present().ledger();
    }

    /** The way to and from whoever orders something. */
    Wire callers() {
        return callers;
    }

    ActorRef<JobBoard.Command> board() {
        return terms.present().board();
    }

    private static NodeSettings settings(Plan.Shape shape) {
        Duration step = shape.stepLimit();
        PhaseTimeouts timeouts = PhaseTimeouts.builder()
                .inferenceStep(step)
                .preload(step.multipliedBy(2))
                .encode(step.plusSeconds(1))
                .decode(step.plusSeconds(2))
                .upload(step.plusSeconds(1))
                .cancelGrace(GRACE)
                .restartGrace(GRACE)
                .build();
        return new NodeSettings(
                new GpuSelection.Auto(),
                shape.slots(),
                shape.standby(),
                new NodeSettings.ProcessSettings("256m", Optional.empty(), List.of()),
                new LoggingSettings(NOWHERE, false, Map.of(), 1, 1, 1),
                new EngineSettings.Fault(FaultSettings.instant(Set.of("m0"))),
                SafetySettings.NONE,
                ModelPlaces.NONE,
                NOWHERE,
                NOWHERE,
                NOWHERE,
                new NodeSettings.Limits(
                        Duration.ofSeconds(6),
                        Duration.ofSeconds(10),
                        shape.silence(),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(4)),
                timeouts,
                shape.margin(),
                new NodeSettings.Recovery(
                        Duration.ZERO, Duration.ofSeconds(4), 4, Duration.ofSeconds(60), Duration.ofSeconds(10)),
                Optional.empty());
    }

    // ---- the control processes

    /** Keepers may speak to this board. */
    private void opened(Place<JobBoard.Command> board) {
        hosts.forEach(host -> connect(host, board));
    }

    /** The host finds the board, sooner or later, and its keepers say again what they have. */
    private void connect(Host host, Place<JobBoard.Command> board) {
        HostProcess process = host.process;
        process.at(world.now() + Dice.between(process.random(), 0, FOUND_WITHIN), () -> {
            if (host.process == process && terms.present().board().equals(board)) {
                host.line.board = board;
                host.keepers.values().forEach(keeper -> keeper.tell(new NodeKeeper.SayAgain()));
            }
        });
    }

    private void startKeepers(Host host) {
        Place<Watchdog.Command> watchdog = world.start(
                host.process, "watchdog", around -> world.cast().watchdog(around, "control", world::now, world::wall));
        host.keepers.clear();
        for (int node = host.index; node < processes.size(); node += hostCount()) {
            host.keepers.put(node, keep(host, watchdog, node));
        }
    }

    private Place<NodeKeeper.Command> keep(Host host, Place<Watchdog.Command> watchdog, int node) {
        GpuDevice device = GpuDevice.gpu(node);
        Place<NodeKeeper.Command> place = new Place<>(world, host.process, "keeper-" + device.node());
        ProcessLauncher launcher =
                (_, _, bootstrap) -> launch(device.node(), node, host.life, bootstrap.launch(), place);
        NodeKeeper.Links links = new NodeKeeper.Links(
                host.line,
                watchdog,
                world.sink(),
                world.sink(),
                world.sink(),
                launcher,
                STACKS,
                world::wall,
                Duration.ofHours(1),
                Membership.at("simulated"),
                "simulated");
        Place<?> before = world.enter(place);
        try {
            place.live(NodeKeeper.rules(place, links, device, settings, NodeKeeper.Past.NONE));
        } finally {
            world.leave(before);
        }
        return place;
    }

    private GpuProcess launch(String node, int index, int life, long launch, Place<NodeKeeper.Command> keeper) {
        String name = node + "." + launch;
        world.note(() -> name + " starts");
        HostProcess process = new HostProcess(
                world.timeline(), name, Dice.of(world.plan().seed(), 7, index, launch, life), wires.get(index), false);
        GpuProcess started = new GpuProcess(world, process, store, settings, node, launch, keeper);
        processes.get(index).add(started);
        return started;
    }

    // ---- what befalls it

    private void befall(Trouble trouble) {
        world.note(trouble::text);
        long now = world.now();
        switch (trouble) {
            case Trouble.StopNode t -> stop(t);
            case Trouble.EndNode t -> living(t.node()).ifPresent(p -> p.end(t.code()));
            case Trouble.StopControl t -> {
                HostProcess stopped = host(t.at()).process;
                stopped.stop();
                world.timeline().at(now + t.length(), stopped::resume);
            }
            case Trouble.KillControl t -> killHost(host(t.at()), t.downFor());
            case Trouble.DrainNode t -> drain(t);
            case Trouble.MoveDispatch t -> terms.move(t);
            case Trouble.SetClock t -> world.setClock(t.by());
            case Trouble.SlowDisk t -> disk.slow(now + t.length(), t.delay());
            case Trouble.BrokenDisk t -> disk.breakUntil(now + t.length());
            case Trouble.BadLink t -> {
                wire(t.node()).ifPresent(w -> w.spoil(now + t.length(), t.delay(), t.loss()));
                if (t.node() == Trouble.DISPATCH) {
                    world.books().boardIsHardToReach();
                    world.timeline().at(now + t.length() + t.delay(), world.books()::boardIsHardToReach);
                }
            }
        }
    }

    /** The one that something befalls which is not meant for a certain one. */
    private Host host(long dice) {
        return hosts.get((int) (dice % hosts.size()));
    }

    private void killHost(Host host, long downFor) {
        if (host.process.isDead()) {
            return;
        }
        host.process.die();
        boolean all = host.process == terms.present().process();
        if (all) {
            terms.present().session().cut();
            world.books().boardEnds();
        }
        world.timeline().at(world.now() + downFor, () -> {
            // As the supervisor does before anything else: what an earlier process has left is ended.
            for (int node = host.index; node < processes.size(); node += hostCount()) {
                processes.get(node).forEach(p -> p.end(137));
            }
            host.life++;
            host.line = line();
            if (all) {
                host.process = terms.begin("control", 6, host.life);
                host.line.board = terms.present().board();
            } else {
                host.process = HostProcess.control(world, "host" + host.index, 12 + host.index, host.life, new Wire());
                terms.open().ifPresent(board -> connect(host, board));
            }
            startKeepers(host);
        });
    }

    private void drain(Trouble.DrainNode t) {
        keeper(t.node())
                .ifPresent(keeper -> keeper.tell(new NodeKeeper.Drain(
                        t.out() < 0 ? NodeKeeper.AfterDrain.RELAUNCH : NodeKeeper.AfterDrain.QUARANTINE,
                        "as planned",
                        Duration.ofNanos(t.within()))));
        if (t.out() >= 0) {
            world.timeline()
                    .at(
                            world.now() + t.out(),
                            () -> keeper(t.node()).ifPresent(keeper -> keeper.tell(new NodeKeeper.Release())));
        }
    }

    private Optional<Place<NodeKeeper.Command>> keeper(int node) {
        return hosts.stream()
                .flatMap(host -> Optional.ofNullable(host.keepers.get(node)).stream())
                .findFirst();
    }

    private void stop(Trouble.StopNode t) {
        living(t.node()).ifPresent(it -> {
            HostProcess process = it.host();
            HostProcess keeper = it.keeper();
            process.stop();
            if (t.length() >= 0) {
                world.timeline().at(world.now() + t.length(), process::resume);
                return;
            }
            int turns = process.turns();
            int keeperTurns = keeper.turns();
            boolean isWatched = !keeper.isStopped();
            long noticed = Math.max(
                            world.plan().shape().silence().toNanos(),
                            settings.limits().launch().toNanos())
                    + settings.limits().sibling().toNanos()
                    + 3_000_000_000L;
            world.timeline().at(world.now() + noticed, () -> {
                if (!process.isDead()
                        && process.turns() == turns
                        && isWatched
                        && !keeper.isDead()
                        && keeper.turns() == keeperTurns) {
                    throw new Violation("a frozen process is not missed", process.name() + " still stands");
                }
            });
        });
    }

    private Optional<GpuProcess> living(int node) {
        return node >= processes.size()
                ? Optional.empty()
                : processes.get(node).stream().filter(p -> !p.host().isDead()).findFirst();
    }

    private Optional<Wire> wire(int node) {
        if (node == Trouble.DISPATCH) {
            return Optional.of(terms.wire());
        }
        return node == wires.size()
                ? Optional.of(callers)
                : Optional.ofNullable(node < wires.size() ? wires.get(node) : null);
    }
}
