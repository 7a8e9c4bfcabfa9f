package drover.job;

/** How an attempt ended, when it did not end well. */
public enum AttemptOutcome {
    /** A watchdog gave it up. */
    STALLED,
    /** The engine said why it failed. */
    FAILED,
    /** Its process ended by its own doing: a crash, an exit, memory exhausted. */
    CRASHED,
    /** Its process was killed from outside, or its host or control process went away: not the job's doing. */
    NODE_LOST,
    /** It advanced, but so slowly that it would have come after the job's deadline; another node may be quicker. */
    TOO_SLOW,
    /** The node gave it back unfinished: drain, scale-down, restart. */
    HANDED_BACK,
    /** Its results could not be found when they were to be delivered. */
    RESULT_LOST;

    /** Whether it brought the node's process down or to a standstill. */
    public boolean takesNodeDown() {
        return this == STALLED || this == CRASHED;
    }

    /** Whether the job should rather go to another node next. */
    public boolean avoidsNode() {
        return isBlamed() || this == TOO_SLOW;
    }

    /** Whether it speaks against the job, the model or the node, so that it counts towards giving up. */
    public boolean isBlamed() {
        return switch (this) {
            case STALLED, FAILED, CRASHED, RESULT_LOST -> true;
            case NODE_LOST, TOO_SLOW, HANDED_BACK -> false;
        };
    }
}
