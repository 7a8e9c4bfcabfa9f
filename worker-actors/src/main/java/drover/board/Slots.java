package drover.board;

import drover.inference.AttemptId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The slots that have asked for work at least once, in the order in which they came. */
final class Slots {
    private final Map<SlotId, Slot> slots = new LinkedHashMap<>();

    /** One slot. */
    static final class Slot {
        final SlotId id;
        Set<String> models = Set.of();
        Set<String> resident = Set.of();

        /** Whether it can look at pictures. */
        boolean checks;

        boolean asks;

        /** Whether the offer of the attempt has been handed out. */
        boolean sent;

        /** Whether the keeper has said that it has the attempt. */
        boolean confirmed;

        Instant offered = Instant.EPOCH;

        @Nullable AttemptId attempt;

        private Slot(SlotId id) {
            this.id = id;
        }

        String node() {
            return id.node();
        }

        /** Whether it is made for the job, whatever its node's record. */
        boolean canRun(Entry entry) {
            return models.contains(entry.model()) && (checks || !entry.needsCheck);
        }

        boolean isFree() {
            return asks && attempt == null;
        }
    }

    Slot of(SlotId id) {
        return slots.computeIfAbsent(id, Slot::new);
    }

    /** The slot, if it has asked before. */
    @Nullable Slot find(SlotId id) {
        return slots.get(id);
    }

    void remove(SlotId id) {
        slots.remove(id);
    }

    /** The attempt is over for its slot, which has to ask anew. */
    void free(SlotId id, AttemptId attempt) {
        Slot slot = slots.get(id);
        if (slot != null && attempt.equals(slot.attempt)) {
            slot.attempt = null;
        }
    }

    Collection<Slot> all() {
        return slots.values();
    }

    List<Slot> free() {
        List<Slot> free = new ArrayList<>();
        for (Slot slot : slots.values()) {
            if (slot.isFree()) {
                free.add(slot);
            }
        }
        return free;
    }

    boolean isWorking(String node) {
        return slots.values().stream()
                .anyMatch(slot -> slot.attempt != null && slot.node().equals(node));
    }

    long nodes() {
        return slots.keySet().stream().map(SlotId::node).distinct().count();
    }
}
