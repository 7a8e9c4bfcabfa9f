package drover.ledger;

import drover.inference.JobId;
import drover.job.Fault;
import drover.job.IllegalTransitionException;
import drover.job.Job;
import drover.job.JobEvent;
import drover.ledger.JobLedger.AppendReply;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The jobs that have not come to their end, in the order of their acceptance. Of each it knows what is on disk, and what
 * will be once everything that waits has been written: events are checked against the latter, readers see the former.
 */
final class LedgerState {
    private static final int MAX_TEXT = 4_000;

    private final Map<JobId, Kept> unfinished = new LinkedHashMap<>();

    private record Kept(Job onDisk, Job projected, int seq) {}

    /** Takes in a job that is on disk. */
    void admit(Job job, int seq) {
        unfinished.put(job.id(), new Kept(job, job, seq));
    }

    /**
     * Takes in an event that is to be written.
     *
     * @throws IllegalTransitionException if the job's state forbids it; nothing has changed then
     */
    Optional<Entry.Addition> project(JobEvent event, ActorRef<AppendReply> replyTo) {
        Kept kept = unfinished.get(event.job());
        if (kept == null) {
            return Optional.empty();
        }
        JobEvent recorded = shortened(event);
        Job after = kept.projected().apply(recorded);
        int seq = kept.seq() + 1;
        unfinished.put(after.id(), new Kept(kept.onDisk(), after, seq));
        return Optional.of(new Entry.Addition(recorded, after, seq, replyTo));
    }

    /** The addition is on disk. */
    void written(Entry.Addition addition) {
        Job job = addition.after();
        if (job.state().isTerminal()) {
            unfinished.remove(job.id());
        } else {
            unfinished.computeIfPresent(job.id(), (id, kept) -> new Kept(job, kept.projected(), kept.seq()));
        }
    }

    /** The job as it is on disk, if it has not come to its end. */
    Optional<Job> find(JobId id) {
        return Optional.ofNullable(unfinished.get(id)).map(Kept::onDisk);
    }

    /** Every job with all its events, also those that are only about to be written, oldest first. */
    List<Job> projected() {
        return unfinished.values().stream()
                .map(Kept::projected)
                .filter(job -> !job.state().isTerminal())
                .toList();
    }

    int size() {
        return unfinished.size();
    }

    /** An engine's message may be of any length; a row may not. */
    private static JobEvent shortened(JobEvent event) {
        return switch (event) {
            case JobEvent.AttemptEnded e ->
                new JobEvent.AttemptEnded(
                        e.attempt(), e.at(), e.outcome(), shortened(e.reason()), e.position(), e.timings());
            case JobEvent.Faulted e ->
                new JobEvent.Faulted(
                        e.job(),
                        e.at(),
                        new Fault(e.fault().code(), shortened(e.fault().detail())));
            case JobEvent.Expired e -> new JobEvent.Expired(e.job(), e.at(), shortened(e.reason()));
            case JobEvent.Accepted e -> e;
            case JobEvent.Assigned e -> e;
            case JobEvent.Started e -> e;
            case JobEvent.Produced e -> e;
            case JobEvent.Delivered e -> e;
            case JobEvent.Cancelled e -> e;
        };
    }

    private static String shortened(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "…";
    }
}
