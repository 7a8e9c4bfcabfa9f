package drover.node;

/** Where a keeper is in the life of its node. */
public enum NodeState {
    /** A process has been started and has not said hello. */
    LAUNCHING,
    /** The process is at work, or ready for it. */
    RUNNING,
    /** The process is being ended, and another one takes its place. */
    REPLACING,
    /** No process; the next one is started after a pause. */
    BACKING_OFF,
    /** No process until the quarantine is over or an operator lifts it. */
    QUARANTINED,
    /** No new work; running attempts may finish. */
    DRAINING,
    /** No process, and none will be started. */
    STOPPED
}
