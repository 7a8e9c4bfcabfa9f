package drover.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The models.
 *
 * @param models every model that a node has, by name
 * @param withdrawn those that are not offered to any node now
 */
public record ModelsView(List<ModelView> models, List<WithdrawnView> withdrawn) {
    public ModelsView {
        models = List.copyOf(models);
        withdrawn = List.copyOf(withdrawn);
    }

    /**
     * A model that is not offered.
     *
     * @param reason in words that follow the model's name
     * @param until when it is offered again by itself; empty: when an operator releases it
     */
    public record WithdrawnView(String model, String reason, Instant since, Optional<Instant> until) {}

    /**
     * One model.
     *
     * @param nodes those that can run it
     * @param resident those that have it in memory
     */
    public record ModelView(String model, List<String> nodes, List<String> resident) {
        public ModelView {
            nodes = List.copyOf(nodes);
            resident = List.copyOf(resident);
        }
    }
}
