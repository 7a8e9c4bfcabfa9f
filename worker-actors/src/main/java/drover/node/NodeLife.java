package drover.node;

import drover.inference.AttemptId;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.InferenceActor;
import drover.job.AttemptEnd;
import drover.job.AttemptTimings;
import drover.node.Node.Command;
import drover.rules.Rules;
import drover.rules.RulesActor;
import drover.rules.Surroundings;
import drover.safety.SafetyActor;
import drover.watchdog.Stall;
import drover.watchdog.Verdict;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** What {@link Node} does; its messages are described there. */
final class NodeLife implements Rules<Command> {
    private enum Stage {
        /** The engine is being opened. */
        STARTING,
        SERVING,
        /** No more work is taken, and the process ends when nothing runs. */
        DRAINING,
        /** A runner is lost. No more work is taken; the healthy ones go on until the keeper ends the process. */
        CONDEMNED
    }

    private final Surroundings<Command> around;
    private final NodeCrew crew;
    private final TimerScheduler<Command> timers;
    private final Node.Identity identity;
    private final Node.Host host;
    private final KeeperLine keeper;
    private final AttemptReporter reporter;
    private final ActorRef<InferenceActor.Event> events;
    private final NodeSlots slots = new NodeSlots();
    private Stage stage = Stage.STARTING;
    private Optional<Engine> engine = Optional.empty();
    private Set<String> resident = Set.of();
    private boolean welcomed;
    private boolean checks;

    static Behavior<Command> create(
            Node.Identity identity,
            Node.Host host,
            CompletionStage<Engine> engine,
            ActorRef<NodeKeeper.FromNode> keeper) {
        return RulesActor.create(
                Node.class,
                (context, around) ->
                        new NodeLife(around, identity, host, NodeCrew.childrenOf(context, host), engine, keeper));
    }

    NodeLife(
            Surroundings<Command> around,
            Node.Identity identity,
            Node.Host host,
            NodeCrew crew,
            CompletionStage<Engine> opening,
            ActorRef<NodeKeeper.FromNode> keeper) {
        this.around = around;
        this.crew = crew;
        this.timers = around.timers();
        this.identity = identity;
        this.host = host;
        this.keeper = new KeeperLine(keeper, identity.launch());
        this.reporter = new AttemptReporter(
                this.keeper,
                crew.watchdog(),
                around.adapter(Verdict.class, Node.WatchdogSaid::new),
                timers,
                host.nanoTime());
        this.events = around.adapter(InferenceActor.Event.class, Node.SlotSaid::new);
        crew.safety(around.adapter(SafetyActor.Ready.class, Node.SafetySaid::new));
        around.pipe(opening, (opened, problem) -> problem == null ? new Node.EngineOpened(opened) : failed(problem));
        timers.startTimerWithFixedDelay(Node.Timer.PULSE, Node.Timer.PULSE, Node.PULSE);
        expectKeeper();
    }

    private static Node.EngineFailed failed(Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        String code = cause instanceof EngineException e ? e.code() : "drover:engine.broken";
        return new Node.EngineFailed(code, cause.toString());
    }

    @Override
    public boolean hear(Command command) {
        if (command instanceof Node.FromKeeper) {
            expectKeeper();
        }
        switch (command) {
            case Node.EngineOpened it -> onEngineOpened(it.engine());
            case Node.EngineFailed it -> onEngineFailed(it);
            case Node.Resize it -> onResize(it.actors());
            case Node.Run it -> onRun(it);
            case Node.Cancel it -> onCancel(it);
            case Node.ShowPreviews it ->
                slots.find(it.slot())
                        .filter(slot -> slot.runs(it.attempt()))
                        .ifPresent(slot -> slot.actor().tell(new InferenceActor.ShowPreviews(it.attempt(), it.wish())));
            case Node.RestartSlot it -> onRestartSlot(it.slot());
            case Node.Recorded it -> onRecorded(it.attempt());
            case Node.Drain it -> onDrain(it.within());
            case Node.SetLogLevels it -> host.logLevels().accept(it.levels());
            case Node.StillHere _ -> {}
            case Node.AskAgain _ -> askAgain();
            case Node.LookForModels _ -> engine.ifPresent(this::lookForModels);
            case Node.EngineLooked _ -> {
                engine.ifPresent(this::sayHello);
                askAgain();
            }
            case Node.SafetySaid _ -> {
                checks = true;
                askAgain();
            }
            case Node.SlotSaid it -> onEvent(it.event());
            case Node.WatchdogSaid it -> onVerdict(it.verdict());
            case Node.Timer it -> onTimer(it);
        }
        return true;
    }

