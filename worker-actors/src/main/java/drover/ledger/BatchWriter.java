package drover.ledger;

import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobEvent;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.SqlStatement;

/** Puts one batch into the tables, within a transaction that is open. Used once. */
final class BatchWriter {
    static final int ACCEPTED_SEQ = 1;

    private final Handle handle;
    private final List<NewEvent> events = new ArrayList<>();
    private final Map<JobId, Entry.Addition> lastOfJob = new LinkedHashMap<>();

    private record NewEvent(JobEvent event, int seq) {}

    BatchWriter(Handle handle) {
        this.handle = handle;
    }

    List<Entry.Outcome> write(Entry.Batch batch) {
        batch.withdrawn().forEach(this::takeBack);
        List<Entry.Outcome> outcomes = new ArrayList<>(batch.entries().size());
        for (Entry entry : batch.entries()) {
            outcomes.add(
                    switch (entry) {
                        case Entry.Acceptance acceptance -> accept(acceptance);
                        case Entry.Addition addition -> add(addition, batch.afterFailure());
                    });
        }
        insertEvents();
        updateSnapshots();
        return outcomes;
    }

    private Entry.Outcome accept(Entry.Acceptance acceptance) {
        JobId id = acceptance.event().job();
        Optional<Job> same = snapshot(id);
        if (same.isPresent()) {
            return new Entry.Outcome.Repeated(same.get());
        }
        if (acceptance.key().isPresent()) {
            Optional<Entry.Outcome> known = known(acceptance.key().get());
            if (known.isPresent()) {
                return known.get();
            }
            insertKey(acceptance.key().get(), acceptance.event());
        }
        insertJob(Job.of(acceptance.event()), acceptance.ordinal());
        events.add(new NewEvent(acceptance.event(), ACCEPTED_SEQ));
        return new Entry.Outcome.Written();
    }

    private Entry.Outcome add(Entry.Addition addition, boolean mayBeThere) {
        if (!mayBeThere || !isThere(addition)) {
            events.add(new NewEvent(addition.event(), addition.seq()));
            lastOfJob.put(addition.after().id(), addition);
        }
        return new Entry.Outcome.Written();
    }

    private boolean isThere(Entry.Addition addition) {
        return handle.createQuery("SELECT COUNT(*) FROM job_events WHERE job_id = :job AND seq = :seq")
                        .bind("job", addition.after().id().value())
                        .bind("seq", addition.seq())
                        .mapTo(Integer.class)
                        .one()
                > 0;
    }

    private Optional<Job> snapshot(JobId id) {
        return handle.createQuery("SELECT body FROM jobs WHERE id = :id")
                .bind("id", id.value())
                .map((rs, ctx) -> LedgerJson.read(rs.getString("body"), Job.class))
                .findOne();
    }

    private Optional<Entry.Outcome> known(JobLedger.IdempotencyKey key) {
        return handle.createQuery("SELECT k.request_hash, k.job_id, j.body FROM idempotency_keys k"
                        + " JOIN jobs j ON j.id = k.job_id WHERE k.request_key = :key")
                .bind("key", key.key())
                .map((rs, ctx) -> rs.getString("request_hash").equals(key.requestHash())
                        ? new Entry.Outcome.Repeated(LedgerJson.read(rs.getString("body"), Job.class))
                        : (Entry.Outcome) new Entry.Outcome.KeyConflict(new JobId(rs.getString("job_id"))))
                .findOne();
    }

    private void insertKey(JobLedger.IdempotencyKey key, JobEvent.Accepted event) {
        handle.createUpdate("INSERT INTO idempotency_keys (request_key, request_hash, job_id, created_at)"
                        + " VALUES (:key, :hash, :job, :at)")
                .bind("key", key.key())
                .bind("hash", key.requestHash())
                .bind("job", event.job().value())
                .bind("at", timestamp(event.at()))
                .execute();
    }

    private void insertJob(Job job, long ordinal) {
        var insert = handle.createUpdate("INSERT INTO jobs (id, ordinal, state, ended, priority, model, accepted_at,"
                        + " deadline, changed_at, attempts, seq, body) VALUES (:id, :ordinal, :state, :ended,"
                        + " :priority, :model, :accepted, :deadline, :changed, :attempts, :seq, :body)")
                .bind("ordinal", ordinal)
                .bind("priority", job.priority().name())
                .bind("model", job.request().model())
                .bind("accepted", timestamp(job.accepted()))
                .bind("deadline", timestamp(job.deadline()));
        bindState(insert, job, ACCEPTED_SEQ).execute();
    }

    private void insertEvents() {
        if (events.isEmpty()) {
            return;
        }
        PreparedBatch insert = handle.prepareBatch("INSERT INTO job_events (job_id, seq, kind, happened_at, body)"
                + " VALUES (:job, :seq, :kind, :at, :body)");
        for (NewEvent e : events) {
            insert.bind("job", e.event().job().value())
                    .bind("seq", e.seq())
                    .bind("kind", e.event().getClass().getSimpleName())
                    .bind("at", timestamp(e.event().at()))
                    .bind("body", LedgerJson.write(e.event()))
                    .add();
        }
        insert.execute();
    }

    private void updateSnapshots() {
        if (lastOfJob.isEmpty()) {
            return;
        }
        PreparedBatch update = handle.prepareBatch("UPDATE jobs SET state = :state, ended = :ended, changed_at ="
                + " :changed, attempts = :attempts, seq = :seq, body = :body WHERE id = :id");
        lastOfJob.values().forEach(a -> bindState(update, a.after(), a.seq()).add());
        update.execute();
    }

    private static <S extends SqlStatement<S>> S bindState(S statement, Job job, int seq) {
        return statement
                .bind("id", job.id().value())
                .bind("state", job.state().name())
                .bind("ended", job.state().isTerminal())
                .bind("changed", timestamp(job.changed()))
                .bind("attempts", job.attempts().size())
                .bind("seq", seq)
                .bind("body", LedgerJson.write(job));
    }

    /** By ordinal, so that an older job of the same id is never touched. */
    private void takeBack(Entry.Acceptance acceptance) {
        String id = acceptance.event().job().value();
        int taken = handle.createUpdate("DELETE FROM jobs WHERE id = :id AND ordinal = :ordinal")
                .bind("id", id)
                .bind("ordinal", acceptance.ordinal())
                .execute();
        if (taken > 0) {
            handle.execute("DELETE FROM job_events WHERE job_id = ?", id);
            handle.execute("DELETE FROM idempotency_keys WHERE job_id = ?", id);
        }
    }

    private static OffsetDateTime timestamp(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
