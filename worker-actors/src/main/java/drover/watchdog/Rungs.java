package drover.watchdog;

/** Which rungs a watchdog may climb for an attempt; it depends on what its process can do about a stall. */
public enum Rungs {
    /** The watchdog sits in the process that runs the attempt: cancel, restart the actor, replace the process. */
    FULL,
    /** The watchdog sits outside, in the control process: all it can do is replace the process. */
    REPLACE_ONLY
}
