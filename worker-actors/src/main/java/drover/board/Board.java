package drover.board;

import drover.board.BoardAction.Cancel;
import drover.board.BoardAction.Deliver;
import drover.board.BoardAction.Offer;
import drover.board.BoardAction.Write;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Position;
import drover.job.AttemptOutcome;
import drover.job.Fault;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.watchdog.ModelRules;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the board, without an actor: who gets which job, what follows when an attempt ends, what is too late.
 * Every method takes the present time and returns what is to be done. Not safe for use by several threads.
 *
 * <p>A slot gets the most urgent job that it can run; among equals one whose model it has in memory; among those the one
 * that has waited longest. A resident model wins over age by at most {@link #RESIDENT_LEAD}, so that no model starves.
 */
final class Board {
    /** How much older a job with a model that is not resident must be to go before one whose model is. */
    static final Duration RESIDENT_LEAD = Duration.ofSeconds(30);

    /** How long an offer may be on its way before it counts as lost. */
    static final Duration OFFER_LIMIT = Duration.ofSeconds(5);

    private final RetryRules rules;
    private final Duration claimWindow;
    private final ModelRecords models;
    private final Map<JobId, Entry> entries = new HashMap<>();
    private final Map<String, WaitingLine> waiting = new HashMap<>();
    private final Map<SlotId, Slot> slots = new LinkedHashMap<>();
    private final PriorityQueue<Wake> wakes = new PriorityQueue<>(Comparator.comparing(Wake::at));
    private int waitingCount;
    private int undelivered;

    Board(RetryRules rules, ModelRules modelRules) {
        this(rules, modelRules, Duration.ZERO);
    }

    /**
     * @param claimWindow how long an attempt that is found to be out may go unclaimed before it counts as lost
     */
    Board(RetryRules rules, ModelRules modelRules, Duration claimWindow) {
        this.rules = rules;
        this.claimWindow = claimWindow;
        this.models = new ModelRecords(modelRules);
    }

    /** Takes a job that is on disk: new, or found again after a restart. */
    List<BoardAction> take(Job job, Instant now) {
        if (job.state().isTerminal() || entries.containsKey(job.id())) {
            return List.of();
        }
        List<BoardAction> actions = new ArrayList<>();
        Entry entry = new Entry(job);
        entries.put(job.id(), entry);
        wakes.add(new Wake(job.deadline(), job.id(), Wake.Kind.DEADLINE));
        if (job.state() == JobState.PRODUCED) {
            undelivered++;
            actions.add(new Deliver(job));
        } else if (job.state().isOut() && claimWindow.isPositive()) {
            wakes.add(new Wake(now.plus(claimWindow), job.id(), Wake.Kind.UNCLAIMED));
        } else if (job.state().isOut()) {
            // Whoever ran it belonged to a control process that is gone, and its nodes went with it.
            AttemptId attempt = job.lastAttempt().orElseThrow();
            endAttempt(entry, attempt, AttemptOutcome.NODE_LOST, "the control process was restarted", now, actions);
        } else {
            enqueue(entry, rules.judge(job), now, actions);
        }
        match(now, actions);
        return actions;
    }

    /** The slot has nothing to do and asks. */
    List<BoardAction> idle(SlotId id, Set<String> models, Set<String> resident, Instant now) {
        Slot slot = slots.computeIfAbsent(id, Slot::new);
        slot.models = models;
        slot.resident = resident;
        List<BoardAction> actions = new ArrayList<>();
        if (slot.attempt != null
                && !slot.confirmed
                && !slot.offered.plus(OFFER_LIMIT).isAfter(now)) {
            return ended(
                    id,
                    slot.attempt,
                    AttemptOutcome.HANDED_BACK,
                    "drover:offer.lost",
                    "the offer did not reach node " + id.node(),
                    true,
                    now);
        }
        if (slot.attempt == null) {
            slot.asks = true;
            match(now, actions);
        }
        return actions;
    }

    /** The attempt is out with the slot, says its keeper. */
    List<BoardAction> stillOut(SlotId id, AttemptId attempt, Optional<Position> position, Instant now) {
        Entry entry = current(attempt);
        if (entry == null || !entry.job.state().isOut() || (entry.slot != null && !entry.slot.equals(id))) {
            return List.of(new Cancel(id, attempt, "another attempt has taken its place, or the job has ended"));
        }
        Slot slot = slots.computeIfAbsent(id, Slot::new);
        entry.slot = id;
        slot.attempt = attempt;
        slot.asks = false;
        slot.confirmed = true;
        return position.filter(p -> entry.position == null || p.isBeyond(entry.position))
                .map(p -> advanced(attempt, p, now))
                .orElseGet(List::of);
    }

    /** The slot's keeper is gone, and whatever was out with the slot. */
    List<BoardAction> lost(SlotId id, Instant now) {
        List<BoardAction> actions = new ArrayList<>();
        Slot slot = slots.get(id);
        if (slot != null && slot.attempt != null) {
            String reason = "the host of node " + id.node() + " is gone";
            actions.addAll(ended(id, slot.attempt, AttemptOutcome.NODE_LOST, "drover:node.lost", reason, true, now));
        }
        actions.addAll(gone(id, now));
        return actions;
    }

    /** The slot takes no more work. What is out with it ends by a report of its own. */
    List<BoardAction> gone(SlotId id, Instant now) {
        slots.remove(id);
        List<BoardAction> actions = new ArrayList<>();
        match(now, actions); // A job that waited for this slot rather than return to another may go to that one now.
        return actions;
    }

    /** The attempt has advanced. */
    List<BoardAction> advanced(AttemptId attempt, Position position, Instant now) {
        Entry entry = current(attempt);
        if (entry == null || !entry.job.state().isOut()) {
            return List.of();
        }
        entry.position = position;
        List<BoardAction> actions = new ArrayList<>();
        if (entry.job.state() == JobState.ASSIGNED) {
            write(entry, new JobEvent.Started(attempt, now), actions);
        }
        return actions;
    }

    /** The attempt's results are stored. Repeats and words of old attempts change nothing. */
    List<BoardAction> produced(SlotId slot, AttemptId attempt, List<AssetRef> assets, Instant now) {
        free(slot, attempt);
        Entry entry = current(attempt);
        if (entry == null || !entry.job.state().isOut()) {
            return List.of();
        }
        List<BoardAction> actions = new ArrayList<>();
        models.worked(entry.job.request().model());
        entry.slot = null;
        write(entry, new JobEvent.Produced(attempt, now, assets), actions);
        undelivered++;
        actions.add(new Deliver(entry.job));
        return actions;
    }

    /** The attempt ended without a result. Repeats and words of old attempts change nothing. */
    List<BoardAction> ended(
            SlotId slot,
            AttemptId attempt,
            AttemptOutcome outcome,
            String code,
            String reason,
            boolean retryable,
            Instant now) {
        free(slot, attempt);
        Entry entry = current(attempt);
        if (entry == null || !entry.job.state().isOut()) {
            return List.of();
        }
        List<BoardAction> actions = new ArrayList<>();
        if (outcome == AttemptOutcome.STALLED || outcome == AttemptOutcome.CRASHED) {
            String model = entry.job.request().model();
            models.struck(attempt, model, slot.node(), now)
                    .ifPresent(why -> actions.add(new BoardAction.Withdraw(model, why)));
        }
        if (retryable) {
            endAttempt(entry, attempt, outcome, reason, now, actions);
        } else {
            write(entry, new JobEvent.AttemptEnded(attempt, now, outcome, reason), actions);
            finish(entry, new JobEvent.Faulted(attempt.job(), now, new Fault(code, reason)), actions);
        }
        match(now, actions);
        return actions;
    }

    /** The job has come to its end in the ledger without the board: its results are with whoever ordered them. */
    void ended(JobId job) {
        Entry entry = entries.remove(job);
        if (entry != null && entry.job.state() == JobState.PRODUCED) {
            undelivered--;
        }
    }

    /** The results could not be found: the work has to be done again. */
    List<BoardAction> resultLost(JobId job, String reason, Instant now) {
        Entry entry = entries.get(job);
        List<BoardAction> actions = new ArrayList<>();
        if (entry != null && entry.job.state() == JobState.PRODUCED) {
            undelivered--;
            AttemptId attempt = entry.job.lastAttempt().orElseThrow();
            endAttempt(entry, attempt, AttemptOutcome.RESULT_LOST, reason, now, actions);
            match(now, actions);
        }
        return actions;
    }

    /** The caller withdraws the job; empty if it is not here or its results are already made. */
    Optional<List<BoardAction>> cancel(JobId job, Instant now) {
        Entry entry = entries.get(job);
        if (entry == null || entry.job.state() == JobState.PRODUCED) {
            return Optional.empty();
        }
        List<BoardAction> actions = new ArrayList<>();
        stop(entry, "cancelled by its caller", actions);
        finish(entry, new JobEvent.Cancelled(job, now), actions);
        return Optional.of(actions);
    }

    /** Does what has fallen due: expires what is too late, releases what has waited out its back-off. */
    List<BoardAction> wake(Instant now) {
        List<BoardAction> actions = new ArrayList<>();
        while (!wakes.isEmpty() && !wakes.peek().at().isAfter(now)) {
            Wake due = wakes.remove();
            Entry entry = entries.get(due.job());
            if (entry == null) {
                continue;
            }
            switch (due.kind()) {
                case DEADLINE -> expire(entry, now, actions);
                case UNCLAIMED -> {
                    if (entry.job.state().isOut() && entry.slot == null) {
                        endAttempt(
                                entry,
                                entry.job.lastAttempt().orElseThrow(),
                                AttemptOutcome.NODE_LOST,
                                "no keeper has claimed it since the board was taken over",
                                now,
                                actions);
                    }
                }
                case BACKOFF -> {
                    if (entry.job.state() == JobState.QUEUED && entry.delayed) {
                        entry.delayed = false;
                        line(entry).add(entry);
                    }
                }
            }
        }
        match(now, actions);
        return actions;
    }

    /** When {@link #wake} wants to be called next. */
    Optional<Instant> nextWake(Instant now) {
        while (!wakes.isEmpty() && !entries.containsKey(wakes.peek().job())) {
            wakes.remove();
        }
        Optional<Instant> release = models.nextRelease(now);
        Wake first = wakes.peek();
        return first == null || release.filter(at -> at.isBefore(first.at())).isPresent()
                ? release
                : Optional.of(first.at());
    }

    /** Where the job is out, if it is. */
    Optional<SlotId> slotOf(JobId job) {
        return Optional.ofNullable(entries.get(job)).map(e -> e.slot);
    }

    JobBoard.Snapshot snapshot() {
        List<JobBoard.Running> out = new ArrayList<>();
        List<SlotId> idle = new ArrayList<>();
        for (Slot slot : slots.values()) {
            if (slot.attempt == null && slot.asks) {
                idle.add(slot.id);
            }
        }
        for (Entry entry : entries.values()) {
            if (entry.slot != null) {
                out.add(new JobBoard.Running(
                        entry.job.lastAttempt().orElseThrow(),
                        entry.job.request().model(),
                        entry.slot,
                        Optional.ofNullable(entry.position)));
            }
        }
        return new JobBoard.Snapshot(waitingCount, out, undelivered, idle);
    }

    private void match(Instant now, List<BoardAction> actions) {
        if (waitingCount == 0) {
            return;
        }
        for (Slot slot : slots.values()) {
            if (slot.asks && slot.attempt == null) {
                Entry best = bestFor(slot, now);
                if (best != null) {
                    assign(best, slot, now, actions);
                }
            }
        }
    }

    private @Nullable Entry bestFor(Slot slot, Instant now) {
        Entry best = null;
        boolean bestResident = false;
        for (String model : slot.models) {
            WaitingLine line = models.isWithdrawn(model, now) ? null : waiting.get(model);
            Entry head = line == null ? null : line.first(entry -> mayRunOn(entry, slot));
            if (head == null) {
                continue;
            }
            boolean resident = slot.resident.contains(model);
            if (best == null || goesBefore(head, resident, best, bestResident)) {
                best = head;
                bestResident = resident;
            }
        }
        return best;
    }

    private static boolean goesBefore(Entry a, boolean aResident, Entry b, boolean bResident) {
        int urgency = a.job.priority().compareTo(b.job.priority());
        if (urgency != 0) {
            return urgency > 0;
        }
        Instant aSince = aResident ? a.job.accepted().minus(RESIDENT_LEAD) : a.job.accepted();
        Instant bSince = bResident ? b.job.accepted().minus(RESIDENT_LEAD) : b.job.accepted();
        return aSince.isBefore(bSince);
    }

    /** A job does not go back to a node that failed it while another node could take it. */
    private boolean mayRunOn(Entry entry, Slot slot) {
        if (!entry.avoid.contains(slot.id.node())) {
            return true;
        }
        String model = entry.job.request().model();
        return slots.values().stream()
                .noneMatch(other -> other.models.contains(model) && !entry.avoid.contains(other.id.node()));
    }

    private void assign(Entry entry, Slot slot, Instant now, List<BoardAction> actions) {
        line(entry).remove(entry);
        AttemptId attempt = entry.job.nextAttempt();
        entry.slot = slot.id;
        entry.position = null;
        slot.attempt = attempt;
        slot.asks = false;
        slot.confirmed = false;
        slot.offered = now;
        write(entry, new JobEvent.Assigned(attempt, now, slot.id.node()), actions);
        actions.add(new Offer(slot.id, attempt, entry.job.request(), entry.job.deadline()));
    }

    private void endAttempt(
            Entry entry,
            AttemptId attempt,
            AttemptOutcome outcome,
            String reason,
            Instant now,
            List<BoardAction> actions) {
        entry.slot = null;
        entry.position = null;
        write(entry, new JobEvent.AttemptEnded(attempt, now, outcome, reason), actions);
        enqueue(entry, rules.judge(entry.job), now, actions);
    }

    private void enqueue(Entry entry, RetryRules.Verdict verdict, Instant now, List<BoardAction> actions) {
        switch (verdict) {
            case RetryRules.Verdict.GiveUp(Fault fault) ->
                finish(entry, new JobEvent.Faulted(entry.job.id(), now, fault), actions);
            case RetryRules.Verdict.Retry(Duration delay, Set<String> avoid) -> {
                entry.avoid = avoid;
                if (delay.isPositive()) {
                    entry.delayed = true;
                    wakes.add(new Wake(now.plus(delay), entry.job.id(), Wake.Kind.BACKOFF));
                } else {
                    line(entry).add(entry);
                }
                waitingCount++;
                entry.counted = true;
            }
        }
    }

    private void expire(Entry entry, Instant now, List<BoardAction> actions) {
        if (entry.job.state() == JobState.PRODUCED) {
            return; // A finished result is never thrown away.
        }
        String where = entry.slot == null ? "while it waited for a slot" : "while it ran on " + entry.slot.node();
        stop(entry, "its deadline has passed", actions);
        finish(
                entry,
                new JobEvent.Expired(entry.job.id(), now, "Its deadline " + entry.job.deadline() + " passed " + where),
                actions);
    }

    private void stop(Entry entry, String reason, List<BoardAction> actions) {
        if (entry.slot != null) {
            actions.add(new Cancel(entry.slot, entry.job.lastAttempt().orElseThrow(), reason));
        } else {
            line(entry).remove(entry);
        }
    }

    private void finish(Entry entry, JobEvent last, List<BoardAction> actions) {
        write(entry, last, actions);
        entries.remove(entry.job.id());
    }

    private void write(Entry entry, JobEvent event, List<BoardAction> actions) {
        entry.job = entry.job.apply(event);
        if (entry.counted && entry.job.state() != JobState.QUEUED) {
            entry.counted = false;
            waitingCount--;
        }
        actions.add(new Write(event));
    }

    private void free(SlotId id, AttemptId attempt) {
        Slot slot = slots.get(id);
        if (slot != null && attempt.equals(slot.attempt)) {
            slot.attempt = null;
        }
    }

    private @Nullable Entry current(AttemptId attempt) {
        Entry entry = entries.get(attempt.job());
        return entry != null && entry.job.lastAttempt().filter(attempt::equals).isPresent() ? entry : null;
    }

    private WaitingLine line(Entry entry) {
        return waiting.computeIfAbsent(entry.job.request().model(), m -> new WaitingLine());
    }

    private record Wake(Instant at, JobId job, Kind kind) {
        private enum Kind {
            DEADLINE,
            BACKOFF,
            UNCLAIMED
        }
    }

    private static final class Slot {
        final SlotId id;
        Set<String> models = new HashSet<>();
        Set<String> resident = new HashSet<>();
        boolean asks;
        /** Whether the keeper has said that it has the attempt. */
        boolean confirmed;

        Instant offered = Instant.EPOCH;

        @Nullable AttemptId attempt;

        Slot(SlotId id) {
            this.id = id;
        }
    }

    /** A job on the board. */
    static final class Entry {
        Job job;
        Set<String> avoid = Set.of();
        boolean delayed;
        boolean counted;

        @Nullable SlotId slot;

        @Nullable Position position;

        Entry(Job job) {
            this.job = job;
        }
    }
}
