package drover.board;

import drover.board.BoardAction.Cancel;
import drover.board.BoardAction.Write;
import drover.board.Slots.Slot;
import drover.inference.AttemptId;
import drover.inference.Position;
import drover.job.AttemptEnd;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.job.Fault;
import drover.job.JobEvent;
import drover.job.JobState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How attempts and jobs on the board end, and what follows: another attempt, or the end of the job. What is to be done is
 * added to the caller's list. Not safe for use by several threads.
 */
final class Endings {
    private final OpenJobs jobs;
    private final Wakes wakes;
    private final FairQueue queue;
    private final Slots slots;
    private final Matching matching;
    private final RetryRules rules;
    private final ModelRecords models;
    private final Pace pace;

    Endings(
            OpenJobs jobs,
            Wakes wakes,
            FairQueue queue,
            Slots slots,
            Matching matching,
            RetryRules rules,
            ModelRecords models,
            Pace pace) {
        this.jobs = jobs;
        this.wakes = wakes;
        this.queue = queue;
        this.slots = slots;
        this.matching = matching;
        this.rules = rules;
        this.models = models;
        this.pace = pace;
    }

    // ---- attempts

    /** The attempt is over without a result; the job waits again, or is given up. */
    void attempt(
            Entry entry,
            AttemptId attempt,
            AttemptOutcome outcome,
            String reason,
            AttemptTimings timings,
            Instant now,
            List<BoardAction> actions) {
        writeEnd(entry, attempt, outcome, reason, timings, now, actions);
        entry.slot = null;
        entry.position = null;
        enqueue(entry, now, actions);
    }

    /** The attempt is over without a result, and so would be every other one. */
    void attemptAndJob(Entry entry, AttemptId attempt, AttemptEnd end, Instant now, List<BoardAction> actions) {
        writeEnd(entry, attempt, end.outcome(), end.reason(), end.timings(), now, actions);
        finish(entry, new JobEvent.Faulted(attempt.job(), now, new Fault(end.code(), end.reason())), actions);
    }

    private void writeEnd(
            Entry entry,
            AttemptId attempt,
            AttemptOutcome outcome,
            String reason,
            AttemptTimings timings,
            Instant now,
            List<BoardAction> actions) {
        Optional<Position> position = Optional.ofNullable(entry.position);
        write(entry, new JobEvent.AttemptEnded(attempt, now, outcome, reason, position, timings), actions);
    }

    /** The job waits for a slot, if its past allows that. */
    void enqueue(Entry entry, Instant now, List<BoardAction> actions) {
        switch (rules.judge(entry.job)) {
            case RetryRules.Verdict.GiveUp(Fault fault) ->
                finish(entry, new JobEvent.Faulted(entry.job.id(), now, fault), actions);
            case RetryRules.Verdict.Retry(Duration delay, Set<String> avoid) -> {
                entry.avoid = avoid;
                entry.backAt = now.plus(delay);
                if (delay.isPositive()) {
                    wakes.add(new Wakes.Wake(entry.backAt, entry.job.id(), false));
                }
                queue.add(entry);
            }
        }
    }

    /**
     * The attempt will be done only after its deadline: another node gets the job, or nobody if none can make it.
     *
     * @return whether the job waits for another node
     */
    boolean tooSlow(Entry entry, SlotId at, AttemptId attempt, Instant end, Instant now, List<BoardAction> actions) {
        String why = "at " + entry.projection.stepTime().toMillis() + " ms a step it would be done at " + end
                + ", and its deadline is " + entry.job.deadline();
        if (matching.otherCanMakeIt(entry, at.node(), true, now)) {
            learnSlowness(entry, at, now);
            actions.add(new Cancel(at, attempt, "too slow: " + why));
            attempt(entry, attempt, AttemptOutcome.TOO_SLOW, why, AttemptTimings.NONE, now, actions);
            return true;
        }
        if (!matching.otherCanMakeIt(entry, at.node(), false, now)) {
            learnSlowness(entry, at, now);
            expire(entry, "On " + at.node() + " " + why + "; no other node can make it in time", now, actions);
        }
        return false;
    }

    private void learnSlowness(Entry entry, SlotId at, Instant now) {
        pace.slow(at.node(), entry.kind, entry.work * entry.projection.done(), entry.projection.elapsed(), now);
    }

    // ---- jobs

    /** A job that no node can do in time any more is not started. */
    void expireIfHopeless(Entry entry, Instant now, List<BoardAction> actions) {
        if (entry.job.state() == JobState.QUEUED && jobs.contains(entry.job.id())) {
            matching.tooLateEverywhere(entry, now)
                    .ifPresent(best -> expire(
                            entry,
                            "It was not started: it takes about %.1f s on the fastest node, and its deadline %s is only %.1f s away"
                                    .formatted(
                                            Pace.seconds(best),
                                            entry.job.deadline(),
                                            Pace.seconds(Duration.between(now, entry.job.deadline()))),
                            now,
                            actions));
        }
    }

    /** The job's deadline has passed. */
    void expire(Entry entry, Instant now, List<BoardAction> actions) {
        if (entry.job.state() == JobState.PRODUCED) {
            return; // A finished result is never thrown away.
        }
        String where = entry.slot == null
                ? models.find(entry.model(), now)
                        .map(it -> "while its model was withdrawn, which " + it.reason())
                        .orElse("while it waited for a slot")
                : "while it ran on " + entry.slot.node();
        expire(entry, "Its deadline " + entry.job.deadline() + " passed " + where, now, actions);
    }

    private void expire(Entry entry, String reason, Instant now, List<BoardAction> actions) {
        stop(entry, reason, actions);
        finish(entry, new JobEvent.Expired(entry.job.id(), now, reason), actions);
    }

    /** Its caller has withdrawn the job. */
    void cancel(Entry entry, Instant now, List<BoardAction> actions) {
        stop(entry, "cancelled by its caller", actions);
        finish(entry, new JobEvent.Cancelled(entry.job.id(), now), actions);
    }

    private void stop(Entry entry, String reason, List<BoardAction> actions) {
        Slot slot = entry.slot == null ? null : slots.find(entry.slot);
        if (slot != null && !slot.sent) {
            slot.attempt = null;
            slot.asks = true; // It knows of nothing.
        } else if (entry.slot != null) {
            actions.add(new Cancel(entry.slot, entry.job.lastAttempt().orElseThrow(), reason));
        } else {
            queue.remove(entry);
        }
    }

    private void finish(Entry entry, JobEvent last, List<BoardAction> actions) {
        write(entry, last, actions);
        jobs.remove(entry.job.id());
    }

    /** The job changes, and that is to be written. */
    void write(Entry entry, JobEvent event, List<BoardAction> actions) {
        jobs.apply(entry, event);
        actions.add(new Write(event));
    }
}
