package drover.node;

import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.board.SlotId;
import drover.inference.AttemptId;
import drover.inference.PreviewWish;
import drover.logging.LogKeys;
import drover.node.NodeKeeper.Command;
import drover.rules.Rules;
import drover.rules.RulesActor;
import drover.rules.Surroundings;
import drover.watchdog.NodeSilent;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Stall;
import drover.watchdog.Verdict;
import drover.watchdog.Watchdog;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.slf4j.spi.LoggingEventBuilder;

/** What {@link NodeKeeper} does; its messages and its states are described there. */
final class KeeperLife implements Rules<Command> {
    private static final Duration PULSE = Duration.ofSeconds(1);

    private final Surroundings<Command> around;
    private final TimerScheduler<Command> timers;
    private final NodeKeeper.Links links;
    private final GpuDevice device;
    private final KeeperRecord record;
    private final AttemptDesk desk;
    private final Children children;
    private final Seats seats = new Seats();
    private final Succession succession;
    private final Eviction eviction;
    private final Draining draining;
    private final ActorRef<NodeSilent> silences;
    private NodeSettings settings;
    /** What the watchdog of this process allows; it comes second. */
    private PhaseTimeouts outside;

    static Behavior<Command> create(
            NodeKeeper.Links links, GpuDevice device, NodeSettings settings, NodeKeeper.Past past) {
        return RulesActor.create(NodeKeeper.class, around -> new KeeperLife(around, links, device, settings, past));
    }

    KeeperLife(
            Surroundings<Command> around,
            NodeKeeper.Links links,
            GpuDevice device,
            NodeSettings settings,
            NodeKeeper.Past past) {
        this.around = around;
        this.timers = around.timers();
        this.links = links;
        this.device = device;
        this.settings = settings;
        this.outside = settings.timeouts().fromOutside(settings.controlMargin());
        this.record = new KeeperRecord(device, settings.recovery().toPolicy(), links.clock());
        ActorRef<SlotCommand> boardWords = around.adapter(SlotCommand.class, NodeKeeper.BoardSaid::new);
        this.silences = around.adapter(NodeSilent.class, NodeKeeper.NodeIsSilent::new);
        ActorRef<Verdict> verdicts = around.adapter(Verdict.class, NodeKeeper.WatchdogSaid::new);
        this.desk = new AttemptDesk(links.board(), links.watchdog(), boardWords, verdicts, links.clock());
        this.children =
                new Children(device, links, around.blocking(), around.address(), around.self(), past.launches());
        this.succession = new Succession(around, device, record, children, seats, () -> this.settings);
        this.eviction = new Eviction(children, desk, seats);
        this.draining = new Draining(timers, record, children, seats, succession, desk);
        timers.startTimerWithFixedDelay(NodeKeeper.Timer.PULSE, NodeKeeper.Timer.PULSE, PULSE);
        past.hold().ifPresent(hold -> record.takenOut(hold.since(), hold.reason()));
        if (past.hold().isPresent()) {
            succession.startNext(past.hold().get().reason());
        } else {
            succession.takeNext(NodeState.LAUNCHING);
        }
        after(NodeKeeper.Timer.STATUS, links.statusDelay());
    }

    @Override
    public boolean hear(Command command) {
        switch (command) {
            case NodeKeeper.FromNode it -> children.find(it.launch()).ifPresent(child -> onNodeWord(child, it));
            case NodeKeeper.BoardSaid it -> onBoardWord(it.word());
            case NodeKeeper.WatchdogSaid it -> onVerdict(it.verdict());
            case NodeKeeper.NodeIsSilent it -> onSilence(it.silence());
            case NodeKeeper.Launched it ->
                children.find(it.launch()).ifPresent(child -> children.started(child, it.process()));
            case NodeKeeper.NotLaunched it ->
                onEnded(it.launch(), "could not be started: " + it.reason(), Optional.empty());
            case NodeKeeper.ProcessEnded it ->
                onEnded(it.launch(), NodeExit.explain(it.code()), Optional.of(it.code()));
            case NodeKeeper.StackTaken it ->
                children.find(it.launch()).ifPresent(child -> eviction.stackTaken(child, it.stack()));
            case NodeKeeper.LaunchTimedOut it -> children.find(it.launch()).ifPresent(this::onLaunchTimedOut);
            case NodeKeeper.GraceOver it -> children.find(it.launch()).ifPresent(eviction::graceOver);
            case NodeKeeper.Reconfigure it -> onReconfigure(it.settings());
            case NodeKeeper.Drain it -> draining.begin(it);
            case NodeKeeper.SayAgain _ -> {
                desk.repeat();
                children.tellAll(new Node.AskAgain());
            }
            case NodeKeeper.LookForModels _ -> children.tellAll(new Node.LookForModels());
            case NodeKeeper.RestartSlot it ->
                seats.serving().ifPresent(child -> child.tell(new Node.RestartSlot(it.slot())));
            case NodeKeeper.Release _ -> onRelease();
            case NodeKeeper.Timer it -> onTimer(it);
        }
        if (record.is(NodeState.STOPPED) && !desk.hasUnrecorded()) {
            return false;
        }
        boolean routine = command == NodeKeeper.Timer.STATUS || command == NodeKeeper.Timer.PULSE;
        if (!routine && !timers.isTimerActive(NodeKeeper.Timer.STATUS)) {
            after(NodeKeeper.Timer.STATUS, links.statusDelay());
        }
        return true;
    }

