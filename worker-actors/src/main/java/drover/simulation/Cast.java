package drover.simulation;

import drover.board.BoardSettings;
import drover.board.JobBoard;
import drover.rules.Rules;
import drover.rules.Surroundings;
import drover.watchdog.Watchdog;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;

/** Who plays the parts. The real rules do; a test may put a known defect in the place of one, to see it found. */
interface Cast {
    /** The board. */
    default Rules<JobBoard.Command> board(
            Surroundings<JobBoard.Command> around, JobBoard.Links links, BoardSettings settings, InstantSource clock) {
        return JobBoard.rules(around, links, settings, List.of(), clock);
    }

    /** A watchdog, {@code node} or {@code control}. */
    default Rules<Watchdog.Command> watchdog(
            Surroundings<Watchdog.Command> around, String name, LongSupplier nanoTime, InstantSource wall) {
        return new Watchdog(around, name, nanoTime, wall);
    }

    /** The rules as they are. */
    static Cast real() {
        return new Cast() {};
    }
}
