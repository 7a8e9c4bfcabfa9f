package drover.ledger;

import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobState;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * What a {@link JobLedger} keeps its jobs in. The reading and writing methods may block; the ledger sees to their
 * threads.
 */
public interface LedgerStore extends AutoCloseable {
    /**
     * What a restart finds.
     *
     * @param nextOrdinal greater than every ordinal in use
     * @param unfinished the jobs that have not come to their end, in the order of their acceptance
     */
    record Recovered(long nextOrdinal, List<Kept> unfinished) {
        public Recovered {
            unfinished = List.copyOf(unfinished);
        }

        /** A job with the number of its last event. */
        public record Kept(Job job, int seq) {}
    }

    /** Reads what has not come to its end. */
    Recovered recover();

    /**
     * Writes the batch in one transaction. When this returns, it is on disk.
     *
     * @return one outcome for each entry
     * @throws WriteFailedException if it is not on disk, or if that is unknown
     */
    List<Entry.Outcome> write(Entry.Batch batch) throws WriteFailedException;

    /** Reads one job. */
    Optional<Job> find(JobId job);

    /** Reads jobs, newest first; none if {@code before} is unknown. */
    List<Job> query(Optional<JobState> state, Optional<String> model, Optional<JobId> before, int limit);

    /** The one thread that writes. */
    Executor writer();

    /** The threads for everything that reads; refuses work when too much of it waits. */
    Executor readers();

    /** Waits for what the writer has been given, then lets go of everything. Safe to repeat. */
    @Override
    void close();
}
