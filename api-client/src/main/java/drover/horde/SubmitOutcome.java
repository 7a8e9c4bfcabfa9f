package drover.horde;

/** How the attempt to hand in a result ended. */
public sealed interface SubmitOutcome {
    /**
     * The server has it.
     *
     * @param answer with the reward
     */
    record Accepted(SubmitAnswer answer) implements SubmitOutcome {}

    /**
     * The server has it, from an earlier try whose answer was lost, or in spite of its complaint; what it pays it has
     * not said.
     *
     * @param why how that is known
     */
    record AcceptedBefore(HordeError why) implements SubmitOutcome {}

    /**
     * The server does not want it: gone, too late, or answered by someone else.
     *
     * @param error why
     */
    record Dropped(HordeError error) implements SubmitOutcome {}

    /**
     * The server takes nothing from this worker, or from this key; the operator has to change something.
     *
     * @param error why
     */
    record Refused(HordeError error) implements SubmitOutcome {}

    /**
     * Its time is over, and the server was never reached, or never well.
     *
     * @param last what the last try said
     */
    record OutOfTime(HordeError last) implements SubmitOutcome {}
}
