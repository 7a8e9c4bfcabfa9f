package drover.simulation;

import drover.board.BoardSettings;
import drover.board.JobBoard;
import drover.delivery.Delivery;
import drover.feed.JobFeed;
import drover.inference.fault.FaultSettings;
import drover.ledger.JobLedger;
import drover.ledger.LedgerSettings;
import drover.logging.LoggingSettings;
import drover.node.EngineSettings;
import drover.node.GpuDevice;
import drover.node.GpuSelection;
import drover.node.Membership;
import drover.node.NodeKeeper;
import drover.node.NodeSettings;
import drover.node.ProcessLauncher;
import drover.node.StackSource;
import drover.watchdog.Incident;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Watchdog;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;

/** The simulated host: its disk, its control process, its GPU processes, and what befalls them. */
final class Machine {
    /** {@code cancel_grace} and {@code restart_grace}. */
    static final Duration GRACE = Duration.ofSeconds(1);

    private static final Path NOWHERE = Path.of("simulated");
    private static final LedgerSettings LEDGER = LedgerSettings.at("jdbc:h2:mem:simulated");
    private static final StackSource STACKS = (_, _) -> new Incident.Stack.NotTaken("it is simulated");

    private final World world;
    private final Disk disk;
    private final Store store = new Store();
    private final NodeSettings settings;
    private final List<Wire> wires;
    private final Wire callers = new Wire();
    /** For each node, its processes, the last one last. */
    private final List<List<GpuProcess>> processes;

    private Control control;

    /** One life of the control process. */
    private record Control(
            HostProcess process,
            Disk.Session session,
            Place<JobLedger.Command> ledger,
            Place<JobBoard.Command> board) {}

    Machine(World world) {
        this.world = world;
        this.disk = new Disk(world);
        Plan.Shape shape = world.plan().shape();
        this.settings = settings(shape);
        this.wires = IntStream.range(0, shape.nodes()).mapToObj(_ -> new Wire()).toList();
        this.processes = IntStream.range(0, shape.nodes())
                .<List<GpuProcess>>mapToObj(_ -> new ArrayList<>())
                .toList();
        this.control = start();
        for (Trouble trouble : world.plan().troubles()) {
            world.timeline().at(trouble.at(), () -> befall(trouble));
        }
    }

    Disk disk() {
        return disk;
    }

    ActorRef<JobLedger.Command> ledger() {
        return control.ledger;
    }

    /** The way to and from whoever orders something. */
    Wire callers() {
        return callers;
    }

    ActorRef<JobBoard.Command> board() {
        return control.board;
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
                List.of(),
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
                        Duration.ZERO, Duration.ofSeconds(4), 4, Duration.ofSeconds(60), Duration.ofSeconds(10)));
    }

    // ---- the control process

    /** Builds the tree of the control process, over what is on disk. */
    private Control start() {
        Books books = world.books();
        int life = books.life();
        world.note(() -> "control process " + life + " starts");
        HostProcess process = new HostProcess(
                world.timeline(), "control." + life, Dice.of(world.plan().seed(), 6, life), new Wire());
        Disk.Session session = disk.open(process);
        Place<JobLedger.Command> ledger = world.start(
                process,
                "ledger",
                around -> new JobLedger(around, session, LEDGER, new CompositeMeterRegistry(), world::now));
        ActorRef<JobFeed.Command> feed = new Address<>(world.nextNumber()) {
            @Override
            public void tell(JobFeed.Command word) {
                books.followed(word);
            }
        };
        Place<Delivery.Command> delivery =
                world.start(process, "delivery", around -> new Delivery(around, store, ledger, feed, world::wall));
        Place<JobBoard.Command> board = world.start(
                process,
                "board",
                around -> world.cast()
                        .board(
                                around,
                                new JobBoard.Links(ledger, feed, delivery, world.sink()),
                                BoardSettings.DEFAULT,
                                world::wall));
        Place<Watchdog.Command> watchdog = world.start(
                process, "watchdog", around -> world.cast().watchdog(around, "control", world::now, world::wall));
        for (int node = 0; node < processes.size(); node++) {
            keep(process, board, watchdog, node);
        }
        return new Control(process, session, ledger, board);
    }

    private void keep(HostProcess process, Place<JobBoard.Command> board, Place<Watchdog.Command> watchdog, int node) {
        GpuDevice device = GpuDevice.gpu(node);
        Place<NodeKeeper.Command> place = new Place<>(world, process, "keeper-" + device.node());
        ProcessLauncher launcher = (_, _, bootstrap) -> launch(device.node(), node, bootstrap.launch(), place);
        NodeKeeper.Links links = new NodeKeeper.Links(
                board,
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
    }

    private GpuProcess launch(String node, int index, long launch, Place<NodeKeeper.Command> keeper) {
        String name = node + "." + launch;
        world.note(() -> name + " starts");
        HostProcess process = new HostProcess(
                world.timeline(),
                name,
                Dice.of(world.plan().seed(), 7, index, launch, world.books().life()),
                wires.get(index));
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
                HostProcess stopped = control.process;
                stopped.stop();
                world.books().controlStops(true);
                world.timeline().at(now + t.length(), () -> {
                    stopped.resume();
                    world.books().controlStops(false);
                });
            }
            case Trouble.KillControl t -> {
                control.process.die();
                control.session.cut();
                world.books().controlEnds();
                int life = world.books().life();
                world.timeline().at(now + t.downFor(), () -> {
                    if (life == world.books().life()) {
                        // As the supervisor does before anything else: what an earlier process has left is ended.
                        processes.forEach(all -> all.forEach(p -> p.end(137)));
                        control = start();
                    }
                });
            }
            case Trouble.SetClock t -> world.setClock(t.by());
            case Trouble.SlowDisk t -> disk.slow(now + t.length(), t.delay());
            case Trouble.BrokenDisk t -> disk.breakUntil(now + t.length());
            case Trouble.BadLink t -> wire(t.node()).ifPresent(w -> w.spoil(now + t.length(), t.delay(), t.loss()));
        }
    }

    private void stop(Trouble.StopNode t) {
        living(t.node()).ifPresent(it -> {
            HostProcess process = it.host();
            process.stop();
            if (t.length() >= 0) {
                world.timeline().at(world.now() + t.length(), process::resume);
                return;
            }
            Books books = world.books();
            int life = books.life();
            int stops = books.controlStopCount();
            int ownStops = process.stops();
            long noticed = Math.max(
                            world.plan().shape().silence().toNanos(),
                            settings.limits().launch().toNanos())
                    + settings.limits().sibling().toNanos()
                    + 3_000_000_000L;
            world.timeline().at(world.now() + noticed, () -> {
                if (!process.isDead()
                        && process.isStopped()
                        && process.stops() == ownStops
                        && !books.isControlStopped()
                        && life == books.life()
                        && stops == books.controlStopCount()) {
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
        return node == wires.size()
                ? Optional.of(callers)
                : Optional.ofNullable(node < wires.size() ? wires.get(node) : null);
    }
}
