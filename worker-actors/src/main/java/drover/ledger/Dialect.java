package drover.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;

/** What the databases do differently. Everything else is SQL that both understand. */
enum Dialect {
    /** A file of this process's own. It is locked as long as it is open. */
    H2("jdbc:h2:") {
        // With WRITE_DELAY=0 a commit is in the file when it returns, and H2 does not tidy up the file beside the work:
        // that made one accept in a hundred wait for 50 ms; see H2Housekeeping. Space that is free is used again after
        // 10 instead of 45 s, which keeps the file small; whatever replaced it is on the disk by then. The database is
        // closed by its owner and not by a shutdown hook of its own, which could come before the last commit.
        @Override
        String address(String url) {
            StringBuilder all = new StringBuilder(url);
            for (String setting : List.of(
                    "WRITE_DELAY=0",
                    "RETENTION_TIME=10000",
                    "DB_CLOSE_ON_EXIT=FALSE",
                    "TRACE_LEVEL_FILE=0",
                    "QUERY_CACHE_SIZE=64")) {
                String name = setting.substring(0, setting.indexOf('=') + 1);
                if (!url.toUpperCase(Locale.ROOT).contains(";" + name)) {
                    all.append(';').append(setting);
                }
            }
            return all.toString();
        }

        @Override
        String existing(String address) {
            return address + ";IFEXISTS=TRUE";
        }

        @Override
        Properties properties(LedgerSettings settings) {
            Properties properties = new Properties();
            properties.setProperty("user", settings.user());
            properties.setProperty("password", settings.password().orElse(""));
            return properties;
        }

        @Override
        void prepareWriter(Connection connection, Tenure tenure) {
            // The file is locked already, and forced to the disk after each commit.
        }

        // H2 writes a commit to the file but does not force it to the disk; this statement does.
        @Override
        void force(Connection connection) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute("CHECKPOINT SYNC");
            }
        }

        @Override
        Optional<H2Housekeeping> housekeeping(Connection connection) throws SQLException {
            return Optional.of(H2Housekeeping.of(connection));
        }
    },

    /** A server. The writer holds an advisory lock, which goes with its connection. */
    POSTGRESQL("jdbc:postgresql:") {
        @Override
        String address(String url) {
            return url;
        }

        @Override
        String existing(String address) {
            return address;
        }

        @Override
        Properties properties(LedgerSettings settings) {
            Properties properties = new Properties();
            if (!settings.user().isEmpty()) {
                properties.setProperty("user", settings.user());
            }
            settings.password().ifPresent(password -> properties.setProperty("password", password));
            long seconds = Math.max(1, settings.waits().connect().toSeconds());
            properties.setProperty("connectTimeout", Long.toString(seconds));
            properties.setProperty("loginTimeout", Long.toString(seconds));
            // A server that no longer answers, for instance because the network is cut, counts as gone after this.
            properties.setProperty("socketTimeout", Long.toString(SILENCE.toSeconds()));
            properties.setProperty("tcpKeepAlive", "true");
            properties.setProperty("reWriteBatchedInserts", "true");
            properties.setProperty("ApplicationName", "drover");
            return properties;
        }

        @Override
        void prepareWriter(Connection connection, Tenure tenure) throws SQLException {
            requireSchema(connection);
            try (PreparedStatement name =
                    connection.prepareStatement("SELECT set_config('application_name', ?, false)")) {
                name.setString(1, Tenure.nameOf(tenure.host()));
                name.execute();
            }
            if (tenure.removed().isPresent()) {
                end(connection, Tenure.nameOf(tenure.removed().get()));
            }
            try (Statement statement = connection.createStatement();
                    ResultSet locked = statement.executeQuery("SELECT pg_try_advisory_lock(" + LOCK + ")")) {
                locked.next();
                if (!locked.getBoolean(1)) {
                    throw new LockedException(holder(connection));
                }
            }
            try (Statement statement = connection.createStatement()) {
                // Accepted means on disk, whatever the server's default.
                statement.execute("SELECT set_config('synchronous_commit', 'on', false)"
                        + " WHERE current_setting('synchronous_commit') = 'off'");
                // A writer whose host has vanished is noticed, and its lock let go of, within 25 s.
                statement.execute("SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;"
                        + " SET tcp_keepalives_count = 3");
                // The writer looks everything up by its key. What the planner knows of a table's size is a minute old:
                // a new table would be read from end to end, for every batch, until it has been analysed.
                statement.execute("SET enable_seqscan = off");
            }
        }

        // Without one there is nothing to lock, and the lock would look taken.
        private static void requireSchema(Connection connection) throws SQLException {
            try (Statement statement = connection.createStatement();
                    ResultSet found = statement.executeQuery(
                            "SELECT current_schema(), current_setting('search_path'), current_database()")) {
                found.next();
                if (found.getString(1) == null) {
                    throw new NoSchemaException(found.getString(2), found.getString(3));
                }
            }
        }

        // Ends the connection that holds the lock, if it has this name. The lock is free a moment later.
        private static void end(Connection connection, String name) throws SQLException {
            try (PreparedStatement query = connection.prepareStatement(
                    "SELECT pg_terminate_backend(a.pid)" + OF_HOLDER + " AND a.application_name = ?")) {
                query.setLong(1, LOCK_CLASS);
                query.setString(2, name);
                query.execute();
            }
        }

        private static String holder(Connection connection) throws SQLException {
            try (PreparedStatement query = connection.prepareStatement(
                    "SELECT COALESCE(host(a.client_addr), 'this host'), a.backend_start" + OF_HOLDER)) {
                query.setLong(1, LOCK_CLASS);
                try (ResultSet found = query.executeQuery()) {
                    return found.next()
                            ? "already in use by a Drover on " + found.getString(1) + ", connected since "
                                    + found.getString(2)
                            : "already in use by another Drover";
                }
            }
        }

        @Override
        void force(Connection connection) {
            // A commit is on disk when it returns.
        }

        @Override
        Optional<H2Housekeeping> housekeeping(Connection connection) {
            return Optional.empty(); // The server's autovacuum.
        }
    };

    private static final Duration SILENCE = Duration.ofSeconds(30);
    private static final int LOCK_CLASS = 0x64726f76;
    /** Locks are the database's; a schema is a ledger. */
    private static final String LOCK = LOCK_CLASS + ", hashtext(current_schema())";

    private final String prefix;

    Dialect(String prefix) {
        this.prefix = prefix;
    }

    private static final String OF_HOLDER = " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
            + " WHERE l.locktype = 'advisory' AND l.granted"
            + " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            + " AND l.classid::bigint = ? AND l.objid::bigint = (hashtext(current_schema())::bigint & 4294967295)";

    /** The database is another Drover's. */
    static final class LockedException extends SQLException {
        LockedException(String message) {
            super(message);
        }
    }

    /** The schema in which the tables are to be does not exist. */
    static final class NoSchemaException extends SQLException {
        NoSchemaException(String schema, String database) {
            super("there is no schema " + schema + " in database " + database);
        }
    }

    /** The one that this address is for. */
    static Optional<Dialect> of(String url) {
        for (Dialect dialect : values()) {
            if (url.startsWith(dialect.prefix)) {
                return Optional.of(dialect);
            }
        }
        return Optional.empty();
    }

    /** The address with what has to be part of it. */
    abstract String address(String url);

    /** The same {@link #address} for whoever must not make a database that is not there. */
    abstract String existing(String address);

    /** What the driver is told besides: user and password, and how to connect. */
    abstract Properties properties(LedgerSettings settings);

    /**
     * Makes a fresh connection the one that writes.
     *
     * @throws LockedException if another Drover is the writer
     * @throws NoSchemaException if there is no place for the tables
     */
    abstract void prepareWriter(Connection connection, Tenure tenure) throws SQLException;

    /** After a commit: has it forced to the disk. */
    abstract void force(Connection connection) throws SQLException;

    /** What the writer has to do besides, so that the database does not grow; empty if it does that itself. */
    abstract Optional<H2Housekeeping> housekeeping(Connection connection) throws SQLException;
}
