package drover.watchdog;

/** Where an attempt stands on the ladder of a watchdog, in the order in which rungs are climbed. */
public enum Rung {
    /** It advances in time, or has not had the time to show that it does not. */
    WATCHING,
    /** Its cancellation token is to be set; a runner that still checks it comes back. */
    CANCEL,
    /** The runner gave its thread back: a fresh actor is enough. */
    RESTART_ACTOR,
    /** The runner is stuck where nothing in Java reaches it: the process has to go. */
    REPLACE_PROCESS
}
