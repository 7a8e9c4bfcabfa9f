package drover.watchdog;

/**
 * The escalation for one attempt, as a value: events go in, the next state comes out, and a rung that differs from the
 * one before is a verdict to announce. It knows no time; whoever holds it keeps the deadline of the current rung (the
 * phase's limit on {@link Rung#WATCHING}, the grace periods above) and says when that has passed.
 *
 * <pre>
 *  rung             deadline passed                     runner returned
 *  WATCHING         CANCEL (outside: REPLACE_PROCESS)   remembered
 *  CANCEL           RESTART_ACTOR if the runner is      RESTART_ACTOR, without waiting for the grace to end
 *                   back, else REPLACE_PROCESS
 *  RESTART_ACTOR    REPLACE_PROCESS                     nothing new
 *  REPLACE_PROCESS  nothing left to do                  nothing new
 * </pre>
 *
 * A verdict is never taken back: from {@link Rung#CANCEL} on the attempt is lost, even if it advances again, because its
 * owner may already have handed the job to another attempt. So every rung is announced at most once.
 *
 * @param rungs the rungs that may be climbed
 * @param rung the rung reached
 * @param runnerBack whether the runner has given its thread back
 */
public record Ladder(Rungs rungs, Rung rung, boolean runnerBack) {
    /** At the foot of the ladder. */
    public static Ladder start(Rungs rungs) {
        return new Ladder(rungs, Rung.WATCHING, false);
    }

    /** The deadline of the current rung has passed without an advance (watching) or an unwatch (above). */
    public Ladder deadlinePassed() {
        return switch (rung) {
            case WATCHING ->
                switch (rungs) {
                    case FULL -> on(Rung.CANCEL);
                    case REPLACE_ONLY -> on(Rung.REPLACE_PROCESS);
                };
            case CANCEL -> on(runnerBack ? Rung.RESTART_ACTOR : Rung.REPLACE_PROCESS);
            case RESTART_ACTOR, REPLACE_PROCESS -> on(Rung.REPLACE_PROCESS);
        };
    }

    /** The runner's thread is back, with or without a result. */
    public Ladder runnerReturned() {
        return new Ladder(rungs, rung == Rung.CANCEL ? Rung.RESTART_ACTOR : rung, true);
    }

    /** Whether an advance still counts. */
    public boolean isWatching() {
        return rung == Rung.WATCHING;
    }

    private Ladder on(Rung next) {
        return new Ladder(rungs, next, runnerBack);
    }
}
