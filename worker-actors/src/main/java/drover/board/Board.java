package drover.board;

import drover.board.BoardAction.Cancel;
import drover.board.BoardAction.Deliver;
import drover.board.BoardAction.Offer;
import drover.board.Slots.Slot;
import drover.board.Wakes.Wake;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Position;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.job.Fault;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.watchdog.LearnedTimeouts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The rules of the board, without an actor: who gets which job, what follows when an attempt ends, what is too late.
 * Every method takes the present time and returns what is to be done. Not safe for use by several threads.
 *
 * <p>What it decides by is kept in collaborators: {@link Matching} says who gets what, {@link FairQueue} in which order,
 * {@link RetryRules} what follows a failure, {@link NodeRecords} and {@link ModelRecords} who is trusted, {@link Pace} and
 * {@link Projection} what comes too late, {@link LearnedTimeouts} what the watchdogs allow. {@link OpenJobs} holds the
 * jobs, {@link Endings} says how they and their attempts end, {@link Wakes} when to look again.
 */
final class Board {
    /** How long an offer may be on its way before it counts as lost. */
    static final Duration OFFER_LIMIT = Duration.ofSeconds(5);

    private final RetryRules rules;
    private final OpenJobs jobs = new OpenJobs();
    private final Wakes wakes = new Wakes(jobs::contains);
    private final Duration claimWindow;
    private final ModelRecords models;
    private final NodeRecords nodes;
    private final Pace pace;
    private final LearnedTimeouts learned;
    private final FairQueue queue;
    private final Slots slots = new Slots();
    private final Matching matching;
    private final Endings endings;

    Board(BoardSettings settings) {
        this.rules = settings.retries();
        this.claimWindow = settings.claimWindow();
        this.models = new ModelRecords(settings.models());
        this.nodes = new NodeRecords(settings.nodes());
        this.pace = new Pace(settings.speedHalfLife());
        this.learned = new LearnedTimeouts(settings.learning());
        this.queue = new FairQueue(settings.weights());
        this.matching = new Matching(slots, queue, nodes, models, pace, settings.residentLead());
        this.endings = new Endings(jobs, wakes, queue, slots, matching, rules, models, pace);
    }

    /** Takes a job that is on disk: new, or found again after a restart. */
    List<BoardAction> take(Job job, Instant now) {
        if (job.state().isTerminal() || jobs.contains(job.id())) {
            return List.of();
        }
        List<BoardAction> actions = new ArrayList<>();
        Entry entry = jobs.add(job);
        wakes.add(new Wake(job.deadline(), job.id(), false));
        if (job.state() == JobState.PRODUCED) {
            actions.add(new Deliver(job));
        } else if (job.state().isOut() && claimWindow.isPositive()) {
            wakes.add(new Wake(now.plus(claimWindow), job.id(), true));
        } else if (job.state().isOut()) {
            // Whoever ran it belonged to a control process that is gone, and its nodes went with it.
            AttemptId attempt = job.lastAttempt().orElseThrow();
            endings.attempt(
                    entry,
                    attempt,
                    AttemptOutcome.NODE_LOST,
                    "the control process was restarted",
                    AttemptTimings.NONE,
                    now,
                    actions);
        } else {
            endings.enqueue(entry, now, actions);
        }
        endings.expireIfHopeless(entry, now, actions);
        match(now, actions);
        return actions;
    }

