package drover.bench;

import drover.ledger.LedgerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/** A job database to be measured: empty at first, gone after {@link #close}. */
final class BenchDatabase implements AutoCloseable {
    private static final String SCHEMA = "drover_bench";
    private static final int CHUNK = 20_000;
    private static final int MAX_UNFINISHED = 1_000_000;

    private final String name;
    private final LedgerSettings settings;
    private final String range;
    private final Cleaning cleaning;

    private interface Cleaning {
        void clean() throws SQLException, IOException;
    }

    private BenchDatabase(String name, LedgerSettings settings, String range, Cleaning cleaning) {
        this.name = name;
        this.settings = settings;
        this.range = range;
        this.cleaning = cleaning;
    }

    /** An H2 file on the disk of this folder. */
    static BenchDatabase h2(Path parent) throws BenchException {
        try {
            Path folder = Files.createTempDirectory(Files.createDirectories(parent), "bench-ledger");
            return new BenchDatabase(
                    "H2, forced to the disk with each commit",
                    measured(LedgerSettings.h2In(folder)),
                    "SELECT x AS n FROM SYSTEM_RANGE(%d, %d)",
                    () -> remove(folder));
        } catch (IOException e) {
            throw new BenchException("no folder can be made in " + parent, e);
        }
    }

    /** A schema of its own on this server. */
    static BenchDatabase postgresql(LedgerSettings server) throws BenchException {
        String url = server.url() + (server.url().contains("?") ? "&" : "?") + "currentSchema=" + SCHEMA;
        try (Connection connection = connect(server);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP SCHEMA IF EXISTS " + SCHEMA + " CASCADE");
            statement.execute("CREATE SCHEMA " + SCHEMA);
        } catch (SQLException e) {
            throw new BenchException("the server of " + server + " cannot be used: " + e.getMessage(), e);
        }
        return new BenchDatabase(
                "PostgreSQL", measured(server.withUrl(url)), "SELECT n FROM generate_series(%d, %d) AS g (n)", () -> {
                    try (Connection connection = connect(server);
                            Statement statement = connection.createStatement()) {
                        statement.execute("DROP SCHEMA " + SCHEMA + " CASCADE");
                    }
                });
    }

    private static LedgerSettings measured(LedgerSettings settings) {
        LedgerSettings.Limits limits = settings.limits();
        return settings.withLimits(
                new LedgerSettings.Limits(MAX_UNFINISHED, limits.maxBatch(), limits.maxPending(), limits.maxKept()));
    }

    String name() {
        return name;
    }

    LedgerSettings settings() {
        return settings;
    }

    /** Puts in this many finished jobs: copies of one that the ledger has seen from its beginning to its end. */
    void fill(int count) throws BenchException {
        String pattern;
        try (LedgerLoad load = LedgerLoad.open(settings, "pattern")) {
            pattern = load.finishOne();
        }
        try (Connection connection = connect(settings);
                Statement statement = connection.createStatement()) {
            for (int from = 1; from <= count; from += CHUNK) {
                String numbers = String.format(range, from, Math.min(count, from + CHUNK - 1));
                for (String copy : List.of(
                        "INSERT INTO jobs (id, ordinal, state, ended, priority, model, accepted_at, deadline, changed_at,"
                                + " attempts, seq, body) SELECT 'finished-' || (1000000000 + n), -n, state, ended, priority,"
                                + " model, accepted_at, deadline, changed_at, attempts, seq, body FROM jobs, (%s) r"
                                + " WHERE id = '%s'",
                        "INSERT INTO job_events (job_id, seq, kind, happened_at, body) SELECT 'finished-' ||"
                                + " (1000000000 + n), seq, kind, happened_at, body FROM job_events, (%s) r"
                                + " WHERE job_id = '%s'",
                        "INSERT INTO idempotency_keys (request_key, request_hash, job_id, created_at) SELECT 'key-' ||"
                                + " (1000000000 + n), 'hash', 'finished-' || (1000000000 + n), accepted_at"
                                + " FROM jobs, (%s) r WHERE id = '%s'")) {
                    statement.execute(String.format(copy, numbers, pattern));
                }
            }
            statement.execute("ANALYZE");
        } catch (SQLException e) {
            throw new BenchException("finished jobs cannot be put in: " + e.getMessage(), e);
        }
    }

    /** Takes everything out. */
    void empty() throws BenchException {
        try (Connection connection = connect(settings);
                Statement statement = connection.createStatement()) {
            for (String table : List.of("jobs", "job_events", "idempotency_keys")) {
                statement.execute("TRUNCATE TABLE " + table);
            }
        } catch (SQLException e) {
            throw new BenchException("the database cannot be emptied: " + e.getMessage(), e);
        }
    }

    private static Connection connect(LedgerSettings settings) throws SQLException {
        Properties properties = new Properties();
        if (!settings.user().isEmpty()) {
            properties.setProperty("user", settings.user());
        }
        settings.password().ifPresent(password -> properties.setProperty("password", password));
        return DriverManager.getConnection(settings.url(), properties);
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Override
    public void close() throws BenchException {
        try {
            cleaning.clean();
        } catch (SQLException | IOException e) {
            throw new BenchException("what was measured cannot be removed: " + e.getMessage(), e);
        }
    }
}
