package drover.horde;

import java.util.Optional;

/**
 * Changes a worker, and, as an answer, what was changed. What is absent stays as it is.
 *
 * @param maintenance whether it gets the owner's jobs only
 * @param maintenanceMsg why, for those who look; at most 300 letters
 * @param paused by the Horde's people
 * @param info what the owner says about it; at most 1,000 letters
 * @param name 5 to 100 letters
 * @param team an id, or empty to leave it
 */
public record WorkerChange(
        Optional<Boolean> maintenance,
        Optional<String> maintenanceMsg,
        Optional<Boolean> paused,
        Optional<String> info,
        Optional<String> name,
        Optional<String> team) {
    private static final int MAX_MESSAGE = 300;

    /**
     * Sends the worker into maintenance, where it still gets the owner's jobs, or back to work.
     *
     * @param on into or out of it
     * @param why for those who look; only with {@code on}
     */
    public static WorkerChange maintenance(boolean on, Optional<String> why) {
        return new WorkerChange(
                Optional.of(on),
                on ? why.map(text -> Texts.cut(text, MAX_MESSAGE)) : Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }
}
