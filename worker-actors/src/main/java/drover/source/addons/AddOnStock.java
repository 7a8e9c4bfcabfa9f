package drover.source.addons;

import drover.source.addons.AddOnShelf.Action;
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
final class AddOnStock {
    private final Map<Long, KeptAddOn> kept = new HashMap<>();
    private final Set<Long> leaving = new HashSet<>();
    private final AddOnLeases leases;
    private boolean changed;
    private boolean touched;

    /** @param leases what jobs in hand have been given */
    AddOnStock(AddOnLeases leases) {
        this.leases = leases;
    }

    /** What was found on disk. */
    void found(Collection<KeptAddOn> addOns) {
        addOns.forEach(addOn -> kept.put(addOn.version(), addOn));
    }

    void add(KeptAddOn addOn) {
        kept.put(addOn.version(), addOn);
        changed = true;
    }

    Optional<KeptAddOn> find(long version) {
        return Optional.ofNullable(kept.get(version));
    }

    /** The newest of those that may be meant. */
    Optional<KeptAddOn> answeringTo(AddOnName name) {
        return kept.values().stream()
                .filter(addOn -> addOn.answersTo(name))
                .max(Comparator.comparingLong(KeptAddOn::version));
    }

    /** Gives it to a job, until then at the latest. */
    AddOnStore.Lease give(KeptAddOn addOn, Instant now, Instant until) {
        kept.put(addOn.version(), addOn.usedAt(now));
        touched = true;
        return leases.give(addOn.version(), until);
    }

    /** Takes a file back; whether it was with a job. */
    boolean takeBack(AddOnStore.Lease lease) {
        return leases.end(lease).isPresent();
    }

    /** The file that was given out is not there. */
    void lost(AddOnStore.Lease lease) {
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
        List<KeptAddOn> going = new ArrayList<>();
        Set<Long> inUse = leases.inUse();
        Iterator<KeptAddOn> oldest = kept.values().stream()
                .filter(addOn -> !inUse.contains(addOn.version()))
                .sorted(Comparator.comparing(KeptAddOn::used).thenComparingLong(KeptAddOn::version))
                .iterator();
        while (over > 0 && oldest.hasNext()) {
            KeptAddOn addOn = oldest.next();
            going.add(addOn);
            over -= addOn.bytes();
        }
        if (over > 0 && !inAnyCase) {
            return false;
        }
        for (KeptAddOn addOn : going) {
            kept.remove(addOn.version());
            leaving.add(addOn.version());
            changed = true;
            actions.add(new Action.Delete(addOn.version()));
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
        return kept.values().stream().mapToLong(KeptAddOn::bytes).sum();
    }

    List<KeptAddOn> all() {
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
