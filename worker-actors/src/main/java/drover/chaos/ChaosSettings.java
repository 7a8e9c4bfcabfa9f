package drover.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What is wanted of a run.
 *
 * @param seed says what happens when, and what callers order
 * @param length how long faults come, 30 s to 24 hours; setting up and coming to rest take minutes more
 * @param controls hosts with a public API, 1 to 20
 * @param gpus hosts that only have nodes, 1 to 50
 * @param callers how many order jobs at the same time, 1 to 200
 * @param database JDBC address of a PostgreSQL that is there already; empty for one of the run's own
 * @param databaseUser who may make a schema there
 * @param aotCache an ahead-of-time cache with which nodes start faster
 * @param keep whether the run's folder, with the logs of all hosts, stays
 * @param parent where that folder is made
 */
public record ChaosSettings(
        long seed,
        Duration length,
        int controls,
        int gpus,
        int callers,
        Optional<String> database,
        String databaseUser,
        Optional<Path> aotCache,
        boolean keep,
        Path parent) {
    public static final int MAX_CONTROLS = 20;
    public static final int MAX_GPUS = 50;
    public static final int MAX_CALLERS = 200;

    public ChaosSettings {
        require("length", length.toSeconds(), 30, 86_400);
        require("controls", controls, 1, MAX_CONTROLS);
        require("gpus", gpus, 1, MAX_GPUS);
        require("callers", callers, 1, MAX_CALLERS);
    }

    private static void require(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " must be " + least + " to " + most + ", but was " + value);
        }
    }

    /** The hosts that a schedule speaks of. */
    Cast cast() {
        return new Cast(controls, gpus);
    }
}
