package drover.board;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the board could give jobs to.
 *
 * @param slots those that have asked for work and get it: not those of nodes that are suspended
 * @param slowest pixel-steps per second of each model where it runs slowest, as far as known
 */
public record Supply(List<Slot> slots, Map<String, Double> slowest) {
    public Supply {
        slots = List.copyOf(slots);
        slowest = Map.copyOf(slowest);
    }

    /**
     * One slot.
     *
     * @param models what it can run, without those that are withdrawn
     * @param resident what is in its memory, as it said last
     * @param free whether it waits for work
     * @param checks whether it can check pictures before they leave
     */
    public record Slot(SlotId id, Set<String> models, Set<String> resident, boolean free, boolean checks) {
        public Slot {
            models = Set.copyOf(models);
            resident = Set.copyOf(resident);
        }
    }
}
