package drover.job;

import java.util.EnumSet;
import java.util.Set;

/** Where a job is in its life, with the one table of what may follow what. */
public enum JobState {
    /** On disk and waiting for a slot. */
    QUEUED,
    /** An attempt has been given to a node. */
    ASSIGNED,
    /** The attempt has made its first progress. */
    RUNNING,
    /** The results are in the asset store; whoever ordered them has not been answered. */
    PRODUCED,
    /** The results are with, or ready for, whoever ordered them. */
    DELIVERED,
    /** Given up, with a reason. */
    FAULTED,
    /** Withdrawn by its caller. */
    CANCELLED,
    /** Its deadline passed, or it could not have been kept. */
    EXPIRED,
    /** Made, but withheld by a safety check. */
    CENSORED;

    /** States that nothing follows. */
    public static final Set<JobState> TERMINAL =
            Set.copyOf(EnumSet.of(DELIVERED, FAULTED, CANCELLED, EXPIRED, CENSORED));

    /** What may follow this state. */
    public Set<JobState> successors() {
        return switch (this) {
            case QUEUED -> EnumSet.of(ASSIGNED, FAULTED, CANCELLED, EXPIRED);
            case ASSIGNED -> EnumSet.of(QUEUED, RUNNING, PRODUCED, FAULTED, CANCELLED, EXPIRED, CENSORED);
            case RUNNING -> EnumSet.of(QUEUED, PRODUCED, FAULTED, CANCELLED, EXPIRED, CENSORED);
            // Back to the queue only if the stored results turn out to be damaged or gone.
            case PRODUCED -> EnumSet.of(QUEUED, DELIVERED, FAULTED, EXPIRED);
            case DELIVERED, FAULTED, CANCELLED, EXPIRED, CENSORED -> EnumSet.noneOf(JobState.class);
        };
    }

    /** Whether nothing follows this state. */
    public boolean isTerminal() {
        return TERMINAL.contains(this);
    }

    /** Whether an attempt is out with a node. */
    public boolean isOut() {
        return this == ASSIGNED || this == RUNNING;
    }
}
