package drover.report;

import drover.client.ReportQuery;
import drover.client.ReportView;
import drover.ledger.LedgerException;
import drover.ledger.LedgerHistory;
import drover.ledger.LedgerSettings;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes reports: one at a time, on a thread and a database connection of its own, so that nothing else waits for one.
 * Safe for use by many threads.
 */
public final class ReportDesk implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReportDesk.class);

    /** What a report may take; a caller's patience should be longer. */
    public static final Duration TIME_LIMIT = Duration.ofMinutes(4);

    /** How many reports may wait for the one that is being made. */
    public static final int MOST_WAITING = 3;

    private static final Duration RETRY_AFTER = Duration.ofSeconds(10);
    private static final Duration END_LIMIT = Duration.ofSeconds(4);
    /** After as many jobs it makes room for others, for a quarter of the time that they took. */
    private static final int STRIDE = 200;

    private final LedgerSettings ledger;
    private final Duration longestJob;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final ThreadPoolExecutor worker;
    private volatile boolean ending;

    /** Answers to {@link #make}. */
    public sealed interface Reply {
        /** The report. */
        record Made(ReportView report) implements Reply {}

        /** Others wait for theirs. */
        record Busy(Duration retryAfter) implements Reply {}

        /** It cannot be made now, for this reason. */
        record Unavailable(String reason) implements Reply {}
    }

    /**
     * @param ledger the job database
     * @param longestJob how long a job may take from its acceptance to its end
     * @param nanoTime monotonic nanoseconds
     */
    public ReportDesk(LedgerSettings ledger, Duration longestJob, InstantSource clock, LongSupplier nanoTime) {
        this.ledger = ledger;
        this.longestJob = longestJob;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.worker = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MOST_WAITING),
                Thread.ofPlatform().name("drover-report").daemon().factory());
    }

    /** Makes a report up to now. */
    public CompletionStage<Reply> make(ReportQuery query) {
        try {
            return CompletableFuture.supplyAsync(() -> read(query), worker);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedFuture(new Reply.Busy(RETRY_AFTER));
        }
    }

    private Reply read(ReportQuery query) {
        Instant to = clock.instant();
        Instant from = to.minus(query.last());
        Aggregation aggregation = new Aggregation(from, to, query.node(), query.model());
        Pace pace = new Pace();
        try (LedgerHistory history = LedgerHistory.open(ledger)) {
            history.changedSince(from, longestJob, query.model(), job -> {
                aggregation.add(job);
                return pace.goOn();
            });
        } catch (LedgerException e) {
            LOG.warn("a report cannot be made: {}", e.getMessage(), e);
            return new Reply.Unavailable(String.valueOf(e.getMessage()));
        }
        return pace.stopped()
                ? new Reply.Unavailable("the report did not get done within " + TIME_LIMIT.toSeconds()
                        + " s; ask for a shorter time, or for one model")
                : new Reply.Made(aggregation.view());
    }

    /** Sees to it that one report neither takes for ever nor all of a core. */
    private final class Pace {
        private final long began = nanoTime.getAsLong();
        private long strideBegan = began;
        private int jobs;
        private boolean stopped;

        boolean goOn() {
            jobs++;
            if (jobs % STRIDE == 0) {
                long now = nanoTime.getAsLong();
                stopped = ending || now - began > TIME_LIMIT.toNanos();
                LockSupport.parkNanos((now - strideBegan) / 4);
                strideBegan = nanoTime.getAsLong();
            }
            return !stopped;
        }

        boolean stopped() {
            return stopped;
        }
    }

    /** Ends what is under way, and lets go of the database. Safe to repeat. Blocks for a moment. */
    @Override
    public void close() {
        ending = true;
        worker.shutdown(); // Never interrupted: see LedgerHistory.
        try {
            if (!worker.awaitTermination(END_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                LOG.warn("a report has not ended within {} s", END_LIMIT.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
