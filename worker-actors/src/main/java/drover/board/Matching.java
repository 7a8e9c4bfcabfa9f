package drover.board;

import drover.board.NodeStanding.Trust;
import drover.board.Slots.Slot;
import drover.job.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who gets what next.
 *
 * <p><b>Which job.</b> A slot can have a job whose model it knows and that is not withdrawn, and whose pictures it can
 * look at if the job insists on that, if its node is not suspended, did not fail the job before (unless no other can take
 * it and the back-off is over), and is not already known to be too slow for the job's deadline. Of these the highest
 * priority counts first. Within it {@link FairQueue} says which is next; a job whose model is in the slot's memory may go
 * before that one, but not if it came later by more than the lead, and before another <em>tenant's</em> job at most
 * {@code 2 × nodes − 1} times. So no model starves, and a tenant's only job begins within the next {@code 2 × nodes}
 * assignments of slots that can run it, however much others have queued.
 *
 * <p><b>Which slot.</b> If several are free the job goes to the one that has its model in memory; among these to the most
 * reliable node, to a tenth, so that chance does not outweigh a node twice as fast; then to the one that has been fastest
 * with this model, where a node of which nothing is known is tried first; then to the one that has been there longest.
 *
 * <p>Deterministic; knows no clock.
 */
final class Matching {
    private final Slots slots;
    private final FairQueue queue;
    private final NodeRecords nodes;
    private final ModelRecords models;
    private final Pace pace;
    private final Duration residentLead;
    private final Set<Entry> doubtful = new LinkedHashSet<>();

    Matching(Slots slots, FairQueue queue, NodeRecords nodes, ModelRecords models, Pace pace, Duration residentLead) {
        this.slots = slots;
        this.queue = queue;
        this.nodes = nodes;
        this.models = models;
        this.pace = pace;
        this.residentLead = residentLead;
    }

    /** A job for a slot. */
    record Choice(Entry entry, Slot slot) {}

    /**
     * @param passed what would have been next in fairness, if a job of another tenant with a resident model goes before
     */
    private record Candidate(Entry entry, @Nullable Entry passed) {}

    /** The next assignment; empty if no free slot can have any job. */
    Optional<Choice> next(Instant now) {
        List<Slot> free = slots.free();
        free.removeIf(slot -> !takesWork(slot, now));
        Candidate best = null;
        for (Slot slot : free) {
            Candidate candidate = candidate(slot, now);
            if (candidate != null && (best == null || goesBefore(candidate.entry(), best.entry()))) {
                best = candidate;
            }
        }
        if (best == null) {
            return Optional.empty();
        }
        Entry entry = best.entry();
        if (best.passed() != null) {
            best.passed().passedOver++;
        }
        if (free.size() == 1) {
            return Optional.of(new Choice(entry, free.getFirst()));
        }
        return free.stream()
                .filter(slot -> slot.canRun(entry) && mayRunOn(entry, slot, now))
                .min(bestFor(entry.model(), now))
                .map(slot -> new Choice(entry, slot));
    }

    /** The jobs that some slot did not get since the last call because it seemed too slow for their deadlines. */
    List<Entry> takeDoubtful() {
        List<Entry> all = new ArrayList<>(doubtful);
        doubtful.clear();
        return all;
    }

