package drover.ledger;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How the ledger keeps its database.
 *
 * @param url JDBC address of an H2 file or a PostgreSQL database, without a password; see {@link #h2File}
 * @param user database user; may be empty
 * @param password never printed
 * @param limits how much it takes
 * @param readers threads and connections for reading, 1 to 64
 * @param waits how long it waits
 * @param retention how long it keeps what has ended
 */
public record LedgerSettings(
        String url,
        String user,
        Optional<String> password,
        Limits limits,
        int readers,
        Waits waits,
        RetentionSettings retention) {

    public static final int DEFAULT_READERS = 2;

    private static final Pattern WITH_PASSWORD = Pattern.compile("(?i).*([?&;]password=|//[^/?]*@).*");

    /**
     * How much the ledger takes.
     *
     * @param maxUnfinished how many jobs may be on the way before further ones are refused, 1 to 1,000,000
     * @param maxBatch how many events one transaction takes at most, 1 to 100,000
     * @param maxPending how many events may wait for a commit before jobs are refused as unavailable, at least {@code
     *     maxBatch}
     * @param maxKept how many events of running jobs are kept while the database cannot be written, at least {@code
     *     maxPending}; at one more the process ends, and its next start goes on with what is on disk
     */
    public record Limits(int maxUnfinished, int maxBatch, int maxPending, int maxKept) {
        public static final Limits DEFAULTS = new Limits(10_000, 1_000, 50_000, 200_000);

        public Limits {
            require(within(maxUnfinished, 1, 1_000_000), "max-unfinished", "1 to 1000000", maxUnfinished);
            require(within(maxBatch, 1, 100_000), "max-batch", "1 to 100000", maxBatch);
            require(maxPending >= maxBatch, "max-pending", "at least max-batch (" + maxBatch + ")", maxPending);
            require(maxKept >= maxPending, "max-kept", "at least max-pending (" + maxPending + ")", maxKept);
        }
    }

    /**
     * How long the ledger waits for its database.
     *
     * @param connect how long a connection may take, and at the start an earlier writer's lock; at least 250 ms
     * @param retryMin pause after the first failure of the database
     * @param retryMax longest pause between two tries
     */
    public record Waits(Duration connect, Duration retryMin, Duration retryMax) {
        public static final Waits DEFAULTS =
                new Waits(Duration.ofSeconds(5), Duration.ofMillis(200), Duration.ofSeconds(10));

        public Waits {
            require(connect.toMillis() >= 250, "connect-timeout", "at least 250 ms", connect);
            require(retryMin.isPositive(), "retry-min", "more than nothing", retryMin);
            require(retryMax.compareTo(retryMin) >= 0, "retry-max", "at least retry-min (" + retryMin + ")", retryMax);
        }
    }

    public LedgerSettings {
        require(isUsable(url), "url", URL_EXPECTED, "another");
        require(within(readers, 1, 64), "readers", "1 to 64", readers);
    }

    /** What {@link #isUsable} asks for. */
    public static final String URL_EXPECTED =
            "an address that starts with jdbc:h2: or jdbc:postgresql:, without a password in it";

    /** Whether an address names a database of a kind that is known here, and no password. */
    public static boolean isUsable(String url) {
        return Dialect.of(url).isPresent() && !WITH_PASSWORD.matcher(url).matches();
    }

    /** Defaults for a database at this JDBC address. */
    public static LedgerSettings at(String url) {
        return new LedgerSettings(
                url,
                "",
                Optional.empty(),
                Limits.DEFAULTS,
                DEFAULT_READERS,
                Waits.DEFAULTS,
                RetentionSettings.DEFAULTS);
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

    /** Whether this is a server, and not a file of one process. */
    public boolean isPostgresql() {
        return dialect() == Dialect.POSTGRESQL;
    }

    Dialect dialect() {
        return Dialect.of(url).orElseThrow();
    }

    /** The same for another address. */
    public LedgerSettings withUrl(String other) {
        return new LedgerSettings(other, user, password, limits, readers, waits, retention);
    }

    /** The same for this user. */
    public LedgerSettings withUser(String other) {
        return new LedgerSettings(url, other, password, limits, readers, waits, retention);
    }

    /** The same with other limits. */
    public LedgerSettings withLimits(Limits other) {
        return new LedgerSettings(url, user, password, other, readers, waits, retention);
    }

    /** The same with other waits. */
    public LedgerSettings withWaits(Waits other) {
        return new LedgerSettings(url, user, password, limits, readers, other, retention);
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
