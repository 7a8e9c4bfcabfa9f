package drover.node;

import drover.ledger.Hold;
import drover.ledger.HoldLog;
import drover.logging.LoggingSettings;
import drover.node.NodeSupervisor.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
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
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** What {@link NodeSupervisor} does; its messages are described there. */
final class SupervisorLife extends AbstractBehavior<Command> {
    private static final Duration ASK_AGAIN = Duration.ofSeconds(1);
    private static final Duration STATUS_DELAY = Duration.ofMillis(100);

    private final TimerScheduler<Command> timers;
    private final NodeSupervisor.Parts parts;
    private final Executor blocking;
    private final ActorRef<ClusterUndertaker.Command> undertaker;
    private final ActorRef<NodeSupervisor.KeeperSaid> statuses;
    private final ActorRef<HoldLog.HeldNodes> holdAnswers;
    private final Map<String, Entry> nodes = new LinkedHashMap<>();
    /** Nodes that operators have taken out and not let back; other hosts' are of no concern. */
    private final Map<String, Hold> held = new HashMap<>();

    private boolean knowsHolds;
    private final List<ActorRef<NodeSupervisor.Drained>> drainers = new ArrayList<>();
    private NodeSettings settings;
    private boolean draining;

    /** A node as the supervisor knows it. */
    private static final class Entry {
        private GpuDevice device;
        private NodeStatus status;
        private Optional<ActorRef<NodeKeeper.Command>> keeper = Optional.empty();
        private long launches;
        /** Whether the configuration still has it. */
        private boolean wanted = true;

        private Entry(GpuDevice device, NodeStatus status) {
            this.device = device;
            this.status = status;
        }
    }