    // ---- words of the node

    private void onNodeWord(Child child, NodeKeeper.FromNode word) {
        switch (word) {
            case NodeKeeper.Hello it -> onHello(child, it);
            case NodeKeeper.StartFailed it -> child.say(it.code() + ": " + it.reason());
            case NodeKeeper.SlotIdle it -> onSlotIdle(child, it);
            case NodeKeeper.SlotClosed it -> desk.closeSlot(child, it.slot());
            case NodeKeeper.Advanced it -> desk.advanced(it.attempt(), it.position());
            case NodeKeeper.Heartbeat it -> desk.heartbeat(it.attempt());
            case NodeKeeper.Previewed it -> desk.previewed(it.attempt(), it.preview());
            case NodeKeeper.Produced it -> {
                if (desk.produced(child.slot(it.slot()), it)) {
                    record.worked();
                }
                eviction.endIfDue(child);
            }
            case NodeKeeper.AttemptEnded it -> {
                desk.ended(child.slot(it.slot()), it);
                eviction.endIfDue(child);
            }
            case NodeKeeper.ActorRestarted it -> links.incidents().tell(record.ofActor(child, it.stall()));
            case NodeKeeper.ReplaceMe it -> onReplaceMe(child, it.reason());
            case NodeKeeper.Alive it -> {
                child.reported(it);
                links.watchdog().tell(new Watchdog.Heard(child.name()));
            }
            case NodeKeeper.Drained _ -> around.log().debug("{} is drained", child.name());
        }
    }

    private void onHello(Child child, NodeKeeper.Hello hello) {
        if (child.isReady()) {
            child.greeted(hello); // It may have other models than before.
            return;
        }
        child.greeted(hello);
        child.logBy(settings.logging().levels());
        timers.cancel(new NodeKeeper.LaunchTimedOut(child.launch()));
        links.watchdog()
                .tell(new Watchdog.Listen(child.name(), settings.limits().silence(), silences));
        if (seats.isServing(child)) {
            eviction.endAllThatAreDue();
            succession.activateIfAlone();
        } else {
            child.tell(new Node.Resize(0));
        }
    }

    private void onSlotIdle(Child child, NodeKeeper.SlotIdle it) {
        child.asksWith(it.resident(), it.checks());
        if (seats.isServing(child) && record.is(NodeState.RUNNING)) {
            desk.openSlot(child, it.slot());
        }
    }

    // ---- words of the board

    private void onBoardWord(SlotCommand word) {
        switch (word) {
            case SlotCommand.Offer it -> onOffer(it);
            case SlotCommand.CancelAttempt it ->
                children.find(it.slot().launch())
                        .ifPresent(c -> c.tell(new Node.Cancel(it.slot().index(), it.attempt(), it.reason())));
            case SlotCommand.ShowPreviews it ->
                children.find(it.slot().launch())
                        .ifPresent(c -> c.tell(new Node.ShowPreviews(it.slot().index(), it.attempt(), it.wish())));
            case SlotCommand.ResultRecorded it -> {
                desk.recorded(it.attempt());
                children.find(it.slot().launch()).ifPresent(c -> c.tell(new Node.Recorded(it.attempt())));
            }
        }
    }

    private void onOffer(SlotCommand.Offer offer) {
        SlotId slot = offer.slot();
        Optional<Child> child =
                seats.serving().filter(c -> c.launch() == slot.launch() && record.is(NodeState.RUNNING));
        if (child.isEmpty()) {
            desk.refuse(offer, "node " + device.node() + " is " + record.state() + " and takes no work");
            return;
        }
        desk.take(
                offer,
                offer.learned().isEmpty()
                        ? outside
                        : settings.timeouts().tightened(offer.learned()).fromOutside(settings.controlMargin()));
        child.get().tell(new Node.Run(slot.index(), offer.attempt(), offer.request(), offer.learned()));
        settings.previewEvery()
                .ifPresent(every -> child.get()
                        .tell(new Node.ShowPreviews(
                                slot.index(), offer.attempt(), new PreviewWish(every, PreviewWish.UNTIL_THE_END))));
    }

    // ---- stalls and silence

    private void onReplaceMe(Child child, ReplaceReason reason) {
        switch (reason) {
            case ReplaceReason.Stalled it -> condemn(child, Child.Condemnation.stalled(it.stall()), true);
            case ReplaceReason.Unusable it ->
                condemn(child, Child.Condemnation.other("asked to be replaced: " + it.detail()), true);
        }
    }