    /**
     * Whether the job comes too late on every node that could run it; then how long it would take on the best of them.
     * Empty also if too little is known of one of them.
     */
    Optional<Duration> tooLateEverywhere(Entry entry, Instant now) {
        Duration best = null;
        for (Slot slot : slots.all()) {
            if (slot.canRun(entry)) {
                Optional<Duration> takes = estimate(entry, slot);
                if (takes.isEmpty() || !Pace.isTooLate(now, takes.get(), entry.job.deadline())) {
                    return Optional.empty();
                }
                best = best == null || takes.get().compareTo(best) < 0 ? takes.get() : best;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Whether a free slot of another node may still make it, or a busy one if it were free now. */
    boolean otherCanMakeIt(Entry entry, String besides, boolean freeOnly, Instant now) {
        Predicate<Slot> fits = slot -> !slot.node().equals(besides)
                && !entry.avoid.contains(slot.node())
                && slot.canRun(entry)
                && nodes.trust(slot.node(), now) != Trust.SUSPENDED
                && !isTooSlow(entry, slot, now);
        return !models.isWithdrawn(entry.model(), now)
                && slots.all().stream().anyMatch(slot -> (!freeOnly || isReady(slot, now)) && fits.test(slot));
    }

    private boolean isReady(Slot slot, Instant now) {
        return slot.isFree() && takesWork(slot, now);
    }

    private boolean takesWork(Slot slot, Instant now) {
        return switch (nodes.trust(slot.node(), now)) {
            case OPEN -> true;
            case SUSPENDED -> false;
            case PROBATION -> !slots.isWorking(slot.node());
        };
    }

    private @Nullable Candidate candidate(Slot slot, Instant now) {
        Priority[] priorities = Priority.values();
        for (int p = priorities.length - 1; p >= 0; p--) {
            Entry fair = null;
            Entry resident = null;
            for (String model : queue.models(priorities[p])) {
                if (!slot.models.contains(model) || models.isWithdrawn(model, now)) {
                    continue;
                }
                Entry head =
                        queue.first(priorities[p], model, entry -> slot.canRun(entry) && mayRunOn(entry, slot, now));
                if (head == null) {
                    continue;
                }
                fair = fair == null || queue.isBefore(head, fair) ? head : fair;
                if (slot.resident.contains(model)) {
                    resident = resident == null || queue.isBefore(head, resident) ? head : resident;
                }
            }
            if (fair != null) {
                return candidate(fair, resident);
            }
        }
        return null;
    }

    private Candidate candidate(Entry fair, @Nullable Entry resident) {
        if (resident == null || resident == fair) {
            return new Candidate(fair, null);
        }
        boolean leads = resident.job.accepted().minus(residentLead).isBefore(fair.job.accepted());
        if (fair.tenant().equals(resident.tenant())) {
            return new Candidate(leads ? resident : fair, null);
        }
        boolean patient = fair.passedOver < 2 * slots.nodes() - 1;
        return leads && patient ? new Candidate(resident, fair) : new Candidate(fair, null);
    }

    private boolean goesBefore(Entry a, Entry b) {
        int urgency = a.job.priority().compareTo(b.job.priority());
        return urgency != 0 ? urgency > 0 : queue.isBefore(a, b);
    }

    private Comparator<Slot> bestFor(String model, Instant now) {
        return Comparator.<Slot>comparingInt(slot -> slot.resident.contains(model) ? 0 : 1)
                .thenComparing(Comparator.<Slot>comparingLong(slot -> tenths(slot, now))
                        .reversed())
                .thenComparing(Comparator.<Slot>comparingDouble(
                                slot -> pace.speed(slot.node(), model).orElse(Double.MAX_VALUE))
                        .reversed());
    }

    private long tenths(Slot slot, Instant now) {
        return Math.round(nodes.reliability(slot.node(), now) * 10);
    }

    private boolean mayRunOn(Entry entry, Slot slot, Instant now) {
        if (entry.avoid.contains(slot.node()) && (now.isBefore(entry.backAt) || anotherCanTake(entry, now))) {
            return false;
        }
        if (isTooSlow(entry, slot, now)) {
            doubtful.add(entry);
            return false;
        }
        return true;
    }

    private boolean anotherCanTake(Entry entry, Instant now) {
        return slots.all().stream()
                .anyMatch(other -> other.canRun(entry)
                        && !entry.avoid.contains(other.node())
                        && nodes.trust(other.node(), now) != Trust.SUSPENDED);
    }

    private boolean isTooSlow(Entry entry, Slot slot, Instant now) {
        return estimate(entry, slot)
                .filter(takes -> Pace.isTooLate(now, takes, entry.job.deadline()))
                .isPresent();
    }

    private Optional<Duration> estimate(Entry entry, Slot slot) {
        return pace.estimate(slot.node(), entry.kind, entry.work, slot.resident.contains(entry.model()));
    }
}
