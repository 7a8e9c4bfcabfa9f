package drover.ledger;

import drover.inference.JobId;
import drover.job.IllegalTransitionException;
import drover.job.Job;
import drover.ledger.JobLedger.AcceptReply;
import drover.ledger.JobLedger.Append;
import drover.ledger.JobLedger.AppendReply;
import drover.ledger.JobLedger.NewJob;
import drover.ledger.JobLedger.OpenJob;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.Logger;

/**
 * What the ledger knows and decides: which jobs and events it takes, what goes into the next transaction, and what its
 * callers are told once that is on disk or has failed. It touches no database and waits for nothing.
 */
final class LedgerBooks {
    static final Duration FULL_RETRY_AFTER = Duration.ofSeconds(5);

    private final Logger log;
    private final LedgerSettings.Limits limits;
    private final LedgerState state = new LedgerState();
    private final CommitQueue queue;
    private final CommitTimes times;
    private Optional<ActorRef<OpenJob>> board = Optional.empty();
    private long nextOrdinal;
    private int acceptancesPending;

    LedgerBooks(LedgerSettings settings, CommitTimes times, LongSupplier nanoTime, Logger log) {
        this.log = log;
        this.limits = settings.limits();
        this.queue = new CommitQueue(settings, nanoTime);
        this.times = times;
    }

    /** What was found at the start. */
    void load(LedgerStore.Recovered recovered) {
        nextOrdinal = recovered.nextOrdinal();
        recovered.unfinished().forEach(kept -> state.admit(kept.job(), kept.seq()));
    }

    void accept(NewJob accept) {
        if (queue.isFailing() || queue.size() >= limits.maxPending()) {
            accept.replyTo().tell(unavailable());
            return;
        }
        int unfinished = state.size() + acceptancesPending;
        if (unfinished >= limits.maxUnfinished()) {
            accept.replyTo().tell(new AcceptReply.TooMany(unfinished, FULL_RETRY_AFTER));
            return;
        }
        acceptancesPending++;
        queue.add(
                switch (accept) {
                    case JobLedger.Accept(var event, var key, var replyTo) ->
                        new Entry.Acceptance(event, key, Optional.empty(), nextOrdinal++, replyTo);
                    case JobLedger.AcceptOrder(var event, var order, var replyTo) ->
                        new Entry.Acceptance(event, Optional.empty(), Optional.of(order), nextOrdinal++, replyTo);
                });
    }

    /**
     * Takes an event in.
     *
     * @throws IllegalStateException if as many events as allowed wait for a database that cannot be written. There is no
     *     honest answer left then: the process has to end, and its next start finds the jobs as they are on disk
     */
    void append(Append append) {
        if (queue.size() >= limits.maxKept()) {
            throw new IllegalStateException("the job database has not been written for so long that " + queue.size()
                    + " events wait, as many as drover.ledger.max-kept allows; what they say is lost, and the next start"
                    + " runs those jobs again");
        }
        try {
            state.project(append.event(), append.replyTo())
                    .ifPresentOrElse(
                            queue::add,
                            () -> append.replyTo()
                                    .tell(new AppendReply.Refused(
                                            append.event(),
                                            "job " + append.event().job() + " has come to its end, or never was")));
        } catch (IllegalTransitionException e) {
            append.replyTo().tell(new AppendReply.Refused(append.event(), String.valueOf(e.getMessage())));
        }
    }

    /** From now on this board gets every job; at once those that have not come to their end. */
    void attach(ActorRef<OpenJob> attached) {
        board = Optional.of(attached);
        state.projected().forEach(job -> attached.tell(new OpenJob(job)));
    }

    void detach(ActorRef<OpenJob> gone) {
        board = board.filter(b -> !b.equals(gone));
    }

    /** The job as it is on disk, if it has not come to its end. */
    Optional<Job> find(JobId id) {
        return state.find(id);
    }

    /** What to write now, if anything. */
    Optional<Entry.Batch> next() {
        return queue.next();
    }

    /** Whether something waits that {@link #next} leaves alone until {@link #lingered}. */
    boolean isLingering() {
        return queue.isLingering();
    }

    /** What nobody waits for has waited long enough. */
    void lingered() {
        queue.lingered();
    }

    /** The pause after a failure is over. */
    void retry() {
        queue.retry();
    }

    /** The last batch is on disk. */
    void committed(List<Entry.Outcome> outcomes, Duration took) {
        if (queue.isFailing()) {
            log.info("the job database can be written again");
        }
        List<Entry> written = queue.succeeded();
        times.committed(took, written.size());
        for (int i = 0; i < written.size(); i++) {
            switch (written.get(i)) {
                case Entry.Acceptance acceptance -> accepted(acceptance, outcomes.get(i));
                case Entry.Addition addition -> {
                    state.written(addition);
                    addition.replyTo().tell(new AppendReply.Recorded(addition.after()));
                }
            }
        }
    }

    private void accepted(Entry.Acceptance acceptance, Entry.Outcome outcome) {
        acceptancesPending--;
        switch (outcome) {
            case Entry.Outcome.Written written -> {
                Job job = Job.of(acceptance.event());
                state.admit(job, BatchWriter.ACCEPTED_SEQ);
                board.ifPresent(b -> b.tell(new OpenJob(job)));
                acceptance.replyTo().tell(new AcceptReply.Accepted(job));
            }
            case Entry.Outcome.Repeated repeated -> acceptance.replyTo().tell(new AcceptReply.Repeated(repeated.job()));
            case Entry.Outcome.KeyConflict conflict ->
                acceptance.replyTo().tell(new AcceptReply.KeyConflict(conflict.job()));
        }
    }

    /**
     * The last batch has failed. Call {@link #retry} after the returned pause.
     *
     * @param unknown whether it may be on disk all the same
     */
    Duration failed(boolean unknown, Throwable cause) {
        times.failed();
        List<Entry.Acceptance> refused = new ArrayList<>();
        boolean again = queue.isFailing();
        Duration pause = queue.failed(unknown, refused);
        if (again) {
            log.warn("the job database still cannot be written, next try in {}: {}", pause, cause.toString());
        } else {
            log.error("the job database cannot be written, next try in {}; no jobs are taken on", pause, cause);
        }
        acceptancesPending -= refused.size();
        refused.forEach(acceptance -> acceptance.replyTo().tell(unavailable()));
        return pause;
    }

    private AcceptReply unavailable() {
        return new AcceptReply.Unavailable("the job database cannot be written", queue.retryAfter());
    }

    /** Whether all is on disk. */
    boolean isIdle() {
        return queue.isIdle();
    }

    /** How many jobs are on the way. */
    int unfinished() {
        return state.size();
    }

    /** How many events are not yet on disk. */
    int pending() {
        return queue.size();
    }

    LedgerStatistics statistics(boolean readable) {
        return times.statistics(readable && !queue.isFailing(), state.size(), queue.size());
    }
}