    private void onVerdict(Verdict verdict) {
        Stall stall = verdict.stall();
        desk.find(stall.attempt())
                .flatMap(out -> children.find(out.slot().launch()))
                .ifPresent(child -> condemn(child, Child.Condemnation.stalled(stall), false));
    }

    private void onSilence(NodeSilent silence) {
        children.named(silence.node()).ifPresent(child -> condemn(child, Child.Condemnation.silent(silence), false));
    }

    private void onLaunchTimedOut(Child child) {
        String reason = "did not say hello within " + settings.limits().launch();
        condemn(child, Child.Condemnation.other(reason), false);
    }

    /**
     * The process has to go.
     *
     * @param answers whether it still does; then its healthy attempts get their grace
     */
    private void condemn(Child child, Child.Condemnation why, boolean answers) {
        if (child.condemnation().isPresent()) {
            return;
        }
        LoggingEventBuilder line = around.log().atWarn();
        if (why.stall().isPresent()) {
            AttemptId stuck = why.stall().get().attempt();
            line = line.addKeyValue(LogKeys.JOB, stuck.job().value()).addKeyValue(LogKeys.ATTEMPT, stuck.number());
        }
        line.log("{} has to be replaced: {}", child.name(), why.reason());
        eviction.begin(child, why);
        if (answers) {
            after(new NodeKeeper.GraceOver(child.launch()), settings.limits().sibling());
        } else {
            child.endGrace();
        }
        succession.replace(child, why.reason());
        eviction.endIfDue(child);
    }

    // ---- the life of processes

    private void onEnded(long launch, String how, Optional<Integer> code) {
        Optional<Child> found = children.find(launch);
        if (found.isEmpty()) {
            return;
        }
        Child child = found.get();
        children.remove(child);
        timers.cancel(new NodeKeeper.LaunchTimedOut(launch));
        timers.cancel(new NodeKeeper.GraceOver(launch));
        links.undertaker().tell(new ClusterUndertaker.Bury(Bootstrap.launchRole(device.node(), launch)));
        links.watchdog().tell(new Watchdog.Forget(child.name()));
        desk.closeSlots(child);
        boolean expected = record.is(NodeState.DRAINING) || child.isDismissed();
        String reason = child.lastWords().map(words -> how + ": " + words).orElse(how);
        List<AttemptDesk.Out> lost = desk.of(launch);
        eviction.endAttempts(child, lost, reason, code);
        around.log().info("{} {}", child.name(), child.condemnation().isPresent() ? "has been ended" : reason);
        if (!expected) {
            record.ofProcess(child, lost, code).ifPresent(links.incidents()::tell);
            if (child.condemnation().isEmpty()) {
                succession.replace(child, reason);
            }
        }
        if (!draining.endIfEmpty()) {
            succession.activateIfAlone();
        }
    }

    // ---- orders

    private void onReconfigure(NodeSettings next) {
        boolean resized = next.actorsPerGpu() != settings.actorsPerGpu();
        settings = next;
        outside = next.timeouts().fromOutside(next.controlMargin());
        children.all().forEach(child -> child.logBy(next.logging().levels()));
        if (resized) {
            seats.serving().filter(Child::isActivated).ifPresent(c -> c.activate(next.actorsPerGpu()));
        }
        succession.adjustStandby();
    }

    private void onRelease() {
        record.cleared();
        links.board().tell(new JobBoard.NodeReleased(device.node()));
        if (record.is(NodeState.QUARANTINED) || record.is(NodeState.BACKING_OFF)) {
            timers.cancel(NodeKeeper.Timer.RETRY);
            succession.takeNext(NodeState.LAUNCHING);
        } else {
            draining.release();
        }
    }

    private void onTimer(NodeKeeper.Timer timer) {
        switch (timer) {
            case PULSE -> {
                desk.repeat();
                children.tellAll(new Node.StillHere());
            }
            case RETRY -> {
                if (record.is(NodeState.BACKING_OFF) || record.is(NodeState.QUARANTINED)) {
                    succession.takeNext(NodeState.LAUNCHING);
                }
            }
            case STANDBY -> succession.adjustStandby();
            case DRAIN_OVER -> draining.timeIsUp();
            case STATUS -> tellStatus();
        }
    }

    @Override
    public void stopped() {
        children.close();
    }

    // ---- what others see

    /** Sends itself a message, which is its own timer's key, once. */
    private void after(Command message, Duration delay) {
        timers.startSingleTimer(message, message, delay);
    }

    private void tellStatus() {
        Optional<Child> shown = seats.serving().or(children::first);
        List<NodeStatus.Slot> slots =
                shown.stream().flatMap(child -> desk.slots(child)).toList();
        NodeStatus status = record.status(
                shown, slots, seats.standby().filter(Child::isReady).isPresent());
        links.status().tell(new NodeSupervisor.KeeperSaid(status, children.launches()));
    }
}
