package drover.ledger;

import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobEvent;
import drover.ledger.JobLedger.AcceptReply;
import drover.ledger.JobLedger.AppendReply;
import drover.ledger.JobLedger.IdempotencyKey;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/** One thing to be written, with whoever waits for it. */
public sealed interface Entry {
    /**
     * Whether somebody waits for it to be on disk. That a job has been handed to a node, and that it runs, nobody needs
     * to see there before the next thing happens to it: lost with the process, the job is found waiting, which is true
     * by then.
     */
    default boolean isAwaited() {
        return true;
    }

    /**
     * A job to be taken on.
     *
     * @param order the order from outside that the job is made of, if any; gets into the book with it
     * @param ordinal its place in the order of acceptance, never given twice
     */
    record Acceptance(
            JobEvent.Accepted event,
            Optional<IdempotencyKey> key,
            Optional<Order> order,
            long ordinal,
            ActorRef<AcceptReply> replyTo)
            implements Entry {}

    /**
     * An event of a job.
     *
     * @param after the job with this event taken in
     * @param seq the event's number within the job
     */
    record Addition(JobEvent event, Job after, int seq, ActorRef<AppendReply> replyTo) implements Entry {
        @Override
        public boolean isAwaited() {
            return !(event instanceof JobEvent.Assigned || event instanceof JobEvent.Started);
        }
    }

    /** What the database said to an entry, in the same transaction. */
    sealed interface Outcome {
        /** It is written. */
        record Written() implements Outcome {}

        /** Not written: the job, or its idempotency key, was there before. */
        record Repeated(Job job) implements Outcome {}

        /** Not written: its idempotency key belongs to another request. */
        record KeyConflict(JobId job) implements Outcome {}
    }

    /**
     * What one transaction writes.
     *
     * @param entries in the order in which they came
     * @param afterFailure whether the outcome of an earlier transaction is unknown, so that some of the entries may be
     *     there already
     * @param withdrawn acceptances of such a transaction whose callers have been told that they failed; if they got
     *     through they are taken back, so that a caller who tries again does not get two jobs
     */
    record Batch(List<Entry> entries, boolean afterFailure, List<Acceptance> withdrawn) {
        public Batch {
            entries = List.copyOf(entries);
            withdrawn = List.copyOf(withdrawn);
        }
    }
}
