package drover.horde;

/** What a well-behaved worker does about an error. */
public enum Advice {
    /** The same again, after a while that grows from try to try, with jitter. */
    RETRY,
    /** The same again, not before the time that the error says. */
    WAIT,
    /** Let this job go: the server does not want it any more, or never will. The worker is not at fault. */
    DROP,
    /** The server has it already. */
    ACCEPTED,
    /** Take no more work, finish what there is, ask seldom (every 30 to 60 s: the owner's own jobs still come). */
    MAINTENANCE,
    /** Take no more work and tell the operator, who has to change something. */
    STOP
}
