package drover.ledger;

import drover.job.Job;
import drover.job.JobState;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what has happened to jobs, over a connection of its own and page by page: no transaction stays open, no more than
 * one page is in memory, and neither the writer nor the other readers wait for it. Every method blocks; belongs to one
 * thread. Never interrupt that thread: H2 would lose the file that its writer writes to.
 */
public final class LedgerHistory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerHistory.class);

    /** Bodies are some kilobytes, with the longest prompts some tens. */
    static final int PAGE = 500;

    /** Served by the unique index on the ordinal, as is everything that goes by it. */
    static final String FROM_ORDINAL =
            "SELECT ordinal, accepted_at FROM jobs WHERE ordinal >= ? ORDER BY ordinal LIMIT 1";

    private static final String LAST_ORDINAL = "SELECT COALESCE(MIN(ordinal), 0), COALESCE(MAX(ordinal), -1) FROM jobs";
    private static final String CHANGED = "SELECT ordinal, body FROM jobs WHERE ordinal > ? AND changed_at >= ?%s"
            + " ORDER BY ordinal LIMIT " + PAGE;
    /** Served by the index on the state. */
    private static final String OLD_UNFINISHED = "SELECT ordinal, body FROM jobs WHERE state IN ("
            + Arrays.stream(JobState.values())
                    .filter(state -> !state.isTerminal())
                    .map(state -> "'" + state.name() + "'")
                    .collect(Collectors.joining(", "))
            + ") AND ordinal > ? AND changed_at >= ? AND ordinal < ?%s ORDER BY ordinal LIMIT " + PAGE;
    /** Times of acceptance follow the ordinals but for some milliseconds, and a clock that was set. */
    private static final Duration SLACK = Duration.ofHours(1);

    private final Connection connection;

    private LedgerHistory(Connection connection) {
        this.connection = connection;
    }

    /**
     * Connects to a job database that is there.
     *
     * @throws LedgerException if it cannot be reached
     */
    public static LedgerHistory open(LedgerSettings settings) throws LedgerException {
        Dialect dialect = settings.dialect();
        try {
            Connection connection = DriverManager.getConnection(
                    dialect.existing(dialect.address(settings.url())), dialect.properties(settings));
            connection.setReadOnly(true);
            return new LedgerHistory(connection);
        } catch (SQLException e) {
            throw new LedgerException("the job database cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Shows every job that has changed since, in no particular order.
     *
     * @param longest how long a job may take from its acceptance to its end; one that took longer, and has ended, may be
     *     passed over
     * @param model only jobs for this model
     * @param each gets one job after the other; false to see no more
     * @throws LedgerException if the database cannot be read
     */
    public void changedSince(Instant since, Duration longest, Optional<String> model, Predicate<Job> each)
            throws LedgerException {
        String also = model.isPresent() ? " AND model = ?" : "";
        try {
            long first = firstAccepted(since.minus(longest).minus(SLACK));
            if (pages(OLD_UNFINISHED.formatted(also), Long.MIN_VALUE, since, Optional.of(first), model, each)) {
                pages(CHANGED.formatted(also), first - 1, since, Optional.empty(), model, each);
            }
        } catch (SQLException | UncheckedIOException e) {
            throw new LedgerException("the job database cannot be read: " + e.getMessage(), e);
        }
    }

    private boolean pages(
            String sql, long after, Instant since, Optional<Long> before, Optional<String> model, Predicate<Job> each)
            throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setObject(2, timestamp(since));
            int next = 3;
            if (before.isPresent()) {
                query.setLong(next++, before.get());
            }
            if (model.isPresent()) {
                query.setString(next, LedgerJson.column(model.get()));
            }
            long last = after;
            while (true) {
                query.setLong(1, last);
                int rows = 0;
                try (ResultSet found = query.executeQuery()) {
                    while (found.next()) {
                        rows++;
                        last = found.getLong(1);
                        if (!each.test(LedgerJson.read(found.getString(2), Job.class))) {
                            return false;
                        }
                    }
                }
                if (rows < PAGE) {
                    return true;
                }
            }
        }
    }

    /** The lowest ordinal from which on everything was accepted at this time or later, found in some twenty steps. */
    private long firstAccepted(Instant at) throws SQLException {
        long low;
        long high;
        try (PreparedStatement query = connection.prepareStatement(LAST_ORDINAL);
                ResultSet found = query.executeQuery()) {
            found.next();
            low = found.getLong(1);
            high = found.getLong(2) + 1;
        }
        try (PreparedStatement query = connection.prepareStatement(FROM_ORDINAL)) {
            while (low < high) {
                long middle = low + (high - low) / 2;
                query.setLong(1, middle);
                try (ResultSet found = query.executeQuery()) {
                    if (found.next()
                            && found.getObject(2, OffsetDateTime.class)
                                    .toInstant()
                                    .isBefore(at)) {
                        low = found.getLong(1) + 1;
                    } else {
                        high = middle;
                    }
                }
            }
        }
        return low;
    }

    private static OffsetDateTime timestamp(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("a connection for reading does not close", e);
        }
    }
}
