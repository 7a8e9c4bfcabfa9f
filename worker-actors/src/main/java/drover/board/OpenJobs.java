package drover.board;

import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The jobs on the board, and what is counted of them: the counts are in step with every change of a job's state. */
final class OpenJobs {
    private final Map<JobId, Entry> entries = new HashMap<>();
    private final PendingWork pending = new PendingWork();
    private int waiting;
    private int undelivered;

    Entry add(Job job) {
        Entry entry = new Entry(job);
        entries.put(job.id(), entry);
        account(entry);
        return entry;
    }

    boolean contains(JobId job) {
        return entries.containsKey(job);
    }

    @Nullable Entry find(JobId job) {
        return entries.get(job);
    }

    /** The job of the attempt, if that is the job's last one. */
    @Nullable Entry current(AttemptId attempt) {
        Entry entry = entries.get(attempt.job());
        return entry != null && entry.job.lastAttempt().filter(attempt::equals).isPresent() ? entry : null;
    }

    Collection<Entry> all() {
        return entries.values();
    }

    void apply(Entry entry, JobEvent event) {
        entry.job = entry.job.apply(event);
        account(entry);
    }

    void remove(JobId job) {
        Entry entry = entries.remove(job);
        if (entry != null && entry.produced) {
            undelivered--;
        }
    }

    /** How many wait for a slot. */
    int waiting() {
        return waiting;
    }

    /** How many have been made and wait for their delivery. */
    int undelivered() {
        return undelivered;
    }

    PendingWork pending() {
        return pending;
    }

    private void account(Entry entry) {
        boolean waits = entry.job.state() == JobState.QUEUED;
        if (waits != entry.waiting) {
            entry.waiting = waits;
            waiting += waits ? 1 : -1;
        }
        boolean isProduced = entry.job.state() == JobState.PRODUCED;
        if (isProduced != entry.produced) {
            entry.produced = isProduced;
            undelivered += isProduced ? 1 : -1;
        }
        boolean isPending = waits || entry.job.state().isOut();
        if (isPending != entry.pending) {
            entry.pending = isPending;
            if (isPending) {
                pending.add(entry);
            } else {
                pending.remove(entry);
            }
        }
    }
}