    private void onEngineOpened(Engine opened) {
        engine = Optional.of(opened);
        resident = opened.resident();
        if (stage == Stage.STARTING) {
            stage = Stage.SERVING;
        }
        around.log()
                .info(
                        "node {} is ready with engine {}, {} ms after its start",
                        identity.node(),
                        opened.name(),
                        ManagementFactory.getRuntimeMXBean().getUptime());
        sayHello(opened);
    }

    private void sayHello(Engine opened) {
        keeper.tell(new NodeKeeper.Hello(
                identity.launch(), identity.pid(), opened.name(), opened.models(), resident, around.self()));
    }

    /** Reads files, so not on this thread. */
    private void lookForModels(Engine open) {
        around.pipe(CompletableFuture.supplyAsync(open::rescan, around.blocking()), (changed, problem) -> {
            if (problem != null) {
                around.log().warn("looking for models failed; those of before stay", problem);
            }
            return new Node.EngineLooked();
        });
    }

    private void onEngineFailed(Node.EngineFailed it) {
        around.log().error("the engine could not be opened: {}", it.reason());
        keeper.tell(new NodeKeeper.StartFailed(identity.launch(), it.code(), it.reason()));
        // A moment for the words to leave; the keeper learns of the end from the process handle anyway.
        timers.startSingleTimer(Node.Timer.LAST_WORDS, Node.Timer.LAST_WORDS, Duration.ofMillis(200));
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
        return crew.slot(id, open, events);
    }

    private void onRun(Node.Run it) {
        Optional<NodeSlots.Slot> slot = slots.find(it.slot());
        if (slot.filter(s -> s.runs(it.attempt())).isPresent()) {
            return;
        }
        if (stage != Stage.SERVING || slot.filter(NodeSlots.Slot::isOpenForWork).isEmpty()) {
            keeper.ended(
                    it.slot(),
                    it.attempt(),
                    AttemptEnd.handedBack(
                            "drover:slot.unavailable", "the slot takes no work now", AttemptTimings.NONE));
            return;
        }
        reporter.begun(slot.get(), it, identity.timeouts().tightened(it.learned()));
        slot.get().actor().tell(new InferenceActor.Run(it.attempt(), it.request()));
    }

    private void onCancel(Node.Cancel it) {
        slots.find(it.slot())
                .filter(slot -> slot.runs(it.attempt()))
                .ifPresent(slot -> slot.actor().tell(new InferenceActor.Cancel(it.attempt(), it.reason())));
    }

    private void onRestartSlot(int index) {
        Optional<NodeSlots.Slot> found = slots.find(index).filter(slot -> stage == Stage.SERVING && !slot.isClosing());
        if (found.isEmpty()) {
            return;
        }
        NodeSlots.Slot slot = found.get();
        around.log().info("inference actor {} is restarted by an operator", index);
        if (slot.attempt().isEmpty()) {
            renew(slot);
        } else {
            // Its runner has to come back first; one that does not is for the watchdog.
            slot.markRenewable();
            slot.actor().tell(new InferenceActor.Cancel(slot.attempt().get(), "its actor is restarted"));
        }
    }

