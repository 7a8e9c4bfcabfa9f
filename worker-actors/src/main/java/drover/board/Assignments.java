package drover.board;

import drover.board.BoardAction.Offer;
import drover.board.Slots.Slot;
import drover.inference.AttemptId;
import drover.job.JobEvent;
import drover.watchdog.LearnedTimeouts;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Gives waiting jobs to slots, as {@link Matching} chooses them. An assignment is written first. Its offer goes out at
 * once, or when it is on disk if another board may take over: that one then knows of everything that is out. Not safe for
 * use by several threads.
 */
final class Assignments {
    private final OpenJobs jobs;
    private final Slots slots;
    private final FairQueue queue;
    private final Matching matching;
    private final Endings endings;
    private final LearnedTimeouts learned;
    private final boolean offersWait;

    /**
     * None yet.
     *
     * @param offersWait whether an offer waits until its assignment is on disk
     */
    Assignments(
            OpenJobs jobs,
            Slots slots,
            FairQueue queue,
            Matching matching,
            Endings endings,
            LearnedTimeouts learned,
            boolean offersWait) {
        this.jobs = jobs;
        this.slots = slots;
        this.queue = queue;
        this.matching = matching;
        this.endings = endings;
        this.learned = learned;
        this.offersWait = offersWait;
    }

    /** Gives out what can be given out now; what turns out to be too late everywhere is expired. */
    void match(Instant now, List<BoardAction> actions) {
        while (jobs.waiting() > 0) {
            Optional<Matching.Choice> choice = matching.next(now);
            matching.takeDoubtful().forEach(entry -> endings.expireIfHopeless(entry, now, actions));
            if (choice.isEmpty()) {
                return;
            }
            assign(choice.get().entry(), choice.get().slot(), now, actions);
        }
    }

    private void assign(Entry entry, Slot slot, Instant now, List<BoardAction> actions) {
        queue.give(entry);
        AttemptId attempt = entry.job.nextAttempt();
        entry.slot = slot.id;
        entry.position = null;
        entry.passedOver = 0;
        entry.cold = !slot.resident.contains(entry.model());
        entry.projection = new Projection();
        slot.attempt = attempt;
        slot.asks = false;
        slot.confirmed = false;
        slot.sent = false;
        endings.write(entry, new JobEvent.Assigned(attempt, now, slot.node()), actions);
        if (!offersWait) {
            actions.addAll(onDisk(attempt, now));
        }
    }

    /** The assignment is on disk; where offers wait for that, this one goes out now, if it still stands. */
    List<BoardAction> onDisk(AttemptId attempt, Instant now) {
        Entry entry = jobs.current(attempt);
        Slot slot = entry == null || entry.slot == null ? null : slots.find(entry.slot);
        if (entry == null || slot == null || slot.sent || !attempt.equals(slot.attempt)) {
            return List.of();
        }
        slot.sent = true;
        slot.offered = now;
        return List.of(offer(entry, slot, attempt));
    }

    private Offer offer(Entry entry, Slot slot, AttemptId attempt) {
        return new Offer(
                slot.id, attempt, entry.job.request(), entry.job.deadline(), learned.limits(slot.node(), entry.kind));
    }
}
