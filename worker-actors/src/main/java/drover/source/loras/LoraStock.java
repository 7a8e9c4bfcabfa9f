package drover.source.loras;

import drover.source.loras.LoraShelf.Action;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The files that are kept. When there is to be room the least recently used go, but none that a job in hand has been
 * given. Not safe for use by several threads.
 */
final class LoraStock {
    private final Map<Long, KeptLora> kept = new HashMap<>();
    private final Set<Long> leaving = new HashSet<>();
    private final LoraLeases leases;
    private boolean changed;
    private boolean touched;

    /** @param leases what jobs in hand have been given */
    LoraStock(LoraLeases leases) {
        this.leases = leases;
    }

    /** What was found on disk. */
    void found(Collection<KeptLora> loras) {
        loras.forEach(lora -> kept.put(lora.version(), lora));
    }

    void add(KeptLora lora) {
        kept.put(lora.version(), lora);
        changed = true;
    }

    Optional<KeptLora> find(long version) {
        return Optional.ofNullable(kept.get(version));
    }

    /** The newest of those that may be meant. */
    Optional<KeptLora> answeringTo(LoraName name) {
        return kept.values().stream()
                .filter(lora -> lora.answersTo(name))
                .max(Comparator.comparingLong(KeptLora::version));
    }

    /** Gives it to a job, until then at the latest. */
    LoraStore.Lease give(KeptLora lora, Instant now, Instant until) {
        kept.put(lora.version(), lora.usedAt(now));
        touched = true;
        return leases.give(lora.version(), until);
    }

    /** Takes a file back; whether it was with a job. */
    boolean takeBack(LoraStore.Lease lease) {
        return leases.end(lease).isPresent();
    }

    /** The file that was given out is not there. */
    void lost(LoraStore.Lease lease) {
        leases.end(lease).ifPresent(version -> {
            kept.remove(version);
            changed = true;
        });
    }

    /** Takes back what nobody has given back in its time. */
    void expire(Instant now) {
        leases.expire(now);
    }

    /** When the first one is to be taken back; {@link Instant#MAX} if there is none. */
    Instant firstEnd() {
        return leases.firstEnd();
    }

    /**
     * Lets files go until no more than so much is kept; whether that will be. Nothing goes if that is not enough.
     *
     * @param atMost bytes that may stay
     * @param inAnyCase what can go goes, although it is not enough
     */
    boolean shrink(long atMost, boolean inAnyCase, List<Action> actions) {
        long over = bytes() - atMost;
        List<KeptLora> going = new ArrayList<>();
        Set<Long> inUse = leases.inUse();
        Iterator<KeptLora> oldest = kept.values().stream()
                .filter(lora -> !inUse.contains(lora.version()))
                .sorted(Comparator.comparing(KeptLora::used).thenComparingLong(KeptLora::version))
                .iterator();
        while (over > 0 && oldest.hasNext()) {
            KeptLora lora = oldest.next();
            going.add(lora);
            over -= lora.bytes();
        }
        if (over > 0 && !inAnyCase) {
            return false;
        }
        for (KeptLora lora : going) {
            kept.remove(lora.version());
            leaving.add(lora.version());
            changed = true;
            actions.add(new Action.Delete(lora.version()));
        }
        return true;
    }

    /** Whether files that have to go are still on the disk. */
    boolean isLeaving() {
        return !leaving.isEmpty();
    }

    /** A file is gone from the disk. */
    void gone(long version) {
        leaving.remove(version);
    }

    /** What is on disk. */
    long bytes() {
        return kept.values().stream().mapToLong(KeptLora::bytes).sum();
    }

    List<KeptLora> all() {
        return List.copyOf(kept.values());
    }

    /** What is kept is to be written down. */
    void change() {
        changed = true;
    }

    /** Whether what is kept is other than at the last call. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    /** Whether something has been used since the last call. */
    boolean takeTouched() {
        boolean was = touched;
        touched = false;
        return was;
    }
}
