package drover.board;

import drover.board.BoardAction.Deliver;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.Position;
import drover.job.AttemptEnd;
import drover.job.AttemptTimings;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.watchdog.LearnedTimeouts;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What slots say of their attempts: each word is booked for the job, and for the records of node and model that later
 * choices go by. Only the job's last attempt counts. Not safe for use by several threads.
 */
final class AttemptReports {
    private final OpenJobs jobs;
    private final Slots slots;
    private final NodeRecords nodes;
    private final ModelRecords models;
    private final Pace pace;
    private final LearnedTimeouts learned;
    private final Endings endings;
    private final Assignments assignments;

    AttemptReports(
            OpenJobs jobs,
            Slots slots,
            NodeRecords nodes,
            ModelRecords models,
            Pace pace,
            LearnedTimeouts learned,
            Endings endings,
            Assignments assignments) {
        this.jobs = jobs;
        this.slots = slots;
        this.nodes = nodes;
        this.models = models;
        this.pace = pace;
        this.learned = learned;
        this.endings = endings;
        this.assignments = assignments;
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
        if (end.isPresent()
                && entry.slot != null
                && endings.tooSlow(entry, entry.slot, attempt, end.get(), now, actions)) {
            assignments.match(now, actions);
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
    List<BoardAction> ended(SlotId slot, AttemptId attempt, AttemptEnd end, Instant now) {
        slots.free(slot, attempt);
        Entry entry = jobs.current(attempt);
        if (entry == null || !entry.job.state().isOut()) {
            return List.of();
        }
        List<BoardAction> actions = new ArrayList<>();
        if (end.outcome().takesNodeDown()) {
            models.struck(attempt, entry.model(), slot.node(), now)
                    .ifPresent(why -> actions.add(new BoardAction.Withdraw(entry.model(), why)));
        }
        // What would have failed anywhere says nothing about the node.
        if (end.outcome().isBlamed() && end.retryable()) {
            nodes.failed(slot.node(), end.reason(), now)
                    .ifPresent(until -> actions.add(new BoardAction.Suspend(slot.node(), until, end.reason())));
        }
        if (end.retryable()) {
            endings.attempt(entry, attempt, end.outcome(), end.reason(), end.timings(), now, actions);
        } else {
            endings.attemptAndJob(entry, attempt, end, now, actions);
        }
        assignments.match(now, actions);
        return actions;
    }
}
