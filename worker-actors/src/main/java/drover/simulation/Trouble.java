package drover.simulation;

import java.time.Duration;
import java.time.Instant;

/** Something that befalls the machine during a run, whatever the jobs are doing. Times are nanoseconds from its start. */
sealed interface Trouble {
    /** When it begins. */
    long at();

    /** A node's process gets a SIGSTOP, and a SIGCONT after this long; never if it is negative. */
    record StopNode(long at, int node, long length) implements Trouble {}

    /** A node's process ends with this exit code; 137 is a SIGKILL. */
    record EndNode(long at, int node, int code) implements Trouble {}

    /** The control process gets a SIGSTOP, and a SIGCONT after this long. */
    record StopControl(long at, long length) implements Trouble {}

    /** The control process gets a SIGKILL, and is started anew after this long. */
    record KillControl(long at, long downFor) implements Trouble {}

    /** The wall clock is set by this much; the monotonic clock never is. */
    record SetClock(long at, long by) implements Trouble {}

    /** Commits take this much longer for a while. */
    record SlowDisk(long at, long length, long delay) implements Trouble {}

    /** Commits fail for a while, some of them only after they have been written. */
    record BrokenDisk(long at, long length) implements Trouble {}

    /** In a node's place, the host of the dispatch. */
    int DISPATCH = -1;

    /**
     * What goes to and from a node (or callers, after the last node) takes this much longer for a while, and some of it
     * is lost or comes twice.
     */
    record BadLink(long at, long length, int node, long delay, double loss) implements Trouble {}

    /**
     * An operator drains a node.
     *
     * @param within how long its jobs may go on
     * @param out how long it stays out before it is released; negative if it is only restarted
     */
    record DrainNode(long at, int node, long within, long out) implements Trouble {}

    /**
     * Ledger, delivery and board move to another host.
     *
     * @param downFor how long it takes until the next ones start
     */
    record MoveDispatch(long at, Farewell how, long downFor) implements Trouble {}

    /** How a dispatch leaves. */
    enum Farewell {
        /** In good order. */
        CLOSED,
        /** With its host. */
        KILLED,
        /** Its host is stopped, given up, and goes on when another one is in office. */
        STOPPED
    }

    /** In a line, for a person. */
    default String text() {
        return switch (this) {
            case StopNode t when t.length < 0 -> "SIGSTOP to the process of node " + t.node + " for ever";
            case StopNode t -> "SIGSTOP to the process of node " + t.node + " for " + seconds(t.length);
            case EndNode t -> "the process of node " + t.node + " ends with code " + t.code;
            case StopControl t -> "SIGSTOP to the control process for " + seconds(t.length);
            case KillControl t -> "SIGKILL to the control process, started anew after " + seconds(t.downFor);
            case SetClock t -> "the wall clock is set by " + seconds(t.by);
            case SlowDisk t -> "commits take " + seconds(t.delay) + " more for " + seconds(t.length);
            case BrokenDisk t -> "commits fail for " + seconds(t.length);
            case DrainNode t when t.out < 0 -> "an operator restarts node " + t.node;
            case DrainNode t -> "an operator takes node " + t.node + " out for " + seconds(t.out);
            case MoveDispatch t -> "the dispatch is " + t.how + ", the next one starts after " + seconds(t.downFor);
            case BadLink t
            when t.node == DISPATCH ->
                "the links to the dispatch take " + seconds(t.delay) + " more and lose " + Math.round(t.loss * 100)
                        + " % of what is said, for " + seconds(t.length);
            case BadLink t ->
                "the link to node " + t.node + " takes " + seconds(t.delay) + " more and loses "
                        + Math.round(t.loss * 100) + " % of what is said again, for " + seconds(t.length);
        };
    }

    /** Nanoseconds as seconds, for a person. */
    static String seconds(long nanos) {
        return Duration.between(Instant.EPOCH, Instant.EPOCH.plusNanos(nanos)).toMillis() / 1000.0 + " s";
    }
}
