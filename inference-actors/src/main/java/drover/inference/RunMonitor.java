package drover.inference;

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
}