    SupervisorLife(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            NodeSupervisor.Parts parts,
            NodeSettings settings) {
        super(context);
        context.setLoggerName(NodeSupervisor.class);
        this.timers = timers;
        this.parts = parts;
        this.settings = settings;
        this.blocking = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
        this.undertaker = context.spawn(ClusterUndertaker.create(), "undertaker");
        this.statuses = context.getSelf().narrow();
        this.holdAnswers = context.messageAdapter(HoldLog.HeldNodes.class, NodeSupervisor.HoldsSaid::new);
        askForHolds();
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
                        (devices, problem) -> problem == null
                                ? new NodeSupervisor.Selected(wanted, devices)
                                : new NodeSupervisor.SelectionFailed(problem));
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
            case NodeSupervisor.Reconfigure it -> select(it.settings(), false);
            case NodeSupervisor.Selected it -> onSelected(it);
            case NodeSupervisor.SelectionFailed it ->
                throw new IllegalStateException("no nodes can be started", it.problem());
            case NodeSupervisor.SetLogLevels it -> onSetLogLevels(it.levels());
            case NodeSupervisor.LookForModels _ -> tellKeepers(new NodeKeeper.LookForModels());
            case NodeSupervisor.SayAgain _ -> onSayAgain();
            case NodeSupervisor.AskForHolds _ -> askForHolds();
            case NodeSupervisor.HoldsSaid it -> onHoldsSaid(it.nodes().holds());
            case NodeSupervisor.GetStatus it -> it.replyTo().tell(status());
            case NodeSupervisor.Drain it -> onDrain(it);
            case NodeSupervisor.RestartNode it ->
                order(it.node(), it.replyTo(), drain(NodeKeeper.AfterDrain.RELAUNCH, "restarted by an operator"));
            case NodeSupervisor.RestartSlot it -> onRestartSlot(it);
            case NodeSupervisor.QuarantineNode it ->
                order(it.node(), it.replyTo(), drain(NodeKeeper.AfterDrain.QUARANTINE, it.reason()));
            case NodeSupervisor.ResumeNode it -> onResumeNode(it);
            case NodeSupervisor.ReleaseNode it -> order(it.node(), it.replyTo(), new NodeKeeper.Release());
            case NodeSupervisor.KeeperSaid it -> onKeeperSaid(it);
            case NodeSupervisor.KeeperEnded it -> onKeeperEnded(it);
            case NodeSupervisor.StartKeeper it -> find(it.node()).ifPresent(this::start);
        }
        return this;
    }

    private void askForHolds() {
        if (!knowsHolds) {
            parts.holds().tell(new HoldLog.GetNodes(holdAnswers));
            timers.startSingleTimer(NodeSupervisor.AskForHolds.class, new NodeSupervisor.AskForHolds(), ASK_AGAIN);
        }
    }

    private void onHoldsSaid(List<Hold> holds) {
        if (knowsHolds) {
            return; // From here on this is who decides.
        }
        knowsHolds = true;
        timers.cancel(NodeSupervisor.AskForHolds.class);
        holds.forEach(hold -> held.put(hold.subject(), hold));
        nodes.values().forEach(this::start);
    }

    private void onSayAgain() {
        tellKeepers(new NodeKeeper.SayAgain());
        if (knowsHolds) {
            nodes.keySet().forEach(this::tellHold);
        } else {
            askForHolds();
        }
    }

    private void tellHold(String node) {
        Hold hold = held.get(node);
        parts.holds().tell(hold == null ? new HoldLog.Lift(Hold.Kind.NODE, node) : new HoldLog.Put(hold));
    }

    private void onSetLogLevels(Map<String, String> levels) {
        settings = settings.withLogging(settings.logging().withLevels(levels));
        tellKeepers(new NodeKeeper.Reconfigure(settings));
    }

    private void tellKeepers(NodeKeeper.Command order) {
        nodes.values().forEach(entry -> entry.keeper.ifPresent(k -> k.tell(order)));
    }

    private void onSelected(NodeSupervisor.Selected it) {
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
                Entry entry = new Entry(device, absent(device, "waits to hear which nodes operators have taken out"));
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
        if (draining || !knowsHolds || !entry.wanted || entry.keeper.isPresent()) {
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
        NodeKeeper.Past past = new NodeKeeper.Past(entry.launches, Optional.ofNullable(held.get(node)));
        // A keeper's name is used anew only after the last one has ended, so it may repeat.
        ActorRef<NodeKeeper.Command> keeper =
                getContext().spawn(NodeKeeper.create(links, entry.device, settings, past), "keeper-" + node);
        getContext().watchWith(keeper, new NodeSupervisor.KeeperEnded(node, keeper));
        entry.keeper = Optional.of(keeper);
    }

    private void onKeeperSaid(NodeSupervisor.KeeperSaid it) {
        find(it.status().node()).ifPresent(entry -> {
            entry.status = it.status();
            entry.launches = Math.max(entry.launches, it.launches());
        });
    }

    private void onKeeperEnded(NodeSupervisor.KeeperEnded it) {
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
            timers.startSingleTimer(it.node(), new NodeSupervisor.StartKeeper(it.node()), NodeSupervisor.KEEPER_PAUSE);
        }
        answerDrained();
    }

    private NodeKeeper.Drain drain(NodeKeeper.AfterDrain then, String reason) {
        return new NodeKeeper.Drain(then, reason, settings.limits().drain());
    }

    private void onDrain(NodeSupervisor.Drain it) {
        drainers.add(it.replyTo());
        draining = true;
        nodes.values().removeIf(entry -> entry.keeper.isEmpty());
        tellKeepers(new NodeKeeper.Drain(NodeKeeper.AfterDrain.STOP, "Drover is being shut down", it.within()));
        answerDrained();
    }

    private void answerDrained() {
        if (draining && nodes.isEmpty()) {
            drainers.forEach(asker -> asker.tell(new NodeSupervisor.Drained()));
            drainers.clear();
        }
    }

    private void onResumeNode(NodeSupervisor.ResumeNode it) {
        Optional<Entry> entry = find(it.node());
        NodeState state = entry.map(e -> e.status.state()).orElse(NodeState.RUNNING);
        boolean heldBack = held.containsKey(it.node());
        if (entry.isPresent() && !heldBack && state == NodeState.QUARANTINED) {
            String why = entry.get().status.note().orElse("it has failed too often");
            it.replyTo()
                    .tell(new NodeReply.Refused(
                            it.node(), "is not out because an operator drained it: " + why + "; release it instead"));
        } else if (entry.isPresent() && !heldBack) {
            it.replyTo().tell(new NodeReply.Done(entry.get().status));
        } else {
            order(it.node(), it.replyTo(), new NodeKeeper.Release());
        }
    }

    private void onRestartSlot(NodeSupervisor.RestartSlot it) {
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
            replyTo.tell(new NodeReply.Unavailable(node, why, NodeSupervisor.KEEPER_PAUSE));
        } else {
            switch (order) {
                case NodeKeeper.Drain drain
                when drain.then() == NodeKeeper.AfterDrain.QUARANTINE ->
                    held.put(
                            node,
                            new Hold(
                                    Hold.Kind.NODE,
                                    node,
                                    drain.reason(),
                                    parts.clock().instant()));
                case NodeKeeper.Drain _, NodeKeeper.Release _ -> held.remove(node);
                default -> {}
            }
            tellHold(node);
            entry.keeper.get().tell(order);
            replyTo.tell(new NodeReply.Done(entry.status));
        }
    }

    private NodeSupervisor.Status status() {
        return new NodeSupervisor.Status(
                nodes.values().stream().map(entry -> entry.status).toList());
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
                false,
                Optional.empty(),
                List.of(),
                false,
                Optional.of(note),
                Optional.empty());
    }
}
