package drover.client;

import drover.client.NodesView.PositionView;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the board holds, and the newest jobs of the ledger.
 *
 * @param waiting jobs that wait for a node
 * @param undelivered finished results that wait for delivery
 * @param idleActors inference actors that wait for work, such as {@code gpu0.1/0}
 * @param running attempts that are out with nodes
 * @param newest the newest jobs, newest first
 */
public record OverviewView(
        int waiting, int undelivered, List<String> idleActors, List<RunningView> running, List<SummaryView> newest) {
    public OverviewView {
        idleActors = List.copyOf(idleActors);
        running = List.copyOf(running);
        newest = List.copyOf(newest);
    }

    /** One attempt that is out with a node. */
    public record RunningView(String job, int attempt, String model, String actor, Optional<PositionView> position) {}

    /**
     * One job in a line.
     *
     * @param state such as {@code QUEUED}
     * @param attempts how often it has been tried
     * @param fault why it was given up, if it was
     */
    public record SummaryView(
            String job,
            String state,
            String model,
            int attempts,
            Instant accepted,
            Instant changed,
            Instant deadline,
            Optional<String> fault) {}
}
