package drover.inference;

import java.util.List;
import java.util.Set;

/**
 * Runs models. One engine serves one process; {@link #run} may be called by several runner threads at once, which share
 * the weights of resident models. The engine owns its native memory and gives all of it back on {@link #close}.
 */
public interface Engine extends AutoCloseable {
    /** Short name for status and logs, such as {@code pytorch} or {@code fault}. */
    String name();

    /** Names of the models that this engine can run here. */
    Set<String> models();

    /**
     * Looks again for models. May read many files, so not for an actor's thread.
     *
     * @return whether any are others than before
     */
    default boolean rescan() {
        return false;
    }

    /** Names of the models whose weights are in memory now. */
    Set<String> resident();

    /** What the engine can do with a model beside painting from a prompt; nothing with one that it has not. */
    default Set<Feature> features(String model) {
        return Set.of();
    }

    /** How many objects of native memory it holds; steady while nothing runs. 0 for an engine without any. */
    default long nativeHandles() {
        return 0;
    }

    /**
     * Runs one attempt to its end on the calling thread, reporting every phase and step to the monitor.
     *
     * @return the finished pictures, as many as were asked for. Nobody but the runner gets to see them before they have
     *     been checked
     * @throws EngineException what went wrong; {@link EngineException.Cancelled} after a cancellation
     */
    List<Drawing> run(AttemptId attempt, InferenceRequest request, RunMonitor monitor) throws EngineException;

    /** Frees everything. Safe to call twice. */
    @Override
    void close();
}
