package drover.board;

import drover.job.Tenant;
import drover.watchdog.LearningRules;
import drover.watchdog.ModelRules;
import java.time.Duration;
import java.util.Map;

/**
 * The rules that the board decides by.
 *
 * @param retries what follows when an attempt has ended without a result
 * @param models when a model is to blame
 * @param nodes when a node gets no jobs
 * @param learning how the watchdogs' timeouts are learned
 * @param speedHalfLife after this time an attempt counts half in a node's speed, more than zero
 * @param residentLead how much older a job must be to go before one whose model is in memory, 0 or more
 * @param claimWindow how long an attempt that was out before this board began may go without a word of its keeper before
 *     it counts as lost; 0 if no keeper can outlive a board. If one can, offers wait until their assignments are on disk
 * @param weights the tenants whose share is not 1, each more than zero
 */
public record BoardSettings(
        RetryRules retries,
        ModelRules models,
        NodeRules nodes,
        LearningRules learning,
        Duration speedHalfLife,
        Duration residentLead,
        Duration claimWindow,
        Map<Tenant, Double> weights) {
    /** The defaults of every rule; every tenant weighs the same. */
    public static final BoardSettings DEFAULT = new BoardSettings(
            RetryRules.DEFAULT,
            ModelRules.DEFAULT,
            NodeRules.DEFAULT,
            LearningRules.DEFAULT,
            Duration.ofMinutes(30),
            Duration.ofSeconds(30),
            Duration.ZERO,
            Map.of());

    public BoardSettings {
        weights = Map.copyOf(weights);
        if (!speedHalfLife.isPositive() || residentLead.isNegative() || claimWindow.isNegative()) {
            throw new IllegalArgumentException(
                    "expected speedHalfLife > 0, residentLead >= 0 and claimWindow >= 0, but they were " + speedHalfLife
                            + ", " + residentLead + " and " + claimWindow);
        }
        weights.forEach((tenant, weight) -> {
            if (!(weight > 0) || Double.isInfinite(weight)) {
                throw new IllegalArgumentException(
                        "the weight of tenant " + tenant + " must be more than 0, but was " + weight);
            }
        });
    }

    /** These with other rules for retries and models. */
    public BoardSettings with(RetryRules otherRetries, ModelRules otherModels) {
        return new BoardSettings(
                otherRetries, otherModels, nodes, learning, speedHalfLife, residentLead, claimWindow, weights);
    }

    /** These with another claim window. */
    public BoardSettings withClaimWindow(Duration other) {
        return new BoardSettings(retries, models, nodes, learning, speedHalfLife, residentLead, other, weights);
    }
}
