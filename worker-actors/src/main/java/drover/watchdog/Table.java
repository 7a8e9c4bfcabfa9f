package drover.watchdog;

import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.Position;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A watchdog's view at one moment.
 *
 * @param watchdog which watchdog: {@code node} or {@code control}
 * @param rows one for each watched attempt, the nearest deadline first
 * @param counts what has been counted since the start
 */
public record Table(String watchdog, List<Row> rows, WatchCounts counts) implements CborSerializable {
    public Table {
        rows = List.copyOf(rows);
    }

    /**
     * One watched attempt.
     *
     * @param position the highest position reached
     * @param sinceAdvance since the last advance, or since the watch began
     * @param sinceHeartbeat since the last heartbeat; empty if there was none
     * @param idleReports reports since the last advance that were not beyond it
     * @param limit how long the phase may go without an advance
     * @param origin where that limit came from
     * @param rung how far up the ladder the attempt is
     * @param left until the next rung; negative if overdue, empty on the last rung
     */
    public record Row(
            AttemptId attempt,
            String model,
            Position position,
            Duration sinceAdvance,
            Optional<Duration> sinceHeartbeat,
            int idleReports,
            Duration limit,
            String origin,
            Rung rung,
            Optional<Duration> left)
            implements CborSerializable {}
}
