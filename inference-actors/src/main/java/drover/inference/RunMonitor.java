package drover.inference;

import drover.picture.Picture;

/**
 * An engine's side of the conversation about one attempt: it says how far it has come, asks whether to go on, and is
 * handed the job's inputs. Called on the runner thread; every method but {@link #input} returns at once.
 */
public interface RunMonitor {
    /** The attempt has come to this position. Call it on entering a phase and after every step. */
    void at(Position position);

    /** The runner is alive; says nothing about progress. May be called from any thread. */
    void heartbeat();

    /**
     * To be called between steps.
     *
     * @throws EngineException.Cancelled if the attempt has been cancelled
     */
    void checkCancelled() throws EngineException.Cancelled;

    /**
     * Reads an input of the job, such as its source picture.
     *
     * @throws EngineException.Failed if it cannot be read, or is not what the reference says
     */
    byte[] input(AssetRef ref) throws EngineException;

    /**
     * Whether somebody wants to see how the picture looks after a step.
     *
     * @param step how many of them are done
     */
    default boolean wantsPreview(int step) {
        return false;
    }

    /**
     * How the picture looks now, if that is wanted. To be called after {@link #at}, so that progress never waits for it.
     *
     * @param picture of at most {@link Preview#MAX_SIDE} pixels a side
     */
    default void preview(Picture picture) {}
}
