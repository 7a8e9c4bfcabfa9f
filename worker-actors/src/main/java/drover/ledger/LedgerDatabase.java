package drover.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobState;
import drover.watchdog.Incident;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.pekko.Done;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The job database: its connections, its schema, and its transactions. Every method blocks. {@link #write} belongs to
 * one thread; reading may be done by many at once.
 */
public final class LedgerDatabase implements LedgerStore {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerDatabase.class);
    /** Served by the unique index on the ordinal, from its end. */
    static final String NEXT_ORDINAL = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM jobs";

    /** Served by the index on the state, so that the finished ones are not looked at. */
    static final String UNFINISHED = "SELECT seq, body FROM jobs WHERE state IN ("
            + Arrays.stream(JobState.values())
                    .filter(state -> !state.isTerminal())
                    .map(state -> "'" + state.name() + "'")
                    .collect(Collectors.joining(", "))
            + ") ORDER BY ordinal";

    /** Served by the index on state and ordinal. */
    static final String ENDED = "SELECT id, ordinal, accepted_at, changed_at FROM jobs WHERE state = ? AND ordinal > ?"
            + " ORDER BY ordinal LIMIT ?";

    private static final int MAX_WAITING_READERS = 1_000;
    private static final long CLOSE_SECONDS = 10;

    private final HikariDataSource pool;
    private final Jdbi jdbi;
    private final WriterConnection connection;
    private final ExecutorService writer;
    private final ExecutorService readers;

    private LedgerDatabase(HikariDataSource pool, WriterConnection connection, int readerThreads) {
        this.pool = pool;
        this.jdbi = Jdbi.create(pool);
        this.connection = connection;
        this.writer = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("drover-ledger-writer").factory());
        this.readers = new ThreadPoolExecutor(
                readerThreads,
                readerThreads,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MAX_WAITING_READERS),
                Thread.ofPlatform().name("drover-ledger-reader-", 0).daemon().factory());
    }

    /**
     * Connects, takes the database for this process alone, and brings the schema up to date.
     *
     * @throws LedgerException if the database cannot be had, is in use by another process, or is of a newer Drover
     */
    public static LedgerDatabase open(LedgerSettings settings) throws LedgerException {
        return open(settings, Tenure.ALONE);
    }

    /**
     * The same on behalf of one of several hosts.
     *
     * @throws LedgerException as above
     */
    public static LedgerDatabase open(LedgerSettings settings, Tenure tenure) throws LedgerException {
        Dialect dialect = settings.dialect();
        String address = dialect.address(settings.url());
        WriterConnection connection = new WriterConnection(settings, tenure);
        try {
            connection.lock();
            Properties login = dialect.properties(settings);
            Flyway.configure(LedgerDatabase.class.getClassLoader())
                    .dataSource(address, login.getProperty("user"), login.getProperty("password"))
                    .locations("classpath:drover/ledger/migration")
                    .load()
                    .migrate();
            connection.begin();
            return new LedgerDatabase(
                    new HikariDataSource(readPool(settings, dialect, address)), connection, settings.readers());
        } catch (FlywayException | PoolInitializationException | SQLException e) {
            connection.close();
            throw new LedgerException(explain(settings, e), e);
        } catch (InterruptedException e) {
            connection.close();
            Thread.currentThread().interrupt();
            throw new LedgerException("interrupted while the job database was opened", e);
        }
    }

    private static HikariConfig readPool(LedgerSettings settings, Dialect dialect, String address) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("drover-ledger");
        config.setJdbcUrl(address);
        config.setDataSourceProperties(dialect.properties(settings));
        config.setMaximumPoolSize(settings.readers());
        config.setConnectionTimeout(settings.waits().connect().toMillis());
        return config;
    }

    private static String explain(LedgerSettings settings, Exception failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String what = String.valueOf(root.getMessage());
        if (root instanceof Dialect.NoSchemaException) {
            return "cannot open the job database " + settings + ": " + what
                    + ". Make it with CREATE SCHEMA, as the user of drover.ledger.user or for it with AUTHORIZATION, or"
                    + " set another currentSchema in drover.ledger.url.";
        }
        String advice = what.contains("already in use") || what.contains("locked")
                ? "Another Drover uses it: stop that one, or set another drover.data-dir or drover.ledger.url."
                : "Check drover.ledger.url, user and password, and that the place exists, is writable and is not full.";
        return "cannot open the job database " + settings + ": " + what + ". " + advice;
    }

    @Override
    public Recovered recover() {
        return jdbi.withHandle(handle -> new Recovered(
                handle.createQuery(NEXT_ORDINAL).mapTo(Long.class).one(),
                handle.createQuery(UNFINISHED)
                        .map((rs, ctx) ->
                                new Recovered.Kept(LedgerJson.read(rs.getString("body"), Job.class), rs.getInt("seq")))
                        .list()));
    }

    @Override
    public List<Entry.Outcome> write(Entry.Batch batch) throws WriteFailedException {
        return inTransaction(() -> new BatchWriter(connection).write(batch));
    }

    private interface Work<T> {
        T run() throws SQLException;
    }

    private <T> T inTransaction(Work<T> work) throws WriteFailedException {
        boolean committing = false;
        try {
            T result = work.run();
            committing = true;
            connection.commit();
            connection.chore().ifPresent(this::later);
            return result;
        } catch (SQLException | RuntimeException e) {
            connection.discard();
            // H2 closes a database that it could not write; only fresh connections open it again.
            pool.getHikariPoolMXBean().softEvictConnections();
            throw new WriteFailedException(committing, e);
        }
    }

    // After whoever waits for this transaction has been answered.
    private void later(Runnable chore) {
        try {
            writer.execute(chore);
        } catch (RejectedExecutionException e) {
            LOG.debug("the job database is being closed; it is tidied up then", e);
        }
    }

    private <T> T awaitWriter(Work<T> work) throws WriteFailedException {
        try {
            return writer.submit(() -> inTransaction(work)).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof WriteFailedException failed ? failed : new WriteFailedException(true, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WriteFailedException(true, e);
        }
    }

    @Override
    public Optional<Job> find(JobId job) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT body FROM jobs WHERE id = :id")
                .bind("id", job.value())
                .map((rs, ctx) -> LedgerJson.read(rs.getString("body"), Job.class))
                .findOne());
    }

    @Override
    public List<Job> query(Optional<JobState> state, Optional<String> model, Optional<JobId> before, int limit) {
        String sql = "SELECT body FROM jobs WHERE 1 = 1"
                + (state.isPresent() ? " AND state = :state" : "")
                + (model.isPresent() ? " AND model = :model" : "")
                + (before.isPresent() ? " AND ordinal < (SELECT b.ordinal FROM jobs b WHERE b.id = :before)" : "")
                + " ORDER BY ordinal DESC LIMIT :limit";
        return jdbi.withHandle(handle -> {
            var query = handle.createQuery(sql).bind("limit", limit);
            state.ifPresent(s -> query.bind("state", s.name()));
            model.ifPresent(m -> query.bind("model", LedgerJson.column(m)));
            before.ifPresent(b -> query.bind("before", b.value()));
            return query.map((rs, ctx) -> LedgerJson.read(rs.getString("body"), Job.class))
                    .list();
        });
    }

    /** Keeps incidents, each in place of an earlier version. When this returns, they are on disk. */
    void keep(List<Incident> incidents) throws WriteFailedException {
        inTransaction(() -> {
            PreparedStatement delete = connection.prepare("DELETE FROM incidents WHERE id = ?");
            PreparedStatement insert =
                    connection.prepare("INSERT INTO incidents (id, happened_at, node, body) VALUES (?, ?, ?, ?)");
            for (Incident incident : incidents) {
                delete.setString(1, incident.id());
                delete.addBatch();
                insert.setString(1, incident.id());
                insert.setObject(2, incident.at().atOffset(ZoneOffset.UTC));
                insert.setString(3, LedgerJson.column(incident.node()));
                insert.setString(4, LedgerJson.write(incident));
                insert.addBatch();
            }
            delete.executeBatch();
            insert.executeBatch();
            return Done.getInstance();
        });
    }

    /** Reads incidents, newest first. */
    List<Incident> incidents(int limit) {
        return jdbi.withHandle(
                handle -> handle.createQuery("SELECT body FROM incidents ORDER BY happened_at DESC, id LIMIT :limit")
                        .bind("limit", limit)
                        .map((rs, ctx) -> LedgerJson.read(rs.getString("body"), Incident.class))
                        .list());
    }

    /**
     * Keeps what operators have changed; an entry that is there already is not doubled. When this returns, they are on
     * disk.
     */
    void keepAudit(List<AuditEntry> entries) throws WriteFailedException {
        inTransaction(() -> {
            PreparedStatement delete = connection.prepare("DELETE FROM audit WHERE id = ?");
            PreparedStatement insert =
                    connection.prepare("INSERT INTO audit (id, happened_at, who, action, body) VALUES (?, ?, ?, ?, ?)");
            for (AuditEntry entry : entries) {
                delete.setString(1, entry.id());
                delete.addBatch();
                insert.setString(1, entry.id());
                insert.setObject(2, entry.at().atOffset(ZoneOffset.UTC));
                insert.setString(3, entry.who());
                insert.setString(4, entry.action());
                insert.setString(5, LedgerJson.write(entry));
                insert.addBatch();
            }
            delete.executeBatch();
            insert.executeBatch();
            return Done.getInstance();
        });
    }

    /** Reads what operators have changed, newest first. */
    List<AuditEntry> audit(int limit) {
        return jdbi.withHandle(
                handle -> handle.createQuery("SELECT body FROM audit ORDER BY happened_at DESC, id DESC LIMIT :limit")
                        .bind("limit", limit)
                        .map((rs, ctx) -> LedgerJson.read(rs.getString("body"), AuditEntry.class))
                        .list());
    }

    /** Keeps what operators have taken out, and forgets what is empty. When this returns, it is on disk. */
    void keepHolds(Map<Hold.Key, Optional<Hold>> changes) throws WriteFailedException {
        inTransaction(() -> {
            PreparedStatement delete = connection.prepare("DELETE FROM operator_holds WHERE kind = ? AND subject = ?");
            PreparedStatement insert =
                    connection.prepare("INSERT INTO operator_holds (kind, subject, body) VALUES (?, ?, ?)");
            for (Map.Entry<Hold.Key, Optional<Hold>> change : changes.entrySet()) {
                String kind = change.getKey().kind().name();
                String subject = LedgerJson.column(change.getKey().subject());
                delete.setString(1, kind);
                delete.setString(2, subject);
                delete.addBatch();
                if (change.getValue().isPresent()) {
                    insert.setString(1, kind);
                    insert.setString(2, subject);
                    insert.setString(3, LedgerJson.write(change.getValue().get()));
                    insert.addBatch();
                }
            }
            delete.executeBatch();
            insert.executeBatch();
            return Done.getInstance();
        });
    }

    /** Reads what operators have taken out. */
    public List<Hold> holds() {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT body FROM operator_holds ORDER BY kind, subject")
                .map((rs, ctx) -> LedgerJson.read(rs.getString("body"), Hold.class))
                .list());
    }

    /** Keeps orders as they stand now. When this returns, they are on disk. */
    void keepOrders(Collection<Order> orders) throws WriteFailedException {
        inTransaction(() -> {
            OrderTable.keep(connection, orders);
            return Done.getInstance();
        });
    }

    /** Forgets orders that were closed and are older. */
    void pruneOrders(Instant before) throws WriteFailedException {
        inTransaction(() -> {
            OrderTable.prune(connection, before);
            return Done.getInstance();
        });
    }

    /** Reads the orders that are not answered yet, oldest first. */
    List<Order> openOrders() {
        return OrderTable.open(jdbi);
    }

    /** Reads one order. */
    Optional<Order> order(JobId job) {
        return OrderTable.find(jdbi, job);
    }

    /** Reads what has been earned since ever. */
    List<Earning> earnings() {
        return OrderTable.earnings(jdbi);
    }

    /** How many jobs have come to their end. */
    long countEnded() {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT COUNT(*) FROM jobs WHERE state IN (<ended>)")
                .bindList(
                        "ended", JobState.TERMINAL.stream().map(JobState::name).toList())
                .mapTo(Long.class)
                .one());
    }

    /** Jobs that have ended so, in the order of their acceptance, after this ordinal. */
    List<Pruner.Ended> ended(JobState state, long after, int limit) {
        return jdbi.withHandle(handle -> handle.createQuery(ENDED)
                .bind(0, state.name())
                .bind(1, after)
                .bind(2, limit)
                .map((rs, ctx) -> new Pruner.Ended(
                        new JobId(rs.getString("id")),
                        rs.getLong("ordinal"),
                        rs.getObject("accepted_at", OffsetDateTime.class).toInstant(),
                        rs.getObject("changed_at", OffsetDateTime.class).toInstant()))
                .list());
    }

    /** Removes jobs with all that belongs to them. Waits for its turn with the writer. */
    void remove(List<JobId> jobs) throws WriteFailedException {
        awaitWriter(() -> {
            Object[] ids = jobs.stream().map(JobId::value).toArray();
            for (String sql : List.of(
                    "DELETE FROM idempotency_keys WHERE job_id = ANY (?)",
                    "DELETE FROM job_events WHERE job_id = ANY (?)",
                    "DELETE FROM jobs WHERE id = ANY (?)")) {
                PreparedStatement delete = connection.prepare(sql);
                delete.setArray(1, connection.connection().createArrayOf("varchar", ids));
                delete.executeUpdate();
            }
            return Done.getInstance();
        });
    }

    /**
     * Removes incidents from before this moment. Waits for its turn with the writer.
     *
     * @param limit at most this many
     * @return how many
     */
    int removeIncidents(Instant before, int limit) throws WriteFailedException {
        return removeOld("incidents", before, limit);
    }

    /**
     * Removes audit entries from before this moment. Waits for its turn with the writer.
     *
     * @param limit at most this many
     * @return how many
     */
    int removeAudit(Instant before, int limit) throws WriteFailedException {
        return removeOld("audit", before, limit);
    }

    private int removeOld(String table, Instant before, int limit) throws WriteFailedException {
        return awaitWriter(() -> {
            PreparedStatement delete = connection.prepare("DELETE FROM " + table + " WHERE id IN (SELECT id FROM "
                    + table + " WHERE happened_at < ? ORDER BY happened_at LIMIT ?)");
            delete.setObject(1, before.atOffset(ZoneOffset.UTC));
            delete.setInt(2, limit);
            return delete.executeUpdate();
        });
    }

    /** Also for {@link #keep}, {@link #keepAudit} and {@link #keepHolds}. */
    @Override
    public Executor writer() {
        return writer;
    }

    @Override
    public Executor readers() {
        return readers;
    }

    /** Waits for what the writer has been given, then closes all connections, and with them an H2 file. Safe to repeat. */
    @Override
    public void close() {
        // Nobody is interrupted: an interrupt within H2's file access closes the file for the writer, too.
        readers.shutdown();
        writer.shutdown();
        try {
            if (!writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn(
                        "the ledger's last transaction has not ended within {} s; closing all the same", CLOSE_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connection.close();
        pool.close();
    }
}
