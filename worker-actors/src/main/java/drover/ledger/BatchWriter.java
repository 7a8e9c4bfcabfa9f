package drover.ledger;

import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobEvent;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Puts one batch into the tables, within a transaction that is open. What is there already is read with one query for
 * all, and everything of one kind is written with one. Used once.
 */
final class BatchWriter {
    static final int ACCEPTED_SEQ = 1;

    private final WriterConnection connection;
    private final List<NewJob> jobs = new ArrayList<>();
    private final List<NewEvent> events = new ArrayList<>();
    private final Map<JobId, Entry.Addition> lastOfJob = new LinkedHashMap<>();
    private final Map<String, Found> byId = new HashMap<>();
    private final Map<String, Owner> byKey = new HashMap<>();

    private record NewJob(Job job, Entry.Acceptance acceptance) {}

    private record NewEvent(JobEvent event, int seq) {}

    /** A job that is there. */
    private record Found(long ordinal, Job job) {}

    /** Whose an idempotency key is. */
    private record Owner(String requestHash, Job job) {}

    private record EventKey(String job, int seq) {}

    BatchWriter(WriterConnection connection) {
        this.connection = connection;
    }

    List<Entry.Outcome> write(Entry.Batch batch) throws SQLException {
        if (batch.afterFailure()) {
            // Even if nothing waits: whether the database can be written shows only in writing.
            connection.prepare("UPDATE ledger_writer SET epoch = epoch").executeUpdate();
            for (Entry.Acceptance withdrawn : batch.withdrawn()) {
                takeBack(withdrawn);
            }
        }
        readKnown(batch);
        Set<EventKey> there = batch.afterFailure() ? eventsThere(batch) : Set.of();
        List<Entry.Outcome> outcomes = new ArrayList<>(batch.entries().size());
        for (Entry entry : batch.entries()) {
            outcomes.add(
                    switch (entry) {
                        case Entry.Acceptance acceptance -> accept(acceptance);
                        case Entry.Addition addition -> add(addition, there);
                    });
        }
        insertOrders(batch);
        insertJobs();
        insertKeys();
        insertEvents();
        updateSnapshots();
        return outcomes;
    }

    private Entry.Outcome accept(Entry.Acceptance acceptance) {
        String id = acceptance.event().job().value();
        Found same = byId.get(id);
        if (same != null) {
            // Its own ordinal: an earlier transaction of unknown outcome has got through.
            return same.ordinal() == acceptance.ordinal()
                    ? new Entry.Outcome.Written()
                    : new Entry.Outcome.Repeated(same.job());
        }
        Job job = Job.of(acceptance.event());
        if (acceptance.key().isPresent()) {
            JobLedger.IdempotencyKey key = acceptance.key().get();
            Owner owner = byKey.get(key.key());
            if (owner != null) {
                return owner.requestHash().equals(key.requestHash())
                        ? new Entry.Outcome.Repeated(owner.job())
                        : new Entry.Outcome.KeyConflict(owner.job().id());
            }
            byKey.put(key.key(), new Owner(key.requestHash(), job));
        }
        byId.put(id, new Found(acceptance.ordinal(), job));
        jobs.add(new NewJob(job, acceptance));
        events.add(new NewEvent(acceptance.event(), ACCEPTED_SEQ));
        return new Entry.Outcome.Written();
    }

    private Entry.Outcome add(Entry.Addition addition, Set<EventKey> there) {
        if (!there.contains(new EventKey(addition.after().id().value(), addition.seq()))) {
            events.add(new NewEvent(addition.event(), addition.seq()));
            lastOfJob.put(addition.after().id(), addition);
        }
        return new Entry.Outcome.Written();
    }

    private void readKnown(Entry.Batch batch) throws SQLException {
        List<String> ids = new ArrayList<>();
        List<String> keys = new ArrayList<>();
        for (Entry entry : batch.entries()) {
            if (entry instanceof Entry.Acceptance acceptance) {
                ids.add(acceptance.event().job().value());
                acceptance.key().map(JobLedger.IdempotencyKey::key).ifPresent(keys::add);
            }
        }
        if (!ids.isEmpty()) {
            try (ResultSet found = query("SELECT id, ordinal, body FROM jobs WHERE id = ANY (?)", ids)) {
                while (found.next()) {
                    byId.put(found.getString(1), new Found(found.getLong(2), job(found.getString(3))));
                }
            }
        }
        if (!keys.isEmpty()) {
            try (ResultSet found = query(
                    "SELECT k.request_key, k.request_hash, j.body FROM idempotency_keys k"
                            + " JOIN jobs j ON j.id = k.job_id WHERE k.request_key = ANY (?)",
                    keys)) {
                while (found.next()) {
                    byKey.put(found.getString(1), new Owner(found.getString(2), job(found.getString(3))));
                }
            }
        }
    }

