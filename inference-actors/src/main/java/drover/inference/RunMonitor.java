package drover.inference;

/**
 * An engine's side of the conversation about one attempt: it says how far it has come and asks whether to go on. Called
 * on the runner thread; every method returns at once.
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
}
