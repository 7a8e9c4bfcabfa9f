package drover.ledger;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection that writes. It holds the lock on the database, so that whatever is written is written by the holder
 * of the lock; when it breaks, a new one takes the lock again, unless another Drover has been the writer meanwhile.
 * Belongs to one thread.
 */
final class WriterConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WriterConnection.class);
    private static final long LOCK_POLL_MILLIS = 100;

    private final LedgerSettings settings;
    private final Tenure tenure;
    private final Dialect dialect;
    private final Map<String, PreparedStatement> statements = new HashMap<>();
    private @Nullable Connection open;
    private Optional<H2Housekeeping> housekeeping = Optional.empty();
    private long epoch;

    WriterConnection(LedgerSettings settings, Tenure tenure) {
        this.settings = settings;
        this.tenure = tenure;
        this.dialect = settings.dialect();
    }

    /**
     * Takes the lock for the first time. The server may need a moment to notice that an earlier writer has died, so it
     * waits as long as a connection may take.
     *
     * @throws Dialect.LockedException if another Drover has it
     */
    void lock() throws SQLException, InterruptedException {
        long patience = System.nanoTime() + settings.waits().connect().toNanos();
        while (true) {
            try {
                use(connect(tenure));
                return;
            } catch (Dialect.LockedException e) {
                if (System.nanoTime() >= patience) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(LOCK_POLL_MILLIS);
            }
        }
    }

    /** Writes down that this is the writer now, once the schema is there. */
    void begin() throws SQLException {
        Connection connection = connection();
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE ledger_writer SET epoch = epoch + 1");
            epoch = readEpoch(statement);
        }
        connection.commit();
        dialect.force(connection);
    }

    /**
     * The connection, made anew if the last one broke. Nothing is committed by itself.
     *
     * @throws TakenOverException if another Drover has been the writer meanwhile
     */
    Connection connection() throws SQLException {
        Connection connection = open;
        if (connection == null) {
            connection = connect(new Tenure(tenure.host(), Optional.empty()));
            try (Statement statement = connection.createStatement()) {
                if (readEpoch(statement) != epoch) {
                    throw new TakenOverException();
                }
                connection.commit();
            } catch (SQLException | RuntimeException e) {
                close(connection);
                throw e;
            }
            use(connection);
        }
        return connection;
    }

    private void use(Connection connection) throws SQLException {
        try {
            housekeeping = dialect.housekeeping(connection);
        } catch (SQLException | RuntimeException e) {
            close(connection);
            throw e;
        }
        open = connection;
    }

    /** A statement of this connection, prepared once. */
    PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement known = statements.get(sql);
        if (known == null) {
            known = connection().prepareStatement(sql);
            statements.put(sql, known);
        }
        return known;
    }

    /** Commits; when this returns, it is on disk. */
    void commit() throws SQLException {
        Connection connection = connection();
        housekeeping.ifPresent(H2Housekeeping::committing);
        connection.commit();
        dialect.force(connection);
    }

    /** What is to be done when nobody waits for this connection; takes some milliseconds. */
    Optional<Runnable> chore() {
        return housekeeping.filter(H2Housekeeping::isDue).map(due -> due::run);
    }

    /** After a failure: the next use makes a new connection. */
    void discard() {
        Connection broken = open;
        open = null;
        housekeeping = Optional.empty();
        statements.clear();
        if (broken != null) {
            close(broken);
        }
    }

    private Connection connect(Tenure now) throws SQLException {
        Connection connection =
                DriverManager.getConnection(dialect.address(settings.url()), dialect.properties(settings));
        try {
            dialect.prepareWriter(connection, now);
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException e) {
            close(connection);
            throw e;
        }
    }

    private static long readEpoch(Statement statement) throws SQLException {
        try (ResultSet found = statement.executeQuery("SELECT epoch FROM ledger_writer")) {
            found.next();
            return found.getLong(1);
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("a broken connection does not close", e);
        }
    }

    @Override
    public void close() {
        discard();
    }
}