    /** The slot has nothing to do and asks. */
    List<BoardAction> idle(SlotId id, Set<String> models, Set<String> resident, boolean checks, Instant now) {
        Slot slot = slots.of(id);
        slot.models = models;
        slot.resident = resident;
        slot.checks = checks;
        nodes.seen(id.node());
        List<BoardAction> actions = new ArrayList<>();
        if (slot.attempt != null
                && slot.sent
                && !slot.confirmed
                && !slot.offered.plus(OFFER_LIMIT).isAfter(now)) {
            return ended(
                    id,
                    slot.attempt,
                    AttemptOutcome.HANDED_BACK,
                    "drover:offer.lost",
                    "the offer did not reach node " + id.node(),
                    true,
                    AttemptTimings.NONE,
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
        Entry entry = jobs.current(attempt);
        if (entry == null || !entry.job.state().isOut() || (entry.slot != null && !entry.slot.equals(id))) {
            return List.of(new Cancel(id, attempt, "another attempt has taken its place, or the job has ended"));
        }
        List<BoardAction> actions = new ArrayList<>();
        Slot slot = slots.of(id);
        if (!attempt.equals(slot.attempt)) {
            actions.addAll(takeBack(slot, now)); // The last board's offer came late, and the slot had asked this one.
        }
        entry.slot = id;
        slot.attempt = attempt;
        slot.asks = false;
        slot.sent = true;
        slot.confirmed = true;
        position.filter(p -> entry.position == null || p.isBeyond(entry.position))
                .ifPresent(p -> actions.addAll(advanced(attempt, p, now)));
        return actions;
    }

    /** The slot's keeper is gone, and whatever was out with the slot. */
    List<BoardAction> lost(SlotId id, Instant now) {
        List<BoardAction> actions = new ArrayList<>();
        AttemptId attempt = slots.of(id).attempt;
        if (attempt != null) {
            String reason = "the host of node " + id.node() + " is gone";
            actions.addAll(ended(
                    id, attempt, AttemptOutcome.NODE_LOST, "drover:node.lost", reason, true, AttemptTimings.NONE, now));
        }
        actions.addAll(gone(id, now));
        return actions;
    }

    /** The slot takes no more work. What is out with it ends by a report of its own, or by nobody claiming it. */
    List<BoardAction> gone(SlotId id, Instant now) {
        List<BoardAction> actions = new ArrayList<>();
        Slot slot = slots.find(id);
        slots.remove(id);
        if (slot != null) {
            actions.addAll(takeBack(slot, now));
            Entry entry = slot.attempt == null ? null : jobs.current(slot.attempt);
            if (entry != null && id.equals(entry.slot) && !slot.confirmed && claimWindow.isPositive()) {
                // The offer may have been lost between the hosts, and then nobody has anything to report.
                entry.slot = null;
                wakes.add(new Wake(now.plus(claimWindow), entry.job.id(), true));
            }
        }
        match(now, actions); // A job that waited for this slot rather than return to another may go to that one now.
        return actions;
    }

    /** The assignment is on disk; where offers wait for that, this one goes out now, if it still stands. */
    List<BoardAction> assigned(AttemptId attempt, Instant now) {
        Entry entry = jobs.current(attempt);
        Slot slot = entry == null || entry.slot == null ? null : slots.find(entry.slot);
        if (entry == null || slot == null || slot.sent || !attempt.equals(slot.attempt)) {
            return List.of();
        }
        slot.sent = true;
        slot.offered = now;
        return List.of(offer(entry, slot, attempt));
    }

    /** If the slot has been given something that was not handed out yet, that waits again. */
    private List<BoardAction> takeBack(Slot slot, Instant now) {
        AttemptId attempt = slot.attempt;
        if (attempt == null || slot.sent) {
            return List.of();
        }
        return ended(
                slot.id,
                attempt,
                AttemptOutcome.HANDED_BACK,
                "drover:offer.withheld",
                "the slot was taken before the offer was on disk",
                true,
                AttemptTimings.NONE,
                now);
    }

    /** The attempt has advanced. */
    List<BoardAction> advanced(AttemptId attempt, Position position, Instant now) {
        Entry entry = jobs.current(attempt);
        if (entry == null || !entry.job.state().isOut()) {
            return List.of();
        }
        entry.position = position;
        List<BoardAction> actions = new ArrayList<>();
        if (entry.job.state() == JobState.ASSIGNED) {
            endings.write(entry, new JobEvent.Started(attempt, now), actions);
        }
        Optional<Instant> end = entry.projection.advanced(position, now, entry.job.deadline());
        if (end.isPresent() && entry.slot != null) {
            if (endings.tooSlow(entry, entry.slot, attempt, end.get(), now, actions)) {
                match(now, actions);
            }
        }
        return actions;
    }

    /** The attempt's results are stored. Repeats and words of old attempts change nothing. */
    List<BoardAction> produced(
            SlotId slot, AttemptId attempt, List<AssetRef> assets, AttemptTimings timings, Instant now) {
        slots.free(slot, attempt);
        Entry entry = jobs.current(attempt);
        if (entry == null || !entry.job.state().isOut()) {
            return List.of();
        }
        List<BoardAction> actions = new ArrayList<>();
        models.worked(entry.model());
        nodes.worked(slot.node(), now);
        pace.worked(slot.node(), entry.kind, entry.work, timings, entry.cold, now);
        learned.observe(slot.node(), entry.kind, timings);
        entry.slot = null;
        endings.write(entry, new JobEvent.Produced(attempt, now, assets, timings), actions);
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
            AttemptTimings timings,
            Instant now) {
        slots.free(slot, attempt);
        Entry entry = jobs.current(attempt);
        if (entry == null || !entry.job.state().isOut()) {
            return List.of();
        }
        List<BoardAction> actions = new ArrayList<>();
        if (outcome.takesNodeDown()) {
            models.struck(attempt, entry.model(), slot.node(), now)
                    .ifPresent(why -> actions.add(new BoardAction.Withdraw(entry.model(), why)));
        }
        // What would have failed anywhere says nothing about the node.
        if (outcome.isBlamed() && retryable) {
            nodes.failed(slot.node(), reason, now)
                    .ifPresent(until -> actions.add(new BoardAction.Suspend(slot.node(), until, reason)));
        }
        if (retryable) {
            endings.attempt(entry, attempt, outcome, reason, timings, now, actions);
        } else {
            endings.attemptAndJob(entry, attempt, outcome, new Fault(code, reason), timings, now, actions);
        }
        match(now, actions);
        return actions;
    }

    /** The job has come to its end in the ledger without the board: its results are with whoever ordered them. */
    void ended(JobId job) {
        jobs.remove(job);
    }

    /** The results could not be found: the work has to be done again. */
    List<BoardAction> resultLost(JobId job, String reason, Instant now) {
        Entry entry = jobs.find(job);
        List<BoardAction> actions = new ArrayList<>();
        if (entry != null && entry.job.state() == JobState.PRODUCED) {
            AttemptId attempt = entry.job.lastAttempt().orElseThrow();
            AttemptTimings timings = entry.job.attempts().getLast().timings();
            endings.attempt(entry, attempt, AttemptOutcome.RESULT_LOST, reason, timings, now, actions);
            match(now, actions);
        }
        return actions;
    }

    /** The caller withdraws the job; empty if it is not here or its results are already made. */
    Optional<List<BoardAction>> cancel(JobId job, Instant now) {
        Entry entry = jobs.find(job);
        if (entry == null || entry.job.state() == JobState.PRODUCED) {
            return Optional.empty();
        }
        List<BoardAction> actions = new ArrayList<>();
        endings.cancel(entry, now, actions);
        return Optional.of(actions);
    }

    /** Where a job is being worked at. */
    record Running(SlotId slot, AttemptId attempt) {}

    /** Where a job is being worked at; empty if it is not. */
    Optional<Running> running(JobId job) {
        Entry entry = jobs.find(job);
        if (entry == null || entry.slot == null) {
            return Optional.empty();
        }
        return Optional.of(new Running(entry.slot, entry.job.lastAttempt().orElseThrow()));
    }

    /** What comes of putting a job back. */
    record Requeue(JobBoard.RequeueReply reply, List<BoardAction> actions) {}

    /**
     * An operator wants the job taken from the slot that runs it. Its attempt is only told to stop: the job waits again
     * when the slot says that it has stopped, without blame and with its age, so that no two attempts live at once and a
     * result that is finished meanwhile counts.
     */
    Requeue requeue(JobId job, Instant now) {
        Entry entry = jobs.find(job);
        if (entry == null) {
            return new Requeue(new JobBoard.RequeueReply.NotHere(), List.of());
        }
        if (entry.job.state() == JobState.PRODUCED) {
            return new Requeue(
                    new JobBoard.RequeueReply.Refused("its results are made and only wait for delivery"), List.of());
        }
        Slot at = entry.slot == null ? null : slots.find(entry.slot);
        if (entry.slot == null || (at != null && !at.sent)) {
            return new Requeue(new JobBoard.RequeueReply.Waiting(), List.of());
        }
        AttemptId attempt = entry.job.lastAttempt().orElseThrow();
        String reason = "put back by an operator";
        Job after = entry.job.apply(new JobEvent.AttemptEnded(attempt, now, AttemptOutcome.HANDED_BACK, reason));
        if (rules.judge(after) instanceof RetryRules.Verdict.GiveUp(Fault fault)) {
            return new Requeue(
                    new JobBoard.RequeueReply.Refused(
                            "without its running attempt it would be given up. " + fault.detail()),
                    List.of());
        }
        return new Requeue(
                new JobBoard.RequeueReply.UnderWay(attempt, entry.slot),
                List.of(new Cancel(entry.slot, attempt, reason)));
    }

    /** An operator takes the model out of matching, until an operator releases it. What runs goes on. */
    void withdrawModel(String model, String reason, Instant now) {
        models.withdraw(model, reason, now);
    }

    /** An operator lets the model back, whatever took it out; empty if it was not out. */
    Optional<List<BoardAction>> releaseModel(String model, Instant now) {
        if (!models.release(model, now)) {
            return Optional.empty();
        }
        List<BoardAction> actions = new ArrayList<>();
        match(now, actions);
        return Optional.of(actions);
    }

    /** The models that are not offered now. */
    List<WithdrawnModel> withdrawn(Instant now) {
        return models.withdrawn(now);
    }

    /** An operator trusts the node again. */
    List<BoardAction> releaseNode(String node, Instant now) {
        nodes.release(node);
        List<BoardAction> actions = new ArrayList<>();
        match(now, actions);
        return actions;
    }

    /** Does what has fallen due: expires what is too late, gives out what had to wait until now. */
    List<BoardAction> wake(Instant now) {
        List<BoardAction> actions = new ArrayList<>();
        for (Optional<Wake> due = wakes.takeDue(now); due.isPresent(); due = wakes.takeDue(now)) {
            Entry entry = Objects.requireNonNull(jobs.find(due.get().job()));
            if (!entry.job.deadline().isAfter(now)) {
                endings.expire(entry, now, actions);
            } else if (due.get().isClaimOver() && entry.job.state().isOut() && entry.slot == null) {
                endings.attempt(
                        entry,
                        entry.job.lastAttempt().orElseThrow(),
                        AttemptOutcome.NODE_LOST,
                        "no keeper says that it has it",
                        AttemptTimings.NONE,
                        now,
                        actions);
            }
        }
        match(now, actions);
        return actions;
    }

    /** When {@link #wake} wants to be called next. */
    Optional<Instant> nextWake(Instant now) {
        // Asked after every message, so nothing is made that is not needed.
        Instant next = wakes.next();
        next = earlier(next, models.nextRelease(now));
        next = earlier(next, nodes.nextRelease(now));
        return next.equals(Instant.MAX) ? Optional.empty() : Optional.of(next);
    }

    private static Instant earlier(Instant a, Optional<Instant> b) {
        return b.isPresent() && b.get().isBefore(a) ? b.get() : a;
    }

    /** Where the job is out, if it is. */
    Optional<SlotId> slotOf(JobId job) {
        return Optional.ofNullable(jobs.find(job)).map(e -> e.slot);
    }

    JobBoard.Snapshot snapshot(Instant now) {
        List<JobBoard.Running> out = new ArrayList<>();
        for (Entry entry : jobs.all()) {
            if (entry.slot != null) {
                out.add(new JobBoard.Running(
                        entry.job.lastAttempt().orElseThrow(),
                        entry.model(),
                        entry.slot,
                        Optional.ofNullable(entry.position)));
            }
        }
        return new JobBoard.Snapshot(
                jobs.waiting(),
                out,
                jobs.undelivered(),
                slots.free().stream().map(slot -> slot.id).toList(),
                jobs.pending().total(),
                jobs.pending().models(),
                jobs.pending().tenants(),
                nodes.standings(pace, now),
                models.withdrawn(now),
                learned.rows());
    }

    Supply supply(Instant now) {
        List<NodeStanding> standings = nodes.standings(pace, now);
        Set<String> suspended = standings.stream()
                .filter(it -> it.trust() == NodeStanding.Trust.SUSPENDED)
                .map(NodeStanding::node)
                .collect(Collectors.toSet());
        Set<String> withdrawn =
                models.withdrawn(now).stream().map(WithdrawnModel::model).collect(Collectors.toSet());
        Map<String, Double> slowest = new HashMap<>();
        standings.forEach(it -> it.speeds().forEach((model, speed) -> slowest.merge(model, speed, Math::min)));
        List<Supply.Slot> able = new ArrayList<>();
        for (Slot slot : slots.all()) {
            if (!suspended.contains(slot.node()) && (slot.asks || slot.attempt != null)) {
                Set<String> offered = new HashSet<>(slot.models);
                offered.removeAll(withdrawn);
                able.add(new Supply.Slot(slot.id, offered, slot.resident, slot.isFree(), slot.checks));
            }
        }
        return new Supply(able, slowest);
    }

    private void match(Instant now, List<BoardAction> actions) {
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
        if (!claimWindow.isPositive()) {
            actions.addAll(assigned(attempt, now));
        }
    }

    private Offer offer(Entry entry, Slot slot, AttemptId attempt) {
        return new Offer(
                slot.id, attempt, entry.job.request(), entry.job.deadline(), learned.limits(slot.node(), entry.kind));
    }
}
