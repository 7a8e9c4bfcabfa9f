package drover.client;

import drover.client.NodesView.PositionView;
import java.util.List;
import java.util.Optional;

/**
 * What the control process's watchdog sees.
 *
 * @param watched attempts watched now
 * @param nodes how many nodes are listened for
 * @param counts what has been counted since the start, by name
 * @param rows one for each watched attempt, the nearest deadline first
 * @param learned what has been learned about how long a step may take; tightens what is configured
 */
public record WatchdogView(int watched, int nodes, CountsView counts, List<RowView> rows, List<LearnedView> learned) {
    public WatchdogView {
        rows = List.copyOf(rows);
        learned = List.copyOf(learned);
    }

    /**
     * What is known about one phase of one kind of work on one node.
     *
     * @param kind the kind of work: its size class, and whether it is guided
     * @param steps how many steps of healthy attempts were seen
     * @param p999Seconds 99.9 % of them took no longer; absent while there are too few
     * @param limitSeconds the deadline that follows, if that is shorter than the configured one
     */
    public record LearnedView(
            String node,
            String model,
            String kind,
            String phase,
            long steps,
            Optional<Double> p999Seconds,
            Optional<Double> limitSeconds) {}

    /**
     * What only grows.
     *
     * @param advances reports that were strictly beyond the highest position of their attempt
     * @param idleReports reports that were not
     * @param heartbeats heartbeats of watched attempts
     * @param lateAdvances advances of attempts that had a verdict already
     * @param cancels verdicts to cancel
     * @param restarts verdicts to restart an actor
     * @param replacements verdicts to replace a process
     * @param silentNodes nodes reported silent
     * @param secondsAsleep how long the watchdog itself could not run
     */
    public record CountsView(
            long advances,
            long idleReports,
            long heartbeats,
            long lateAdvances,
            long cancels,
            long restarts,
            long replacements,
            long silentNodes,
            double secondsAsleep) {}

    /**
     * One watched attempt.
     *
     * @param secondsSinceHeartbeat empty if there was none
     * @param limitSeconds how long the phase may go without an advance
     * @param origin where that limit came from
     * @param rung how far up the ladder the attempt is
     * @param secondsLeft until the next rung; negative if overdue, empty on the last rung
     */
    public record RowView(
            String job,
            int attempt,
            String model,
            PositionView position,
            double secondsSinceAdvance,
            Optional<Double> secondsSinceHeartbeat,
            double limitSeconds,
            String origin,
            String rung,
            Optional<Double> secondsLeft) {}
}
