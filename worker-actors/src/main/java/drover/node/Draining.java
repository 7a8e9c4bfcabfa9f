package drover.node;

import drover.node.NodeKeeper.Command;
import java.time.Duration;
import java.util.Optional;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * How a node is emptied for an operator or for the end of all, and what becomes of it then. Owned by the keeper; not
 * thread-safe.
 */
final class Draining {
    /** What a drained process gets beyond its own deadlines. */
    private static final Duration MARGIN = Node.LAST_WORDS.plusSeconds(3);

    private final TimerScheduler<Command> timers;
    private final KeeperRecord record;
    private final Children children;
    private final Seats seats;
    private final Succession succession;
    private final AttemptDesk desk;
    private NodeKeeper.AfterDrain then = NodeKeeper.AfterDrain.STOP;

    Draining(
            TimerScheduler<Command> timers,
            KeeperRecord record,
            Children children,
            Seats seats,
            Succession succession,
            AttemptDesk desk) {
        this.timers = timers;
        this.record = record;
        this.children = children;
        this.seats = seats;
        this.succession = succession;
        this.desk = desk;
    }

    /** No more work is taken; a later order only changes what comes after. */
    void begin(NodeKeeper.Drain order) {
        then = order.then();
        if (record.is(NodeState.DRAINING)) {
            return;
        }
        record.become(NodeState.DRAINING, Optional.of(order.reason()));
        timers.cancel(NodeKeeper.Timer.RETRY);
        succession.dismissStandby();
        seats.serving().ifPresent(child -> {
            if (child.isReady()) {
                child.tell(new Node.Drain(order.within()));
            } else {
                child.kill();
            }
        });
        seats.vacateServing();
        after(order.within().plus(MARGIN));
        if (children.isEmpty()) {
            end();
        }
    }

    /** A process has ended; whether it was the last one that a drain waited for. */
    boolean endIfEmpty() {
        boolean isOver = record.is(NodeState.DRAINING) && children.isEmpty();
        if (isOver) {
            end();
        }
        return isOver;
    }

    private void end() {
        timers.cancel(NodeKeeper.Timer.DRAIN_OVER);
        String reason = record.note().orElse("");
        switch (then) {
            case STOP -> {
                record.become(NodeState.STOPPED, record.note());
                after(MARGIN);
            }
            case RELAUNCH -> {
                record.restarted();
                succession.takeNext(NodeState.LAUNCHING);
            }
            case QUARANTINE -> {
                record.takenOut(record.now(), reason);
                succession.startNext(reason);
            }
        }
    }

    /** An operator wants the node back before it is empty. */
    void release() {
        if (record.is(NodeState.DRAINING) && then == NodeKeeper.AfterDrain.QUARANTINE) {
            then = NodeKeeper.AfterDrain.RELAUNCH;
        }
    }

    /** The time is up: for its processes, or for the ledger's word on their last attempts. */
    void timeIsUp() {
        children.all().forEach(Child::kill);
        if (record.is(NodeState.STOPPED)) {
            desk.giveUp();
        }
    }

    private void after(Duration delay) {
        timers.startSingleTimer(NodeKeeper.Timer.DRAIN_OVER, NodeKeeper.Timer.DRAIN_OVER, delay);
    }
}
