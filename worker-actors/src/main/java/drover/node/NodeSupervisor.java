package drover.node;

import drover.board.JobBoard;
import drover.inference.CborSerializable;
import drover.logging.Logging;
import drover.logging.LoggingSettings;
import drover.watchdog.Incident;
import drover.watchdog.Watchdog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps one {@link NodeKeeper} for each configured GPU. It knows the latest status of each, so that it can answer
 * whatever they are doing; a keeper that has failed is started anew after a pause, and meanwhile its node is answered
 * for as unavailable.
 */
public final class NodeSupervisor extends AbstractBehavior<NodeSupervisor.Command> {
    /** How long a failed keeper stays away. */
    public static final Duration KEEPER_PAUSE = Duration.ofSeconds(1);

    private static final Duration STATUS_DELAY = Duration.ofMillis(100);

    /** What the supervisor understands. */
    public sealed interface Command {}

    /**
     * Run nodes by these settings from now on. Nodes that are no longer configured are drained first; a changed number
     * of inference actors takes effect at once and loses no job; everything else takes effect with a node's next process.
     */
    public record Reconfigure(NodeSettings settings) implements Command {}

    /**
     * Have every node's processes log by these levels, also those that are started later; loggers that are not named
     * keep theirs.
     */
    public record SetLogLevels(Map<String, String> levels) implements Command {
        public SetLogLevels {
            levels.values().forEach(Logging::requireLevel);
            levels = Map.copyOf(levels);
        }
    }

    /** The board is another one; every keeper tells it what it has. */
    public record SayAgain() implements Command {}

    /** Asks for every node's status; answered at once, whatever the nodes are doing. */
    public record GetStatus(ActorRef<Status> replyTo) implements Command {}

    /**
     * Drain every node and end its process; nothing is started any more. Answered when no child is left.
     *
     * @param within how long running jobs may go on; 0 lets each end its current step, and no more
     */
    public record Drain(Duration within, ActorRef<Drained> replyTo) implements Command {}

    /** Drain the node and start a new process for it. */
    public record RestartNode(String node, ActorRef<NodeReply> replyTo) implements Command {}

    /** Drain the node and start no new process until it is released. */
    public record QuarantineNode(String node, String reason, ActorRef<NodeReply> replyTo) implements Command {}

    /** Give one inference actor of the node a fresh start; what it runs is handed back first. */
    public record RestartSlot(String node, int slot, ActorRef<NodeReply> replyTo) implements Command {}

    /** End what {@link QuarantineNode} has begun. A node that is out for its own failures stays out. */
    public record ResumeNode(String node, ActorRef<NodeReply> replyTo) implements Command {}

    /** Put the node back to work, whatever its record. */
    public record ReleaseNode(String node, ActorRef<NodeReply> replyTo) implements Command {}

    /** Answer to {@link GetStatus}: all nodes, in the order of the configuration. */
    public record Status(List<NodeStatus> nodes) implements CborSerializable {
        public Status {
            nodes = List.copyOf(nodes);
        }
    }

    /** Answer to {@link Drain}. */
    public record Drained() {}

    /** From a keeper: its node's status, and how many processes it has started. */
    public record KeeperSaid(NodeStatus status, long launches) implements Command {}

    private record Selected(NodeSettings settings, List<GpuDevice> devices) implements Command {}

    private record SelectionFailed(Throwable problem) implements Command {}

    private record KeeperEnded(String node, ActorRef<NodeKeeper.Command> keeper) implements Command {}

    private record StartKeeper(String node) implements Command {}

    /**
     * What the supervisor and its keepers use.
     *
     * @param board gives out the work
     * @param watchdog of the control process
     * @param incidents gets a record of every replacement
     * @param launcher starts processes
     * @param inventory knows the GPUs of this host
     * @param leftovers knows the children of an earlier control process; they are ended before any is started
     * @param stacks takes the stack of a stuck thread
     * @param clock wall clock
     * @param member how processes take part in the cluster
     * @param seed this process's address in the cluster, such as {@code pekko://drover@127.0.0.1:25520}
     */
    public record Parts(
            ActorRef<JobBoard.Command> board,
            ActorRef<Watchdog.Command> watchdog,
            ActorRef<Incident> incidents,
            ProcessLauncher launcher,
            GpuInventory inventory,
            Leftovers leftovers,
            StackCapture stacks,
            InstantSource clock,
            Membership member,
            String seed) {}

    private final TimerScheduler<Command> timers;
    private final Parts parts;
    private final Executor blocking;
    private final ActorRef<ClusterUndertaker.Command> undertaker;
    private final ActorRef<KeeperSaid> statuses;
    private final Map<String, Entry> nodes = new LinkedHashMap<>();
    private final List<ActorRef<Drained>> drainers = new ArrayList<>();
    private NodeSettings settings;
    private boolean draining;

    /** A node as the supervisor knows it. */
    private static final class Entry {
        private GpuDevice device;
        private NodeStatus status;
        private Optional<ActorRef<NodeKeeper.Command>> keeper = Optional.empty();
        private long launches;
        /** Whether an operator has taken it out and not let it back. */
        private boolean heldBack;
        /** Whether the configuration still has it. */
        private boolean wanted = true;

