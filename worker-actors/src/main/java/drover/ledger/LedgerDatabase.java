package drover.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobState;
import drover.watchdog.Incident;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The job database: its connections, its schema, and its transactions. Every method blocks. {@link #write} belongs to
 * one thread; reading may be done by many at once.
 */
public final class LedgerDatabase implements LedgerStore {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerDatabase.class);
    private static final String H2 = "jdbc:h2:";
    private static final int MAX_WAITING_READERS = 1_000;
    private static final long CLOSE_SECONDS = 10;

    private final HikariDataSource pool;
    private final Jdbi jdbi;
    private final Optional<String> forceToDisk;
    private final ExecutorService writer;
    private final ExecutorService readers;

    private LedgerDatabase(HikariDataSource pool, Optional<String> forceToDisk, int readerThreads) {
        this.pool = pool;
        this.jdbi = Jdbi.create(pool);
        this.forceToDisk = forceToDisk;
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
     * Connects, and brings the schema up to date.
     *
     * @throws LedgerException if the database cannot be had, is in use by another process, or is of a newer Drover
     */
    public static LedgerDatabase open(LedgerSettings settings) throws LedgerException {
        boolean h2 = settings.url().startsWith(H2);
        HikariConfig config = new HikariConfig();
        config.setPoolName("drover-ledger");
        config.setJdbcUrl(h2 ? withDurability(settings.url()) : settings.url());
        config.setUsername(settings.user());
        settings.password().ifPresent(config::setPassword);
        config.setMaximumPoolSize(settings.readers() + 1);
        config.setConnectionTimeout(settings.connectTimeout().toMillis());
        HikariDataSource pool = null;
        try {
            pool = new HikariDataSource(config);
            Flyway.configure(LedgerDatabase.class.getClassLoader())
                    .dataSource(pool)
                    .locations("classpath:drover/ledger/migration")
                    .load()
                    .migrate();
            // H2 writes a commit to the file but does not force it to the disk; this statement does.
            return new LedgerDatabase(pool, h2 ? Optional.of("CHECKPOINT SYNC") : Optional.empty(), settings.readers());
        } catch (FlywayException | PoolInitializationException e) {
            if (pool != null) {
                pool.close();
            }
            throw new LedgerException(explain(settings, e), e);
        }
    }

    /**
     * With {@code WRITE_DELAY=0} a commit is in the file when it returns, not half a second later. The database is closed
     * by its owner and not by a shutdown hook of its own, which could come before the last commit.
     */
    private static String withDurability(String url) {
        StringBuilder all = new StringBuilder(url);
        for (String setting : List.of("WRITE_DELAY=0", "DB_CLOSE_ON_EXIT=FALSE", "TRACE_LEVEL_FILE=0")) {
            String name = setting.substring(0, setting.indexOf('=') + 1);
            if (!url.toUpperCase(Locale.ROOT).contains(";" + name)) {
                all.append(';').append(setting);
            }
        }
        return all.toString();
    }

    private static String explain(LedgerSettings settings, RuntimeException failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String what = String.valueOf(root.getMessage());
        String advice = what.contains("already in use") || what.contains("locked")
                ? "Another Drover uses it: stop that one, or set another drover.data-dir."
                : "Check drover.ledger.url and that the place exists, is writable and is not full.";
        return "cannot open the job database " + settings + ": " + what + " " + advice;
    }

    @Override
    public Recovered recover() {
        return jdbi.withHandle(handle -> new Recovered(
                handle.createQuery("SELECT COALESCE(MAX(ordinal), 0) + 1 FROM jobs")
                        .mapTo(Long.class)
                        .one(),
                handle.createQuery("SELECT seq, body FROM jobs WHERE ended = FALSE ORDER BY ordinal")
                        .map((rs, ctx) ->
                                new Recovered.Kept(LedgerJson.read(rs.getString("body"), Job.class), rs.getInt("seq")))
                        .list()));
    }

    @Override
    public List<Entry.Outcome> write(Entry.Batch batch) {
        try (Handle handle = jdbi.open()) {
            List<Entry.Outcome> outcomes =
                    handle.inTransaction(transaction -> new BatchWriter(transaction).write(batch));
            forceToDisk.ifPresent(handle::execute);
            return outcomes;
        } catch (RuntimeException e) {
            // H2 closes a database that it could not write; only fresh connections open it again.
            pool.getHikariPoolMXBean().softEvictConnections();
            throw e;
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
    public List<Job> query(Optional<JobState> state, Optional<JobId> before, int limit) {
        String sql = "SELECT body FROM jobs WHERE 1 = 1"
                + (state.isPresent() ? " AND state = :state" : "")
                + (before.isPresent() ? " AND ordinal < (SELECT b.ordinal FROM jobs b WHERE b.id = :before)" : "")
                + " ORDER BY ordinal DESC LIMIT :limit";
        return jdbi.withHandle(handle -> {
            var query = handle.createQuery(sql).bind("limit", limit);
            state.ifPresent(s -> query.bind("state", s.name()));
            before.ifPresent(b -> query.bind("before", b.value()));
            return query.map((rs, ctx) -> LedgerJson.read(rs.getString("body"), Job.class))
                    .list();
        });
    }

    /** Keeps incidents, each in place of an earlier version. When this returns, they are on disk. */
    void keep(List<Incident> incidents) {
        jdbi.useHandle(handle -> {
            handle.useTransaction(transaction -> {
                for (Incident incident : incidents) {
                    transaction.execute("DELETE FROM incidents WHERE id = ?", incident.id());
                    transaction.execute(
                            "INSERT INTO incidents (id, happened_at, node, body) VALUES (?, ?, ?, ?)",
                            incident.id(),
                            incident.at().atOffset(ZoneOffset.UTC),
                            incident.node(),
                            LedgerJson.write(incident));
                }
            });
            forceToDisk.ifPresent(handle::execute);
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

    /** Also for {@link #keep}. */
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
        readers.shutdownNow();
        writer.shutdown();
        try {
            if (!writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn(
                        "the ledger's last transaction has not ended within {} s; closing all the same", CLOSE_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        pool.close();
    }
}
