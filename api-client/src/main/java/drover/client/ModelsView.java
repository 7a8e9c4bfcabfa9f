package drover.client;

import java.util.List;

/** Every model that a node has, by name. */
public record ModelsView(List<ModelView> models) {
    public ModelsView {
        models = List.copyOf(models);
    }

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
