package drover.chaos;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that is in a ledger, as the tables have it and without Drover's own reading of them.
 *
 * @param jobs in the order of acceptance
 * @param events of each job in the order of their numbers
 */
record LedgerCopy(List<Row> jobs, Map<String, List<Event>> events) {
    /**
     * A job.
     *
     * @param ordinal order of acceptance
     * @param prompt what was ordered
     * @param state such as {@code DELIVERED}
     */
    record Row(
            String id,
            long ordinal,
            String prompt,
            String state,
            boolean ended,
            String priority,
            String tenant,
            Instant accepted,
            List<Asset> assets) {}

    /** A result. */
    record Asset(String key, long bytes, String sha256) {}

    /**
     * Something that happened to a job.
     *
     * @param seq number within the job
     * @param kind such as {@code Assigned}
     * @param written when, in the order of all that was written: events of other jobs can be compared by it, while clocks
     *     may be set differently
     * @param attempt the attempt it speaks of
     * @param node the node it speaks of
     */
    record Event(int seq, String kind, long written, Optional<Integer> attempt, Optional<String> node) {}

    LedgerCopy {
        jobs = List.copyOf(jobs);
    }

    static LedgerCopy read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            Map<String, List<Asset>> assets = assets(statement);
            return new LedgerCopy(jobs(statement, assets), events(statement));
        }
    }

    /** How many jobs have not come to an end. */
    static int unfinished(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT COUNT(*) FROM jobs WHERE NOT ended")) {
            found.next();
            return found.getInt(1);
        }
    }

    private static Map<String, List<Asset>> assets(Statement statement) throws SQLException {
        Map<String, List<Asset>> assets = new LinkedHashMap<>();
        try (ResultSet found =
                statement.executeQuery("SELECT j.id, a ->> 'key', (a ->> 'bytes')::bigint, a ->> 'sha256'"
                        + " FROM jobs j, json_array_elements(j.body::json -> 'assets') a")) {
            while (found.next()) {
                assets.computeIfAbsent(found.getString(1), _ -> new ArrayList<>())
                        .add(new Asset(found.getString(2), found.getLong(3), found.getString(4)));
            }
        }
        return assets;
    }

    private static List<Row> jobs(Statement statement, Map<String, List<Asset>> assets) throws SQLException {
        List<Row> rows = new ArrayList<>();
        try (ResultSet found = statement.executeQuery(
                "SELECT id, ordinal, body::json -> 'request' ->> 'prompt', state, ended, priority, tenant, accepted_at"
                        + " FROM jobs ORDER BY ordinal")) {
            while (found.next()) {
                rows.add(new Row(
                        found.getString(1),
                        found.getLong(2),
                        found.getString(3),
                        found.getString(4),
                        found.getBoolean(5),
                        found.getString(6),
                        found.getString(7),
                        found.getObject(8, OffsetDateTime.class).toInstant(),
                        assets.getOrDefault(found.getString(1), List.of())));
            }
        }
        return rows;
    }

    /** There is one writer at a time, so the numbers of its transactions say which came first. */
    private static Map<String, List<Event>> events(Statement statement) throws SQLException {
        Map<String, List<Event>> events = new LinkedHashMap<>();
        try (ResultSet found = statement.executeQuery(
                "SELECT job_id, seq, kind, ROW_NUMBER() OVER (ORDER BY xmin::text::bigint, ctid),"
                        + " (body::json -> 'attempt' ->> 'number')::integer, body::json ->> 'node'"
                        + " FROM job_events ORDER BY job_id, seq")) {
            while (found.next()) {
                int attempt = found.getInt(5);
                Optional<Integer> spoken = found.wasNull() ? Optional.empty() : Optional.of(attempt);
                events.computeIfAbsent(found.getString(1), _ -> new ArrayList<>())
                        .add(new Event(
                                found.getInt(2),
                                found.getString(3),
                                found.getLong(4),
                                spoken,
                                Optional.ofNullable(found.getString(6))));
            }
        }
        return events;
    }
}
