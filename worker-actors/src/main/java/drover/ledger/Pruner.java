package drover.ledger;

import drover.inference.JobId;
import drover.job.JobState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Removes what has been kept for long enough, in small steps. The files of a job go first and its rows last: after a
 * crash in between the next round finds the rows and removes what is left. Every method blocks; one thread at a time.
 */
final class Pruner {
    /** Small enough that a commit that waits behind one is not noticed. */
    static final int BATCH = 250;

    private final LedgerDatabase database;
    private final ResultRemoval results;
    private final RetentionSettings settings;
    private final Deque<Task> tasks = new ArrayDeque<>();

    /**
     * What a step has removed.
     *
     * @param more whether there may be more, so that another step is due soon
     */
    record Step(int jobs, int incidents, int audit, boolean more) {}

    /** One thing to look through. */
    private sealed interface Task {
        /** Ended jobs of one state, in the order of their acceptance, from this ordinal on. */
        record OfState(JobState state, Duration age, long after) implements Task {}

        /**
         * The oldest ones beyond the number that is kept.
         *
         * @param beyond how many those are, once they have been counted
         */
        record Surplus(OptionalLong beyond, long most) implements Task {}

        record Incidents(Duration age) implements Task {}

        record Audit(Duration age) implements Task {}
    }

    /** An ended job. */
    record Ended(JobId id, long ordinal, Instant accepted, Instant changed) {}

    Pruner(LedgerDatabase database, ResultRemoval results, RetentionSettings settings) {
        this.database = database;
        this.results = results;
        this.settings = settings;
    }

    /** Starts a round: everything is looked through once. */
    void begin() {
        tasks.clear();
        settings.jobs().forEach((state, age) -> tasks.add(new Task.OfState(state, age, Long.MIN_VALUE)));
        settings.maxJobs().ifPresent(most -> tasks.add(new Task.Surplus(OptionalLong.empty(), most)));
        settings.incidents().ifPresent(age -> tasks.add(new Task.Incidents(age)));
        settings.audit().ifPresent(age -> tasks.add(new Task.Audit(age)));
    }

    /**
     * Does the next step of the round.
     *
     * @throws IOException if a result cannot be removed; its job is kept
     * @throws WriteFailedException if the database cannot be written
     */
    Step step(Instant now) throws IOException, WriteFailedException {
        Task task = tasks.poll();
        return switch (task) {
            case null -> new Step(0, 0, 0, false);
            case Task.OfState ofState -> ofState(ofState, now.minus(ofState.age()));
            case Task.Surplus surplus -> surplus(surplus);
            case Task.Incidents(Duration age) -> {
                int removed = database.removeIncidents(now.minus(age), BATCH);
                if (removed == BATCH) {
                    tasks.push(new Task.Incidents(age));
                }
                yield new Step(0, removed, 0, !tasks.isEmpty());
            }
            case Task.Audit(Duration age) -> {
                int removed = database.removeAudit(now.minus(age), BATCH);
                if (removed == BATCH) {
                    tasks.push(new Task.Audit(age));
                }
                yield new Step(0, 0, removed, !tasks.isEmpty());
            }
        };
    }

    /** A job ends after it was accepted, so none behind the first that was accepted too late has to be looked at. */
    private Step ofState(Task.OfState task, Instant endedBefore) throws IOException, WriteFailedException {
        List<Ended> page = database.ended(task.state(), task.after(), BATCH);
        List<Ended> old =
                page.stream().filter(job -> job.changed().isBefore(endedBefore)).toList();
        boolean further = page.size() == BATCH && page.getLast().accepted().isBefore(endedBefore);
        if (further) {
            tasks.push(new Task.OfState(task.state(), task.age(), page.getLast().ordinal()));
        }
        remove(old);
        return new Step(old.size(), 0, 0, !tasks.isEmpty());
    }

    private Step surplus(Task.Surplus task) throws IOException, WriteFailedException {
        long beyond = task.beyond().isPresent() ? task.beyond().getAsLong() : database.countEnded() - task.most();
        int wanted = Math.clamp(beyond, 0, BATCH);
        List<Ended> oldest = new ArrayList<>();
        for (JobState state : wanted == 0 ? Set.<JobState>of() : JobState.TERMINAL) {
            oldest.addAll(database.ended(state, Long.MIN_VALUE, wanted));
        }
        oldest.sort(Comparator.comparingLong(Ended::ordinal));
        List<Ended> gone = oldest.subList(0, Math.min(wanted, oldest.size()));
        if (beyond > gone.size() && !gone.isEmpty()) {
            tasks.push(new Task.Surplus(OptionalLong.of(beyond - gone.size()), task.most()));
        }
        remove(gone);
        return new Step(gone.size(), 0, 0, !tasks.isEmpty());
    }

    private void remove(List<Ended> jobs) throws IOException, WriteFailedException {
        for (Ended job : jobs) {
            results.removeAll(job.id());
        }
        if (!jobs.isEmpty()) {
            database.remove(jobs.stream().map(Ended::id).toList());
        }
    }
}
