package drover.client;

import drover.client.NodesView.PositionView;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Incidents, newest first. */
public record IncidentsView(List<IncidentView> incidents) {
    public IncidentsView {
        incidents = List.copyOf(incidents);
    }

    /**
     * One replacement of an actor or a process.
     *
     * @param id names it in logs
     * @param at when it was noticed
     * @param node the node whose actor or process was replaced
     * @param cause {@code stalled, silent, exited} or {@code unusable}
     * @param rung {@code RESTART_ACTOR} or {@code REPLACE_PROCESS}
     * @param explanation the whole story in a paragraph
     * @param stall what the watchdog knew, if it was a stall
     * @param residentBytes memory of the process shortly before, where known
     * @param heapBytes Java heap used shortly before, where known
     * @param deviceBytes GPU memory used shortly before, where known
     * @param stack the stuck thread's frames, innermost first; empty if they could not be taken
     * @param stackNote the stuck thread's name, or why there is no stack
     * @param lost attempts that ended with it, such as {@code 0197…#1}
     * @param followUps what was run again, and where
     */
    public record IncidentView(
            String id,
            Instant at,
            String node,
            String gpu,
            String cause,
            String rung,
            String explanation,
            Optional<StallView> stall,
            Optional<Long> residentBytes,
            Optional<Long> heapBytes,
            Optional<Long> deviceBytes,
            List<String> stack,
            String stackNote,
            List<String> lost,
            List<FollowUpView> followUps) {
        public IncidentView {
            stack = List.copyOf(stack);
            lost = List.copyOf(lost);
            followUps = List.copyOf(followUps);
        }
    }

    /**
     * A stall.
     *
     * @param percent how much of the phase was done
     * @param secondsSinceHeartbeat empty if there was none
     * @param limitSeconds how long the phase may go without an advance
     * @param origin where that limit came from
     * @param watchdog which watchdog saw it: {@code node} or {@code control}
     */
    public record StallView(
            String job,
            int attempt,
            String model,
            PositionView position,
            int percent,
            double secondsSinceAdvance,
            Optional<Double> secondsSinceHeartbeat,
            double limitSeconds,
            String origin,
            String watchdog) {}

    /** A lost attempt and the one that took its place. */
    public record FollowUpView(String lost, String next, String node) {}
}
