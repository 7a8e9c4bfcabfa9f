package drover.bench;

import drover.ledger.LedgerSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * How many jobs the ledger takes on per second, how long one of them waits at half the rate that is wanted, and whether
 * either changes when a million finished jobs lie in the database. The disk's own figure, measured in the same run,
 * stands beside it: a job is answered when it is on the disk.
 */
public final class LedgerBench {
    private static final double H2_GOAL = 5_000;
    private static final double POSTGRESQL_GOAL = 3_000;
    private static final double P99_LIMIT_MS = 25;
    private static final double CURVE_LIMIT = 0.8;
    /** Callers of the public API that wait at the same time; more would only lengthen the line. */
    private static final int IN_FLIGHT = 1_000;

    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration MEASURED = Duration.ofSeconds(15);
    private static final Duration SLICE = Duration.ofSeconds(3);
    private static final int SLICES = 3;
    private static final int FORCED = 300;
    private static final int BLOCK = 4096;
    private static final int[] HISTORY = {10, 1_000, 100_000, 1_000_000};

    private LedgerBench() {}

    /**
     * Measures what is accepted per second and how long it takes.
     *
     * @param folder on the disk that is to be measured; a folder is made in it, and removed
     * @param postgres a PostgreSQL server to be measured too, in a schema that is made there, and removed
     * @return whether the figures are within their limits
     * @throws BenchException if it could not be measured
     */
    public static boolean run(Path folder, Optional<LedgerSettings> postgres, PrintStream out) throws BenchException {
        boolean good = true;
        for (boolean h2 : postgres.isPresent() ? List.of(true, false) : List.of(true)) {
            try (BenchDatabase database = open(h2, folder, postgres)) {
                good &= measure(database, h2 ? H2_GOAL : POSTGRESQL_GOAL, folder, out);
            }
        }
        return good;
    }

    /**
     * Measures the same with ever more finished jobs in the database.
     *
     * @param rounds how often each point is measured; its median counts
     * @see #run
     */
    public static boolean history(Path folder, Optional<LedgerSettings> postgres, int rounds, PrintStream out)
            throws BenchException {
        boolean good = true;
        for (boolean h2 : postgres.isPresent() ? List.of(true, false) : List.of(true)) {
            try (BenchDatabase database = open(h2, folder, postgres)) {
                good &= curve(database, (h2 ? H2_GOAL : POSTGRESQL_GOAL) / 2, rounds, out);
            }
        }
        return good;
    }

    private static BenchDatabase open(boolean h2, Path folder, Optional<LedgerSettings> postgres)
            throws BenchException {
        return h2 ? BenchDatabase.h2(folder) : BenchDatabase.postgresql(postgres.orElseThrow());
    }

    private static boolean measure(BenchDatabase database, double goal, Path folder, PrintStream out)
            throws BenchException {
        Figures forced = forceTimes(folder);
        double rate;
        Histogram times;
        long[] slices = new long[(int) MEASURED.dividedBy(SLICE)];
        try (LedgerLoad load = LedgerLoad.open(database.settings(), "accept")) {
            // First, so that what the database does to tidy up after the flood does not count.
            load.openLoop(goal / 2, WARM_UP);
            times = load.openLoop(goal / 2, MEASURED);
            load.saturate(IN_FLIGHT, WARM_UP);
            for (int i = 0; i < slices.length; i++) {
                slices[i] = Math.round(load.saturate(IN_FLIGHT, SLICE));
            }
            rate = Arrays.stream(slices).average().orElseThrow();
        }
        double p99 = millis(times, 99);
        out.printf("%s%n", database.name());
        out.printf(
                "  accepted per second, %,d at a time: %,.0f (at least %,.0f); every 3 s: %s%n",
                IN_FLIGHT, rate, goal, Arrays.toString(slices));
        out.printf(
                Locale.ROOT,
                "  an accept at %,.0f per second: p50 %.2f ms, p99 %.2f ms (at most %.0f), p99.9 %.2f ms, max %.2f ms (n = %d)%n",
                goal / 2,
                millis(times, 50),
                p99,
                P99_LIMIT_MS,
                millis(times, 99.9),
                millis(times, 100),
                times.getTotalCount());
        out.printf("  this disk's fsync of 4 KiB:    %s%n", forced);
        out.printf("    and after the measurement:   %s%n", forceTimes(folder));
        return rate >= goal && p99 <= P99_LIMIT_MS;
    }

    /** Every round measures every point, so that what the machine does meanwhile falls on all of them alike. */
    private static boolean curve(BenchDatabase database, double rate, int rounds, PrintStream out)
            throws BenchException {
        out.printf(
                "%s: jobs accepted per second, and how long an accept takes at %,.0f per second%n",
                database.name(), rate);
        Map<Integer, List<Double>> rates = new LinkedHashMap<>();
        for (int round = 1; round <= rounds; round++) {
            for (int finished : HISTORY) {
                database.fill(finished);
                String prefix = "history-" + round + "-" + finished;
                long opening = System.nanoTime();
                try (LedgerLoad load = LedgerLoad.open(database.settings(), prefix)) {
                    double opened = (System.nanoTime() - opening) / 1e9;
                    Histogram times = load.openLoop(rate, WARM_UP);
                    load.saturate(IN_FLIGHT, SLICE);
                    double[] slices = new double[SLICES];
                    for (int i = 0; i < SLICES; i++) {
                        slices[i] = load.saturate(IN_FLIGHT, SLICE);
                    }
                    Arrays.sort(slices);
                    rates.computeIfAbsent(finished, n -> new ArrayList<>()).add(slices[SLICES / 2]);
                    out.printf(
                            Locale.ROOT,
                            "  round %d, %,9d finished: %,7.0f per second (%,.0f to %,.0f), p50 %.2f ms, p99 %.2f ms,"
                                    + " opened in %.2f s%n",
                            round,
                            finished,
                            slices[SLICES / 2],
                            slices[0],
                            slices[SLICES - 1],
                            millis(times, 50),
                            millis(times, 99),
                            opened);
                }
                database.empty();
            }
        }
        double[] medians =
                rates.values().stream().mapToDouble(LedgerBench::median).toArray();
        rates.forEach((finished, all) ->
                out.printf(Locale.ROOT, "  median, %,9d finished: %,7.0f per second%n", finished, median(all)));
        double ratio = Arrays.stream(medians).min().orElseThrow()
                / Arrays.stream(medians).max().orElseThrow();
        out.printf(Locale.ROOT, "  the lowest ÷ the highest: %.2f (at least %.2f)%n", ratio, CURVE_LIMIT);
        return ratio >= CURVE_LIMIT;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static double millis(Histogram nanos, double percentile) {
        return nanos.getValueAtPercentile(percentile) / 1e6;
    }

    private static Figures forceTimes(Path folder) throws BenchException {
        try {
            Path file = Files.createTempFile(Files.createDirectories(folder), "fsync", ".bin");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                long[] nanos = new long[FORCED];
                ByteBuffer block = ByteBuffer.allocate(BLOCK);
                for (int i = 0; i < FORCED; i++) {
                    block.clear();
                    long begin = System.nanoTime();
                    channel.write(block);
                    channel.force(false);
                    nanos[i] = System.nanoTime() - begin;
                }
                return new Figures(nanos);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new BenchException("the disk of " + folder + " cannot be measured", new UncheckedIOException(e));
        }
    }
}
