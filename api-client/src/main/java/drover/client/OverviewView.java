package drover.client;

import drover.client.NodesView.PositionView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the board holds, and the newest jobs of the ledger.
 *
 * @param waiting jobs that wait for a node
 * @param undelivered finished results that wait for delivery
 * @param idleActors inference actors that wait for work, such as {@code gpu0.1/0}
 * @param running attempts that are out with nodes
 * @param pending the work of all jobs that wait or run
 * @param pendingByModel the same for each model that has any
 * @param pendingByTenant the same for each tenant that has any
 * @param withdrawn models that are not offered to any node
 * @param newest the newest jobs, newest first
 */
public record OverviewView(
        int waiting,
        int undelivered,
        List<String> idleActors,
        List<RunningView> running,
        PendingView pending,
        Map<String, PendingView> pendingByModel,
        Map<String, PendingView> pendingByTenant,
        List<WithdrawnView> withdrawn,
        List<SummaryView> newest) {
    public OverviewView {
        idleActors = List.copyOf(idleActors);
        running = List.copyOf(running);
        pendingByModel = Map.copyOf(pendingByModel);
        pendingByTenant = Map.copyOf(pendingByTenant);
        withdrawn = List.copyOf(withdrawn);
        newest = List.copyOf(newest);
    }

    /** Some jobs and their work: width × height × steps × pictures ÷ 1,000,000. */
    public record PendingView(long jobs, double megapixelSteps) {}

    /**
     * A model that is not offered.
     *
     * @param until when it is offered again by itself; absent if that takes an operator
     */
    public record WithdrawnView(String model, String reason, Instant since, Optional<Instant> until) {}

    /** One attempt that is out with a node. */
    public record RunningView(String job, int attempt, String model, String actor, Optional<PositionView> position) {}

    /**
     * One job in a line.
     *
     * @param state such as {@code QUEUED}
     * @param tenant whose job it is
     * @param attempts how often it has been tried
     * @param fault why it was given up, if it was
     */
    public record SummaryView(
            String job,
            String state,
            String tenant,
            String model,
            int attempts,
            Instant accepted,
            Instant changed,
            Instant deadline,
            Optional<String> fault) {}
}
