package drover.ledger;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How the ledger keeps its database.
 *
 * @param url JDBC address; see {@link #h2File}
 * @param user database user; may be empty
 * @param password never printed
 * @param maxUnfinished how many jobs may be on the way before further ones are refused, 1 to 1,000,000
 * @param maxBatch how many events one transaction takes at most, 1 to 100,000
 * @param maxPending how many events may wait for a commit before jobs are refused as unavailable, at least {@code
 *     maxBatch}
 * @param readers threads and connections for reading, 1 to 64
 * @param connectTimeout how long a connection may take
 * @param retryMin pause after the first failure of the database
 * @param retryMax longest pause between two tries
 */
public record LedgerSettings(
        String url,
        String user,
        Optional<String> password,
        int maxUnfinished,
        int maxBatch,
        int maxPending,
        int readers,
        Duration connectTimeout,
        Duration retryMin,
        Duration retryMax) {

    public static final int DEFAULT_MAX_UNFINISHED = 10_000;
    public static final int DEFAULT_MAX_BATCH = 1_000;
    public static final int DEFAULT_MAX_PENDING = 50_000;
    public static final int DEFAULT_READERS = 2;
    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(5);
    public static final Duration DEFAULT_RETRY_MIN = Duration.ofMillis(200);
    public static final Duration DEFAULT_RETRY_MAX = Duration.ofSeconds(10);

    public LedgerSettings {
        require(url.startsWith("jdbc:"), "url", "an address that starts with jdbc:", "another");
        require(within(maxUnfinished, 1, 1_000_000), "max-unfinished", "1 to 1000000", maxUnfinished);
        require(within(maxBatch, 1, 100_000), "max-batch", "1 to 100000", maxBatch);
        require(maxPending >= maxBatch, "max-pending", "at least max-batch (" + maxBatch + ")", maxPending);
        require(within(readers, 1, 64), "readers", "1 to 64", readers);
        require(connectTimeout.toMillis() >= 250, "connect-timeout", "at least 250 ms", connectTimeout);
        require(retryMin.isPositive(), "retry-min", "more than nothing", retryMin);
        require(retryMax.compareTo(retryMin) >= 0, "retry-max", "at least retry-min (" + retryMin + ")", retryMax);
    }

    /** Defaults for a database at this JDBC address. */
    public static LedgerSettings at(String url) {
        return new LedgerSettings(
                url,
                "",
                Optional.empty(),
                DEFAULT_MAX_UNFINISHED,
                DEFAULT_MAX_BATCH,
                DEFAULT_MAX_PENDING,
                DEFAULT_READERS,
                DEFAULT_CONNECT_TIMEOUT,
                DEFAULT_RETRY_MIN,
                DEFAULT_RETRY_MAX);
    }

    /** Defaults for an H2 file {@code ledger.mv.db} in this folder. */
    public static LedgerSettings h2In(Path folder) {
        return at(h2File(folder.resolve("ledger")));
    }

    /**
     * The address of an H2 file.
     *
     * @param file without the ending {@code .mv.db}
     */
    public static String h2File(Path file) {
        return "jdbc:h2:file:" + file.toAbsolutePath();
    }

    private static boolean within(int value, int least, int most) {
        return value >= least && value <= most;
    }

    private static void require(boolean holds, String key, String expected, Object found) {
        if (!holds) {
            throw new IllegalArgumentException("ledger " + key + " must be " + expected + ", but was " + found);
        }
    }

    /** Without the address's parameters and the password: both may hold secrets. */
    @Override
    public String toString() {
        return "LedgerSettings[" + url.split("[;?]", 2)[0] + "]";
    }
}
