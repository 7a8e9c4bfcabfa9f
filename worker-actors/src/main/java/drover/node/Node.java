package drover.node;

import drover.inference.AssetStore;
import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.InferenceActor;
import drover.inference.InferenceRequest;
import drover.job.AttemptOutcome;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Rungs;
import drover.watchdog.Stall;
import drover.watchdog.Verdict;
import drover.watchdog.Watchdog;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The guardian of a GPU process: its inference actors, its watchdog, and the line to its keeper.
 *
 * <p>What it has to report about an attempt it repeats until that is in the ledger. A slot that waits for work says so
 * every second, so that a lost word costs a second and no more.
 */
public final class Node extends AbstractBehavior<Node.Command> {
    /** How often the node says that it is alive, and repeats what has not been answered. */
    public static final Duration PULSE = Duration.ofSeconds(1);

    /** How long a drained node waits for its runners to come back and its last reports to be recorded. */
    public static final Duration LAST_WORDS = Duration.ofSeconds(5);

    /** What the node understands. */
    public sealed interface Command {}

    /** What comes from the keeper, across the process boundary. */
    public sealed interface FromKeeper extends Command, CborSerializable {}

    /**
     * Have this many inference actors. More are started at once; those too many finish what they run and then close.
     *
     * @param actors 0 for a standby, that has its engine open and asks for nothing
     */
    public record Resize(int actors) implements FromKeeper {}

    /** Run this attempt on this slot, which has asked for work. */
    public record Run(int slot, AttemptId attempt, InferenceRequest request) implements FromKeeper {}

    /** Nobody waits for this attempt any more. */
    public record Cancel(int slot, AttemptId attempt, String reason) implements FromKeeper {}

    /** The end of this attempt is in the ledger and need not be reported again. */
    public record Recorded(AttemptId attempt) implements FromKeeper {}

    /** Take no more work; what still runs after this time is handed back. Then say {@link NodeKeeper.Drained} and end. */
    public record Drain(Duration within) implements FromKeeper {}

    /** Log by these levels from now on; loggers that are not named keep theirs. */
    public record SetLogLevels(Map<String, String> levels) implements FromKeeper {
        public SetLogLevels {
            levels = Map.copyOf(levels);
        }
    }

    /** The keeper is there. Without any word from it for the orphan timeout, the node ends itself. */
    public record StillHere() implements FromKeeper {}

    private record EngineOpened(Engine engine) implements Command {}

    private record EngineFailed(String code, String reason) implements Command {}

    private record SlotSaid(InferenceActor.Event event) implements Command {}

    private record WatchdogSaid(Verdict verdict) implements Command {}

    private enum Timer implements Command {
        PULSE,
        ORPHANED,
        SELF_HALT,
        DRAIN_DEADLINE,
        LAST_WORDS
    }

    /**
     * What a node is told at its start.
     *
     * @param node its name
     * @param launch which process of that name this is
     * @param pid this process
     * @param timeouts of its watchdog
     * @param orphanTimeout how long it waits for a word of its keeper
     * @param selfHalt how long it waits to be ended after asking to be replaced
     */
    public record Identity(
            String node, long launch, long pid, PhaseTimeouts timeouts, Duration orphanTimeout, Duration selfHalt) {}

    /**
     * What a node needs of its process.
     *
     * @param assets where results are written
     * @param memory reads what the process holds
     * @param exit ends the process
     * @param logLevels sets the levels of loggers
     * @param nanoTime monotonic clock
     * @param wall wall clock
     */
    public record Host(
            AssetStore assets,
            Supplier<NodeMemory> memory,
            NodeExit exit,
            Consumer<Map<String, String>> logLevels,
            LongSupplier nanoTime,
            InstantSource wall) {}

    private enum Stage {
        /** The engine is being opened. */
        STARTING,
        SERVING,
        /** No more work is taken, and the process ends when nothing runs. */
        DRAINING,
        /** A runner is lost. No more work is taken; the healthy ones go on until the keeper ends the process. */
        CONDEMNED
    }

    private final TimerScheduler<Command> timers;
    private final Identity identity;
    private final Host host;
    private final ActorRef<NodeKeeper.FromNode> keeper;
    private final ActorRef<Watchdog.Command> watchdog;
    private final ActorRef<Verdict> verdicts;
    private final ActorRef<InferenceActor.Event> events;
    private final NodeSlots slots = new NodeSlots();
    private final Map<AttemptId, NodeKeeper.FromNode> unrecorded = new LinkedHashMap<>();
    private Stage stage = Stage.STARTING;
    private Optional<Engine> engine = Optional.empty();
    private Optional<NodeKeeper.ReplaceMe> condemnation = Optional.empty();
    private Set<String> resident = Set.of();
    private boolean welcomed;