        private Entry(GpuDevice device, NodeStatus status) {
            this.device = device;
            this.status = status;
        }
    }

    /** A supervisor that first ends what an earlier control process has left behind, and then starts its nodes. */
    public static Behavior<Command> create(Parts parts, NodeSettings settings) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new NodeSupervisor(context, timers, parts, settings)));
    }

    private NodeSupervisor(
            ActorContext<Command> context, TimerScheduler<Command> timers, Parts parts, NodeSettings settings) {
        super(context);
        context.setLoggerName(NodeSupervisor.class);
        this.timers = timers;
        this.parts = parts;
        this.settings = settings;
        this.blocking = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
        this.undertaker = context.spawn(ClusterUndertaker.create(), "undertaker");
        this.statuses = context.getSelf().narrow();
        select(settings, true);
    }

    /** Finds the devices, on a thread that may block. */
    private void select(NodeSettings wanted, boolean first) {
        getContext()
                .pipeToSelf(
                        CompletableFuture.supplyAsync(
                                () -> {
                                    if (first) {
                                        endLeftovers();
                                    }
                                    return parts.inventory().select(wanted.gpus());
                                },
                                blocking),
                        (devices, problem) ->
                                problem == null ? new Selected(wanted, devices) : new SelectionFailed(problem));
    }

    private void endLeftovers() {
        try {
            parts.leftovers().endAll();
        } catch (IOException e) {
            throw new UncheckedIOException("the list of children of an earlier control process cannot be read", e);
        }
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Reconfigure it -> select(it.settings(), false);
            case Selected it -> onSelected(it);
            case SelectionFailed it -> throw new IllegalStateException("no nodes can be started", it.problem());
            case SetLogLevels it -> onSetLogLevels(it.levels());
            case SayAgain _ -> tellKeepers(new NodeKeeper.SayAgain());
            case GetStatus it -> it.replyTo().tell(status());
            case Drain it -> onDrain(it);
            case RestartNode it ->
                order(it.node(), it.replyTo(), drain(NodeKeeper.AfterDrain.RELAUNCH, "restarted by an operator"));
            case RestartSlot it -> onRestartSlot(it);
            case QuarantineNode it ->
                order(it.node(), it.replyTo(), drain(NodeKeeper.AfterDrain.QUARANTINE, it.reason()));
            case ResumeNode it -> onResumeNode(it);
            case ReleaseNode it -> order(it.node(), it.replyTo(), new NodeKeeper.Release());
            case KeeperSaid it -> onKeeperSaid(it);
            case KeeperEnded it -> onKeeperEnded(it);
            case StartKeeper it -> find(it.node()).ifPresent(this::start);
        }
        return this;
    }

    private void onSetLogLevels(Map<String, String> levels) {
        settings = settings.withLogging(settings.logging().withLevels(levels));
        tellKeepers(new NodeKeeper.Reconfigure(settings));
    }

    private void tellKeepers(NodeKeeper.Command order) {
        nodes.values().forEach(entry -> entry.keeper.ifPresent(k -> k.tell(order)));
    }

    private void onSelected(Selected it) {
        // Levels that an operator has set by hand hold until the configuration says otherwise.
        LoggingSettings logging = it.settings().logging();
        settings = it.settings()
                .withLogging(logging.withLevels(settings.logging().levels()).withLevels(logging.levels()));
        if (draining) {
            return;
        }
        Set<String> wanted = it.devices().stream().map(GpuDevice::node).collect(Collectors.toSet());
        nodes.forEach((node, entry) -> {
            if (!wanted.contains(node) && entry.wanted) {
                entry.wanted = false;
                entry.keeper.ifPresent(k -> k.tell(drain(NodeKeeper.AfterDrain.STOP, "no longer configured")));
            }
        });
        for (GpuDevice device : it.devices()) {
            Entry known = nodes.get(device.node());
            if (known == null) {
                Entry entry = new Entry(device, absent(device, "not started yet"));
                nodes.put(device.node(), entry);
                start(entry);
            } else {
                known.device = device;
                known.wanted = true;
                known.keeper.ifPresent(k -> k.tell(new NodeKeeper.Reconfigure(settings)));
            }
        }
        nodes.values().removeIf(entry -> !entry.wanted && entry.keeper.isEmpty());
    }

    private void start(Entry entry) {
        if (draining || !entry.wanted || entry.keeper.isPresent()) {
            return;
        }
        NodeKeeper.Links links = new NodeKeeper.Links(
                parts.board(),
                parts.watchdog(),
                parts.incidents(),
                undertaker,
                statuses,
                parts.launcher(),
                parts.stacks(),
                parts.clock(),
                STATUS_DELAY,
                parts.member(),
                parts.seed());
        String node = entry.device.node();
        // A keeper's name is used anew only after the last one has ended, so it may repeat.
        ActorRef<NodeKeeper.Command> keeper =
                getContext().spawn(NodeKeeper.create(links, entry.device, settings, entry.launches), "keeper-" + node);
        getContext().watchWith(keeper, new KeeperEnded(node, keeper));
        entry.keeper = Optional.of(keeper);
    }

    private void onKeeperSaid(KeeperSaid it) {
        find(it.status().node()).ifPresent(entry -> {
            entry.status = it.status();
            entry.launches = Math.max(entry.launches, it.launches());
        });
    }

    private void onKeeperEnded(KeeperEnded it) {
        Entry entry = nodes.get(it.node());
        if (entry == null || entry.keeper.filter(it.keeper()::equals).isEmpty()) {
            return;
        }
        entry.keeper = Optional.empty();
        if (draining || !entry.wanted) {
            nodes.remove(it.node());
        } else if (entry.status.state() == NodeState.STOPPED) {
            start(entry); // It was configured again while it was being drained.
        } else {
            getContext().getLog().error("the keeper of {} has ended; starting it anew", it.node());
            // Launch numbers that it may have used and not told are skipped: a process never shares its predecessor's.
            entry.launches += 100;
            entry.status = absent(entry.device, "its keeper is being started anew");
            timers.startSingleTimer(it.node(), new StartKeeper(it.node()), KEEPER_PAUSE);
        }
        answerDrained();
    }

    private NodeKeeper.Drain drain(NodeKeeper.AfterDrain then, String reason) {
        return new NodeKeeper.Drain(then, reason, settings.limits().drain());
    }

    private void onDrain(Drain it) {
        drainers.add(it.replyTo());
        draining = true;
        nodes.values().removeIf(entry -> entry.keeper.isEmpty());
        tellKeepers(new NodeKeeper.Drain(NodeKeeper.AfterDrain.STOP, "Drover is being shut down", it.within()));
        answerDrained();
    }

    private void answerDrained() {
        if (draining && nodes.isEmpty()) {
            drainers.forEach(asker -> asker.tell(new Drained()));
            drainers.clear();
        }
    }

    private void onResumeNode(ResumeNode it) {
        Optional<Entry> entry = find(it.node());
        NodeState state = entry.map(e -> e.status.state()).orElse(NodeState.RUNNING);
        if (entry.isPresent() && !entry.get().heldBack && state == NodeState.QUARANTINED) {
            String why = entry.get().status.note().orElse("it has failed too often");
            it.replyTo()
                    .tell(new NodeReply.Refused(
                            it.node(), "is not out because an operator drained it: " + why + "; release it instead"));
        } else if (entry.isPresent() && !entry.get().heldBack) {
            it.replyTo().tell(new NodeReply.Done(entry.get().status));
        } else {
            order(it.node(), it.replyTo(), new NodeKeeper.Release());
        }
    }

    private void onRestartSlot(RestartSlot it) {
        Optional<NodeStatus> status = find(it.node()).map(entry -> entry.status);
        if (status.filter(s -> s.state() != NodeState.RUNNING).isPresent()) {
            it.replyTo()
                    .tell(new NodeReply.Refused(it.node(), "is " + status.get().state() + " and has no actor at work"));
        } else if (status.isPresent() && status.get().slots().stream().noneMatch(slot -> slot.index() == it.slot())) {
            String known = status.get().slots().stream()
                    .map(slot -> Integer.toString(slot.index()))
                    .collect(Collectors.joining(", "));
            it.replyTo()
                    .tell(new NodeReply.Refused(
                            it.node(), "has no actor " + it.slot() + " at work; there are: " + known));
        } else {
            order(it.node(), it.replyTo(), new NodeKeeper.RestartSlot(it.slot()));
        }
    }

    private void order(String node, ActorRef<NodeReply> replyTo, NodeKeeper.Command order) {
        Entry entry = nodes.get(node);
        if (entry == null) {
            replyTo.tell(new NodeReply.UnknownNode(node, List.copyOf(nodes.keySet())));
        } else if (draining || entry.keeper.isEmpty() || !entry.wanted) {
            String why =
                    draining ? "Drover is being shut down" : entry.status.note().orElse("it is being removed");
            replyTo.tell(new NodeReply.Unavailable(node, why, KEEPER_PAUSE));
        } else {
            entry.heldBack = switch (order) {
                case NodeKeeper.Drain drain -> drain.then() == NodeKeeper.AfterDrain.QUARANTINE;
                case NodeKeeper.Release _ -> false;
                default -> entry.heldBack;
            };
            entry.keeper.get().tell(order);
            replyTo.tell(new NodeReply.Done(entry.status));
        }
    }

    private Status status() {
        return new Status(nodes.values().stream().map(entry -> entry.status).toList());
    }

    private Optional<Entry> find(String node) {
        return Optional.ofNullable(nodes.get(node));
    }

    private NodeStatus absent(GpuDevice device, String note) {
        return new NodeStatus(
                device,
                NodeState.LAUNCHING,
                parts.clock().instant(),
                0,
                OptionalLong.empty(),
                0,
                Optional.empty(),
                Set.of(),
                Set.of(),
                Optional.empty(),
                List.of(),
                false,
                Optional.of(note),
                Optional.empty());
    }
}
