package drover.node;

import drover.inference.AttemptId;
import drover.inference.InferenceActor;
import drover.job.AttemptEnd;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Rungs;
import drover.watchdog.Stall;
import drover.watchdog.Verdict;
import drover.watchdog.Watchdog;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Carries what happens to a node's attempts to those who have to know: every advance to the watchdog, what a caller can
 * make use of to the keeper, and each end to both. Owned by the node's guardian; not thread-safe.
 */
final class AttemptReporter {
    private final KeeperLine keeper;
    private final ActorRef<Watchdog.Command> watchdog;
    private final ActorRef<Verdict> verdicts;
    private final TimerScheduler<Node.Command> timers;
    private final LongSupplier nanoTime;

    /**
     * Nothing to report yet.
     *
     * @param verdicts where the watchdog says what is to become of an attempt
     * @param nanoTime a monotonic clock, in ns
     */
    AttemptReporter(
            KeeperLine keeper,
            ActorRef<Watchdog.Command> watchdog,
            ActorRef<Verdict> verdicts,
            TimerScheduler<Node.Command> timers,
            LongSupplier nanoTime) {
        this.keeper = keeper;
        this.watchdog = watchdog;
        this.verdicts = verdicts;
        this.timers = timers;
        this.nanoTime = nanoTime;
    }

    /** The slot begins with an attempt, and the watchdog's time runs. */
    void begun(NodeSlots.Slot slot, Node.Run it, PhaseTimeouts timeouts) {
        watchdog.tell(new Watchdog.Watch(it.attempt(), it.request().model(), timeouts, Rungs.FULL, verdicts));
        slot.begin(it.attempt(), nanoTime.getAsLong());
    }

    void advanced(NodeSlots.Slot slot, InferenceActor.Advanced it) {
        long now = nanoTime.getAsLong();
        slot.advanced(it.position(), now);
        watchdog.tell(new Watchdog.Advanced(it.attempt(), it.position()));
        if (slot.isTold(it.position(), now)) {
            keeper.advanced(slot.index(), it.attempt(), it.position());
        } else if (!timers.isTimerActive(Node.Timer.PROGRESS)) {
            timers.startSingleTimer(Node.Timer.PROGRESS, Node.Timer.PROGRESS, NodeSlots.TELL_PAUSE);
        }
    }

    /** Catches up with what the keeper has not been told. */
    void catchUp(NodeSlots.Slot slot) {
        slot.attempt()
                .ifPresent(attempt -> slot.takeUntold(nanoTime.getAsLong())
                        .ifPresent(position -> keeper.advanced(slot.index(), attempt, position)));
    }

    void heartbeat(AttemptId attempt) {
        watchdog.tell(new Watchdog.Heartbeat(attempt));
        keeper.heartbeat(attempt);
    }

    void previewed(NodeSlots.Slot slot, InferenceActor.Previewed it) {
        if (slot.runs(it.attempt()) && slot.isShown(nanoTime.getAsLong())) {
            keeper.previewed(it.attempt(), it.preview());
        }
    }

    /** A finished result counts, also when it comes after all while its attempt is being cancelled. */
    void produced(NodeSlots.Slot slot, InferenceActor.Produced it) {
        boolean wanted = !slot.isHandedBack();
        AttemptTimings timings = timings(slot);
        over(slot, it.attempt());
        if (wanted) {
            keeper.produced(slot.index(), it, timings);
        }
    }

    /** The actor says that its attempt is over without a result. */
    void ended(NodeSlots.Slot slot, InferenceActor.Ended it) {
        boolean wanted = !slot.isHandedBack();
        AttemptTimings timings = timings(slot);
        catchUp(slot); // How far it came is part of the record.
        over(slot, it.attempt());
        if (wanted) {
            AttemptOutcome outcome = it.cancelled() ? AttemptOutcome.HANDED_BACK : AttemptOutcome.FAILED;
            keeper.ended(
                    slot.index(),
                    it.attempt(),
                    new AttemptEnd(outcome, it.code(), it.reason(), it.retryable(), timings));
        }
    }

    /** The node has no time left for the slot's attempt; whatever comes of it now, another attempt takes its place. */
    void drained(NodeSlots.Slot slot) {
        slot.handBack();
        catchUp(slot);
        keeper.ended(
                slot.index(),
                slot.attempt().orElseThrow(),
                AttemptEnd.handedBack(
                        "drover:node.drained", "the node was drained before the attempt was done", timings(slot)));
    }

    /** The attempt stalled and gave its runner back, so that only its actor is replaced. */
    void actorRestarted(NodeSlots.Slot slot, Stall stall) {
        watchdog.tell(new Watchdog.Unwatch(stall.attempt()));
        keeper.actorRestarted(slot.index(), stall);
        catchUp(slot);
        if (!slot.isHandedBack()) {
            keeper.ended(
                    slot.index(),
                    stall.attempt(),
                    new AttemptEnd(
                            AttemptOutcome.STALLED,
                            NodeKeeper.STALLED,
                            "it no longer advanced at " + stall.position() + " and was cancelled",
                            true,
                            timings(slot)));
        }
    }

    /** The attempt's thread is free again. */
    void runnerReturned(AttemptId attempt) {
        watchdog.tell(new Watchdog.RunnerReturned(attempt));
    }

    private AttemptTimings timings(NodeSlots.Slot slot) {
        return slot.timings(nanoTime.getAsLong());
    }

    private void over(NodeSlots.Slot slot, AttemptId attempt) {
        watchdog.tell(new Watchdog.Unwatch(attempt));
        slot.end();
    }
}