    /**
     * A node that says hello as soon as its engine is open.
     *
     * @param engine is being opened on a thread of its own; the caller closes it
     */
    public static Behavior<Command> create(
            Identity identity, Host host, CompletionStage<Engine> engine, ActorRef<NodeKeeper.FromNode> keeper) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new Node(context, timers, identity, host, engine, keeper)));
    }

    private Node(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            Identity identity,
            Host host,
            CompletionStage<Engine> opening,
            ActorRef<NodeKeeper.FromNode> keeper) {
        super(context);
        context.setLoggerName(Node.class);
        this.timers = timers;
        this.identity = identity;
        this.host = host;
        this.keeper = keeper;
        this.watchdog = context.spawn(Watchdog.create("node", host.nanoTime(), host.wall()), "watchdog");
        context.watch(watchdog); // Unhandled, its end is the node's: nobody would notice a stall any more.
        this.verdicts = context.messageAdapter(Verdict.class, WatchdogSaid::new);
        this.events = context.messageAdapter(InferenceActor.Event.class, SlotSaid::new);
        context.pipeToSelf(opening, (opened, problem) -> problem == null ? new EngineOpened(opened) : failed(problem));
        timers.startTimerWithFixedDelay(Timer.PULSE, Timer.PULSE, PULSE);
        expectKeeper();
    }

    private static EngineFailed failed(Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        String code = cause instanceof EngineException e ? e.code() : "drover:engine.broken";
        return new EngineFailed(code, cause.toString());
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        if (command instanceof FromKeeper) {
            expectKeeper();
        }
        switch (command) {
            case EngineOpened it -> onEngineOpened(it.engine());
            case EngineFailed it -> onEngineFailed(it);
            case Resize it -> onResize(it.actors());
            case Run it -> onRun(it);
            case Cancel it -> onCancel(it);
            case Recorded it -> onRecorded(it.attempt());
            case Drain it -> onDrain(it.within());
            case SetLogLevels it -> host.logLevels().accept(it.levels());
            case StillHere _ -> {}
            case SlotSaid it -> onEvent(it.event());
            case WatchdogSaid it -> onVerdict(it.verdict());
            case Timer it -> onTimer(it);
        }
        return this;
    }

    private void onEngineOpened(Engine opened) {
        engine = Optional.of(opened);
        resident = opened.resident();
        if (stage == Stage.STARTING) {
            stage = Stage.SERVING;
        }
        getContext()
                .getLog()
                .info(
                        "node {} is ready with engine {}, {} ms after its start",
                        identity.node(),
                        opened.name(),
                        ManagementFactory.getRuntimeMXBean().getUptime());
        sayHello(opened);
    }

    private void sayHello(Engine opened) {
        keeper.tell(new NodeKeeper.Hello(
                identity.launch(),
                identity.pid(),
                opened.name(),
                opened.models(),
                resident,
                getContext().getSelf()));
    }

    private void onEngineFailed(EngineFailed it) {
        getContext().getLog().error("the engine could not be opened: {}", it.reason());
        keeper.tell(new NodeKeeper.StartFailed(identity.launch(), it.code(), it.reason()));
        // A moment for the words to leave; the keeper learns of the end from the process handle anyway.
        timers.startSingleTimer(Timer.LAST_WORDS, Timer.LAST_WORDS, Duration.ofMillis(200));
    }

    private void onResize(int actors) {
        welcomed = true;
        if (stage != Stage.SERVING || engine.isEmpty()) {
            return;
        }
        Engine open = engine.get();
        slots.resize(actors, (slot, incarnation) -> spawn(open, slot, incarnation))
                .forEach(this::closed);
    }

    private ActorRef<InferenceActor.Command> spawn(Engine open, int slot, int incarnation) {
        InferenceActor.Id id = new InferenceActor.Id(identity.node(), slot, incarnation);
        return getContext()
                .spawn(InferenceActor.create(id, open, host.assets(), events), "slot-" + slot + "-" + incarnation);
    }

    private void onRun(Run it) {
        Optional<NodeSlots.Slot> slot = slots.find(it.slot());
        if (slot.filter(s -> s.runs(it.attempt())).isPresent()) {
            return;
        }
        if (stage != Stage.SERVING || slot.filter(NodeSlots.Slot::isOpenForWork).isEmpty()) {
            handBack(it.slot(), it.attempt(), "drover:slot.unavailable", "the slot takes no work now");
            return;
        }
        watchdog.tell(
                new Watchdog.Watch(it.attempt(), it.request().model(), identity.timeouts(), Rungs.FULL, verdicts));
        slot.get().begin(it.attempt());
        slot.get().actor().tell(new InferenceActor.Run(it.attempt(), it.request()));
    }

    private void onCancel(Cancel it) {
        slots.find(it.slot())
                .filter(slot -> slot.runs(it.attempt()))
                .ifPresent(slot -> slot.actor().tell(new InferenceActor.Cancel(it.attempt(), it.reason())));
    }

    private void onRecorded(AttemptId attempt) {
        unrecorded.remove(attempt);
        endIfDrained();
    }

    private void onDrain(Duration within) {
        if (stage == Stage.DRAINING || stage == Stage.CONDEMNED) {
            return;
        }
        stage = Stage.DRAINING;
        timers.startSingleTimer(Timer.DRAIN_DEADLINE, Timer.DRAIN_DEADLINE, within);
        slots.closeIdle().forEach(this::closed);
        endIfDrained();
    }

    private void onDrainDeadline() {
        for (NodeSlots.Slot slot : slots.running()) {
            AttemptId attempt = slot.attempt().orElseThrow();
            slot.handBack();
            handBack(slot.index(), attempt, "drover:node.drained", "the node was drained before the attempt was done");
            slot.actor().tell(new InferenceActor.Cancel(attempt, "the node is drained"));
        }
        timers.startSingleTimer(Timer.LAST_WORDS, Timer.LAST_WORDS, LAST_WORDS);
        endIfDrained();
    }

    private void onEvent(InferenceActor.Event event) {
        Optional<NodeSlots.Slot> found = slots.find(event.from());
        if (found.isEmpty()) {
            return;
        }
        NodeSlots.Slot slot = found.get();
        switch (event) {
            case InferenceActor.Idle it -> onIdle(slot, it.resident());
            case InferenceActor.Advanced it -> {
                watchdog.tell(new Watchdog.Advanced(it.attempt(), it.position()));
                keeper.tell(new NodeKeeper.Advanced(identity.launch(), slot.index(), it.attempt(), it.position()));
            }
            case InferenceActor.Heartbeat it -> {
                watchdog.tell(new Watchdog.Heartbeat(it.attempt()));
                keeper.tell(new NodeKeeper.Heartbeat(identity.launch(), it.attempt()));
            }
            case InferenceActor.Produced it -> onProduced(slot, it);
            case InferenceActor.Ended it -> onEnded(slot, it);
            case InferenceActor.RunnerReturned it -> watchdog.tell(new Watchdog.RunnerReturned(it.attempt()));
        }
    }

    private void onIdle(NodeSlots.Slot slot, Set<String> nowResident) {
        resident = nowResident;
        if (slot.attempt().isPresent()) {
            return; // It waits for the watchdog to say what becomes of its stalled attempt.
        }
        slot.idle();
        if (stage != Stage.SERVING || slot.isClosing()) {
            slots.close(slot);
            closed(slot);
            endIfDrained();
        } else {
            askForWork(slot);
        }
    }

    /** A finished result counts, also when it comes after all while its attempt is being cancelled. */
    private void onProduced(NodeSlots.Slot slot, InferenceActor.Produced it) {
        boolean wanted = !slot.isHandedBack();
        over(slot, it.attempt());
        if (wanted) {
            report(it.attempt(), new NodeKeeper.Produced(identity.launch(), slot.index(), it.attempt(), it.assets()));
        }
    }

    private void onEnded(NodeSlots.Slot slot, InferenceActor.Ended it) {
        if (it.unusable()) {
            condemn(new ReplaceReason.Unusable(it.code(), it.reason()));
        }
        if (slot.stall().isPresent()) {
            return; // The watchdog's next word ends it, as stalled.
        }
        boolean wanted = !slot.isHandedBack();
        over(slot, it.attempt());
        if (wanted) {
            AttemptOutcome outcome = it.cancelled() ? AttemptOutcome.HANDED_BACK : AttemptOutcome.FAILED;
            reportEnd(slot.index(), it.attempt(), outcome, it.code(), it.reason(), it.retryable());
        }
    }

    private void over(NodeSlots.Slot slot, AttemptId attempt) {
        watchdog.tell(new Watchdog.Unwatch(attempt));
        slot.end();
    }

    private void onVerdict(Verdict verdict) {
        Stall stall = verdict.stall();
        Optional<NodeSlots.Slot> found = slots.running(stall.attempt());
        if (found.isEmpty()) {
            return; // It ended while the verdict was on its way.
        }
        NodeSlots.Slot slot = found.get();
        switch (verdict) {
            case Verdict.Cancel _ -> {
                slot.stalled(stall);
                slot.actor().tell(new InferenceActor.Cancel(stall.attempt(), "it no longer advances"));
            }
            case Verdict.RestartActor _ -> restartActor(slot, stall);
            case Verdict.ReplaceProcess _ -> condemn(new ReplaceReason.Stalled(slot.index(), stall));
        }
    }

    private void restartActor(NodeSlots.Slot slot, Stall stall) {
        watchdog.tell(new Watchdog.Unwatch(stall.attempt()));
        keeper.tell(new NodeKeeper.ActorRestarted(identity.launch(), slot.index(), stall));
        if (!slot.isHandedBack()) {
            reportEnd(
                    slot.index(),
                    stall.attempt(),
                    AttemptOutcome.STALLED,
                    NodeKeeper.STALLED,
                    "it no longer advanced at " + stall.position() + " and was cancelled",
                    true);
        }
        slot.actor().tell(new InferenceActor.Stop());
        Engine open = engine.orElseThrow();
        slots.renew(slot, (index, incarnation) -> spawn(open, index, incarnation));
    }

    private void condemn(ReplaceReason reason) {
        if (condemnation.isPresent()) {
            return;
        }
        NodeKeeper.ReplaceMe replaceMe = new NodeKeeper.ReplaceMe(identity.launch(), reason);
        condemnation = Optional.of(replaceMe);
        stage = Stage.CONDEMNED;
        keeper.tell(replaceMe);
        timers.startSingleTimer(Timer.SELF_HALT, Timer.SELF_HALT, identity.selfHalt());
        slots.closeIdle().forEach(this::closed);
    }

    private void onTimer(Timer timer) {
        switch (timer) {
            case PULSE -> onPulse();
            case ORPHANED -> {
                getContext().getLog().error("no word of the keeper for {}; ending", identity.orphanTimeout());
                host.exit().exit(NodeExit.ORPHANED);
            }
            case SELF_HALT -> {
                getContext().getLog().error("asked to be replaced and nobody came; ending");
                host.exit().exit(NodeExit.SELF_HALT);
            }
            case DRAIN_DEADLINE -> onDrainDeadline();
            case LAST_WORDS -> finish(engine.isPresent() ? NodeExit.DONE : NodeExit.START_FAILED);
        }
    }

    private void onPulse() {
        NodeMemory memory = host.memory()
                .get()
                .withNativeHandles(engine.map(Engine::nativeHandles).orElse(0L));
        keeper.tell(new NodeKeeper.Alive(identity.launch(), memory, resident));
        if (!welcomed) {
            engine.ifPresent(this::sayHello);
        }
        condemnation.ifPresent(keeper::tell);
        unrecorded.values().forEach(keeper::tell);
        if (stage == Stage.SERVING) {
            slots.idling().forEach(this::askForWork);
        }
    }

    private void askForWork(NodeSlots.Slot slot) {
        keeper.tell(new NodeKeeper.SlotIdle(identity.launch(), slot.index(), resident));
    }

    private void closed(NodeSlots.Slot slot) {
        slot.actor().tell(new InferenceActor.Stop());
        keeper.tell(new NodeKeeper.SlotClosed(identity.launch(), slot.index()));
    }

    private void handBack(int slot, AttemptId attempt, String code, String reason) {
        reportEnd(slot, attempt, AttemptOutcome.HANDED_BACK, code, reason, true);
    }

    private void reportEnd(
            int slot, AttemptId attempt, AttemptOutcome outcome, String code, String reason, boolean retryable) {
        report(
                attempt,
                new NodeKeeper.AttemptEnded(identity.launch(), slot, attempt, outcome, code, reason, retryable));
    }

    private void report(AttemptId attempt, NodeKeeper.FromNode report) {
        unrecorded.put(attempt, report);
        keeper.tell(report);
    }

    private void endIfDrained() {
        if (stage == Stage.DRAINING && slots.isEmpty() && unrecorded.isEmpty()) {
            finish(NodeExit.DONE);
        }
    }

    private void finish(int code) {
        if (code == NodeExit.DONE) {
            keeper.tell(new NodeKeeper.Drained(identity.launch()));
        }
        host.exit().exit(code);
    }

    private void expectKeeper() {
        timers.startSingleTimer(Timer.ORPHANED, Timer.ORPHANED, identity.orphanTimeout());
    }
}
