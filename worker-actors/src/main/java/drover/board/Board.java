package drover.board;

import drover.board.BoardAction.Cancel;
import drover.board.BoardAction.Deliver;
import drover.board.Slots.Slot;
import drover.board.Wakes.Wake;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Position;
import drover.job.AttemptEnd;
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
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The rules of the board, without an actor: who gets which job, what follows when an attempt ends, what is too late.
 * Every method takes the present time and returns what is to be done. Not safe for use by several threads.
 *
 * <p>Here is what comes from outside: jobs, slots that come and go, operators, and the time. {@link Assignments} gives
 * jobs to slots, {@link AttemptReports} books what slots say of their attempts, {@link Endings} says how attempts and jobs
 * end, {@link BoardView} what others see. They share the books: {@link OpenJobs}, {@link Slots}, {@link Wakes}.
 *
 * <p>What they decide by: {@link Matching} says who gets what, {@link FairQueue} in which order, {@link RetryRules} what
 * follows a failure, {@link NodeRecords} and {@link ModelRecords} who is trusted, {@link Pace} and {@link Projection} what
 * comes too late, {@link LearnedTimeouts} what the watchdogs allow.
 */
final class Board {
    /** How long an offer may be on its way before it counts as lost. */
    static final Duration OFFER_LIMIT = Duration.ofSeconds(5);

    private final RetryRules rules;
    private final Duration claimWindow;
    private final OpenJobs jobs = new OpenJobs();
    private final Slots slots = new Slots();
    private final Wakes wakes = new Wakes(jobs::contains);
    private final ModelRecords models;
    private final NodeRecords nodes;
    private final Endings endings;
    private final Assignments assignments;
    private final AttemptReports reports;
    private final BoardView view;

    Board(BoardSettings settings) {
        this.rules = settings.retries();
        this.claimWindow = settings.claimWindow();
        this.models = new ModelRecords(settings.models());
        this.nodes = new NodeRecords(settings.nodes());
        Pace pace = new Pace(settings.speedHalfLife());
        LearnedTimeouts learned = new LearnedTimeouts(settings.learning());
        FairQueue queue = new FairQueue(settings.weights());
        Matching matching = new Matching(slots, queue, nodes, models, pace, settings.residentLead());
        this.endings = new Endings(jobs, wakes, queue, slots, matching, rules, models, pace);
        this.assignments = new Assignments(jobs, slots, queue, matching, endings, learned, claimWindow.isPositive());
        this.reports = new AttemptReports(jobs, slots, nodes, models, pace, learned, endings, assignments);
        this.view = new BoardView(jobs, slots, nodes, models, pace, learned);
    }

    // ---- jobs

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
        assignments.match(now, actions);
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
            assignments.match(now, actions);
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

    // ---- slots

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
            return reports.ended(
                    id,
                    slot.attempt,
                    AttemptEnd.handedBack(
                            "drover:offer.lost", "the offer did not reach node " + id.node(), AttemptTimings.NONE),
                    now);
        }
        if (slot.attempt == null) {
            slot.asks = true;
            assignments.match(now, actions);
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
                .ifPresent(p -> actions.addAll(reports.advanced(attempt, p, now)));
        return actions;
    }

    /** The slot's keeper is gone, and whatever was out with the slot. */
    List<BoardAction> lost(SlotId id, Instant now) {
        List<BoardAction> actions = new ArrayList<>();
        AttemptId attempt = slots.of(id).attempt;
        if (attempt != null) {
            String reason = "the host of node " + id.node() + " is gone";
            actions.addAll(reports.ended(
                    id, attempt, AttemptEnd.unmeasured(AttemptOutcome.NODE_LOST, "drover:node.lost", reason), now));
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
        // A job that waited for this slot rather than return to another may go to that one now.
        assignments.match(now, actions);
        return actions;
    }

    /** If the slot has been given something that was not handed out yet, that waits again. */
    private List<BoardAction> takeBack(Slot slot, Instant now) {
        AttemptId attempt = slot.attempt;
        if (attempt == null || slot.sent) {
            return List.of();
        }
        return reports.ended(
                slot.id,
                attempt,
                AttemptEnd.handedBack(
                        "drover:offer.withheld",
                        "the slot was taken before the offer was on disk",
                        AttemptTimings.NONE),
                now);
    }

    // ---- attempts

    /** The assignment is on disk; where offers wait for that, this one goes out now, if it still stands. */
    List<BoardAction> assigned(AttemptId attempt, Instant now) {
        return assignments.onDisk(attempt, now);
    }

    /** The attempt has advanced. */
    List<BoardAction> advanced(AttemptId attempt, Position position, Instant now) {
        return reports.advanced(attempt, position, now);
    }

    /** The attempt's results are stored. */
    List<BoardAction> produced(
            SlotId slot, AttemptId attempt, List<AssetRef> assets, AttemptTimings timings, Instant now) {
        return reports.produced(slot, attempt, assets, timings, now);
    }

    /** The attempt ended without a result. */
    List<BoardAction> ended(SlotId slot, AttemptId attempt, AttemptEnd end, Instant now) {
        return reports.ended(slot, attempt, end, now);
    }

    // ---- operators

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
        assignments.match(now, actions);
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
        assignments.match(now, actions);
        return actions;
    }

    // ---- time

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
        assignments.match(now, actions);
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

    // ---- what others see

    /** All of it, for operators. */
    JobBoard.Snapshot snapshot(Instant now) {
        return view.snapshot(now);
    }

    /** What jobs could be given to, for those who look for some. */
    Supply supply(Instant now) {
        return view.supply(now);
    }
}