    private void renew(NodeSlots.Slot slot) {
        slot.actor().tell(new InferenceActor.Stop());
        Engine open = engine.orElseThrow();
        slots.renew(slot, (index, incarnation) -> spawn(open, index, incarnation));
    }

    private void onRecorded(AttemptId attempt) {
        keeper.recorded(attempt);
        endIfDrained();
    }

    private void onDrain(Duration within) {
        if (stage == Stage.DRAINING || stage == Stage.CONDEMNED) {
            return;
        }
        stage = Stage.DRAINING;
        timers.startSingleTimer(Node.Timer.DRAIN_DEADLINE, Node.Timer.DRAIN_DEADLINE, within);
        slots.closeIdle().forEach(this::closed);
        endIfDrained();
    }

    private void onDrainDeadline() {
        for (NodeSlots.Slot slot : slots.running()) {
            AttemptId attempt = slot.attempt().orElseThrow();
            reporter.drained(slot);
            slot.actor().tell(new InferenceActor.Cancel(attempt, "the node is drained"));
        }
        timers.startSingleTimer(Node.Timer.LAST_WORDS, Node.Timer.LAST_WORDS, Node.LAST_WORDS);
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
            case InferenceActor.Advanced it -> reporter.advanced(slot, it);
            case InferenceActor.Heartbeat it -> reporter.heartbeat(it.attempt());
            case InferenceActor.Previewed it -> reporter.previewed(slot, it);
            case InferenceActor.Produced it -> reporter.produced(slot, it);
            case InferenceActor.Ended it -> onEnded(slot, it);
            case InferenceActor.RunnerReturned it -> reporter.runnerReturned(it.attempt());
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
        } else if (slot.isRenewable()) {
            renew(slot);
        } else {
            askForWork(slot);
        }
    }

    private void onEnded(NodeSlots.Slot slot, InferenceActor.Ended it) {
        if (it.unusable()) {
            condemn(new ReplaceReason.Unusable(it.code(), it.reason()));
        }
        if (slot.stall().isEmpty()) { // Otherwise the watchdog's next word ends it, as stalled.
            reporter.ended(slot, it);
        }
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
            case Verdict.RestartActor _ -> {
                reporter.actorRestarted(slot, stall);
                renew(slot);
            }
            case Verdict.ReplaceProcess _ -> condemn(new ReplaceReason.Stalled(slot.index(), stall));
        }
    }

    private void condemn(ReplaceReason reason) {
        if (keeper.isCondemned()) {
            return;
        }
        stage = Stage.CONDEMNED;
        keeper.replaceMe(reason);
        timers.startSingleTimer(Node.Timer.SELF_HALT, Node.Timer.SELF_HALT, identity.selfHalt());
        slots.closeIdle().forEach(this::closed);
    }

    private void onTimer(Node.Timer timer) {
        switch (timer) {
            case PULSE -> onPulse();
            case PROGRESS -> slots.running().forEach(reporter::catchUp);
            case ORPHANED -> {
                around.log().error("no word of the keeper for {}; ending", identity.orphanTimeout());
                host.exit().exit(NodeExit.ORPHANED);
            }
            case SELF_HALT -> {
                around.log().error("asked to be replaced and nobody came; ending");
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
        keeper.repeat();
        askAgain();
    }

    private void askAgain() {
        if (stage == Stage.SERVING) {
            slots.idling().forEach(this::askForWork);
        }
    }

    private void askForWork(NodeSlots.Slot slot) {
        keeper.askForWork(slot.index(), resident, checks);
    }

    private void closed(NodeSlots.Slot slot) {
        slot.actor().tell(new InferenceActor.Stop());
        keeper.slotClosed(slot.index());
    }

    private void endIfDrained() {
        if (stage == Stage.DRAINING && slots.isEmpty() && !keeper.hasUnrecorded()) {
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
        timers.startSingleTimer(Node.Timer.ORPHANED, Node.Timer.ORPHANED, identity.orphanTimeout());
    }
}
