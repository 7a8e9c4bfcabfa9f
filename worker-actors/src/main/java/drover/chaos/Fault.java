package drover.chaos;

import java.time.Duration;

/**
 * Something that is made to go wrong.
 */
sealed interface Fault {
    /** Kills a host's process with SIGKILL; its supervisor starts it again. */
    record Kill(int host) implements Fault {}

    /** Kills all processes of a host at once, as when its power fails; its supervisor starts it again. */
    record PowerOff(int host) implements Fault {}

    /** Kills the process of a host's GPU. */
    record KillNode(int host) implements Fault {}

    /** Stops a host's process with SIGSTOP, and lets it go on later. */
    record Freeze(int host, Duration lasting) implements Fault {}

    /** Stops a host's process with SIGSTOP; somebody resets the host in the end. */
    record FreezeForGood(int host, Duration untilReset) implements Fault {}

    /** Stops the process of a host's GPU with SIGSTOP. Nobody lets it go on. */
    record FreezeNode(int host) implements Fault {}

    /** Ends a host in good order and starts it again. */
    record Restart(int host) implements Fault {}

    /** Ends a host in good order and starts it again with its clock set differently. */
    record SetClock(int host, Duration ahead) implements Fault {}

    /** Cuts a host off from everything. */
    record Cut(int host, Duration lasting) implements Fault {}

    /** Ends the database in good order and starts it again. */
    record RestartDatabase(Duration lasting) implements Fault {}

    /** Kills the database with SIGKILL and starts it again. */
    record CrashDatabase(Duration lasting) implements Fault {}

    /** Fills the disk on which results are kept. */
    record FillResults(Duration lasting) implements Fault {}

    /** Fills the disk of a host's own files. */
    record FillDisk(int host, Duration lasting) implements Fault {}

    /**
     * A fault and its time.
     *
     * @param at since the beginning
     */
    record Due(Duration at, Fault fault) {}

    /** What happens, for a person. */
    default String describe(Cast cast) {
        return switch (this) {
            case Kill(int host) -> "kill -9 of " + cast.name(host);
            case PowerOff(int host) -> "power off: kill -9 of every process of " + cast.name(host);
            case KillNode(int host) -> "kill -9 of the node of " + cast.name(host);
            case Freeze(int host, Duration lasting) -> "SIGSTOP of " + cast.name(host) + " for " + seconds(lasting);
            case FreezeForGood(int host, Duration untilReset) ->
                "SIGSTOP of " + cast.name(host) + " without SIGCONT, reset after " + seconds(untilReset);
            case FreezeNode(int host) -> "SIGSTOP of the node of " + cast.name(host) + " without SIGCONT";
            case Restart(int host) -> "clean restart of " + cast.name(host);
            case SetClock(int host, Duration ahead) ->
                "clean restart of " + cast.name(host) + " with its clock "
                        + (ahead.isNegative() ? seconds(ahead.negated()) + " behind" : seconds(ahead) + " ahead");
            case Cut(int host, Duration lasting) -> "link of " + cast.name(host) + " cut for " + seconds(lasting);
            case RestartDatabase(Duration lasting) -> "database ended for " + seconds(lasting);
            case CrashDatabase(Duration lasting) -> "kill -9 of the database for " + seconds(lasting);
            case FillResults(Duration lasting) -> "disk of the results full for " + seconds(lasting);
            case FillDisk(int host, Duration lasting) -> "disk of " + cast.name(host) + " full for " + seconds(lasting);
        };
    }

    private static String seconds(Duration duration) {
        return duration.toMillis() / 1000.0 + " s";
    }
}