    private Set<EventKey> eventsThere(Entry.Batch batch) throws SQLException {
        Set<String> ids = new HashSet<>();
        for (Entry entry : batch.entries()) {
            if (entry instanceof Entry.Addition addition) {
                ids.add(addition.after().id().value());
            }
        }
        Set<EventKey> there = new HashSet<>();
        if (!ids.isEmpty()) {
            try (ResultSet found = query("SELECT job_id, seq FROM job_events WHERE job_id = ANY (?)", ids)) {
                while (found.next()) {
                    there.add(new EventKey(found.getString(1), found.getInt(2)));
                }
            }
        }
        return there;
    }

    private ResultSet query(String sql, Collection<String> values) throws SQLException {
        PreparedStatement query = connection.prepare(sql);
        query.setArray(1, connection.connection().createArrayOf("varchar", values.toArray()));
        return query.executeQuery();
    }

    private static Job job(String body) {
        return LedgerJson.read(body, Job.class);
    }

    /** Also of jobs that are there already: whoever gives an order along may count on its being in the book then. */
    private void insertOrders(Entry.Batch batch) throws SQLException {
        for (Entry entry : batch.entries()) {
            if (entry instanceof Entry.Acceptance acceptance
                    && acceptance.order().isPresent()) {
                OrderTable.begin(connection, acceptance.order().get());
            }
        }
    }

    private void insertJobs() throws SQLException {
        if (jobs.isEmpty()) {
            return;
        }
        PreparedStatement insert = connection.prepare(
                "INSERT INTO jobs (state, ended, changed_at, attempts, seq, body, id,"
                        + " ordinal, priority, model, accepted_at, deadline, tenant) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        for (NewJob fresh : jobs) {
            Job job = fresh.job();
            bindState(insert, job, ACCEPTED_SEQ);
            insert.setLong(8, fresh.acceptance().ordinal());
            insert.setString(9, job.priority().name());
            insert.setString(10, LedgerJson.column(job.request().model()));
            insert.setObject(11, timestamp(job.accepted()));
            insert.setObject(12, timestamp(job.deadline()));
            insert.setString(13, job.tenant().name());
            insert.addBatch();
        }
        insert.executeBatch();
    }

    private void insertKeys() throws SQLException {
        PreparedStatement insert = connection.prepare("INSERT INTO idempotency_keys (request_key, request_hash, job_id,"
                + " created_at) VALUES (?, ?, ?, ?)");
        boolean any = false;
        for (NewJob fresh : jobs) {
            Optional<JobLedger.IdempotencyKey> key = fresh.acceptance().key();
            if (key.isPresent()) {
                insert.setString(1, key.get().key());
                insert.setString(2, key.get().requestHash());
                insert.setString(3, fresh.job().id().value());
                insert.setObject(4, timestamp(fresh.job().accepted()));
                insert.addBatch();
                any = true;
            }
        }
        if (any) {
            insert.executeBatch();
        }
    }

    private void insertEvents() throws SQLException {
        if (events.isEmpty()) {
            return;
        }
        PreparedStatement insert = connection.prepare(
                "INSERT INTO job_events (job_id, seq, kind, happened_at, body) VALUES (?, ?, ?, ?, ?)");
        for (NewEvent fresh : events) {
            JobEvent event = fresh.event();
            insert.setString(1, event.job().value());
            insert.setInt(2, fresh.seq());
            insert.setString(3, event.getClass().getSimpleName());
            insert.setObject(4, timestamp(event.at()));
            insert.setString(5, LedgerJson.write(event));
            insert.addBatch();
        }
        insert.executeBatch();
    }

    private void updateSnapshots() throws SQLException {
        if (lastOfJob.isEmpty()) {
            return;
        }
        PreparedStatement update =
                connection.prepare("UPDATE jobs SET state = ?, ended = ?, changed_at = ?, attempts = ?,"
                        + " seq = ?, body = ? WHERE id = ?");
        for (Entry.Addition last : lastOfJob.values()) {
            bindState(update, last.after(), last.seq());
            update.addBatch();
        }
        update.executeBatch();
    }

    private static void bindState(PreparedStatement statement, Job job, int seq) throws SQLException {
        statement.setString(1, job.state().name());
        statement.setBoolean(2, job.state().isTerminal());
        statement.setObject(3, timestamp(job.changed()));
        statement.setInt(4, job.attempts().size());
        statement.setInt(5, seq);
        statement.setString(6, LedgerJson.write(job));
        statement.setString(7, job.id().value());
    }

    /** By ordinal, so that an older job of the same id is never touched. */
    private void takeBack(Entry.Acceptance acceptance) throws SQLException {
        String id = acceptance.event().job().value();
        PreparedStatement delete = connection.prepare("DELETE FROM jobs WHERE id = ? AND ordinal = ?");
        delete.setString(1, id);
        delete.setLong(2, acceptance.ordinal());
        if (delete.executeUpdate() > 0) {
            for (String table : List.of("job_events", "idempotency_keys")) {
                PreparedStatement rest = connection.prepare("DELETE FROM " + table + " WHERE job_id = ?");
                rest.setString(1, id);
                rest.executeUpdate();
            }
        }
    }

    private static OffsetDateTime timestamp(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
