package drover.bench;

import java.util.Arrays;
import java.util.Locale;

/** Measured times of one kind. */
final class Figures {
    private static final double NANOS_PER_MILLI = 1e6;

    private final long[] sorted;

    Figures(long[] nanos) {
        this.sorted = nanos.clone();
        Arrays.sort(sorted);
    }

    /** The smallest value that at least this share (0 to 1) of all values do not exceed, in milliseconds. */
    double millis(double quantile) {
        int index = (int) Math.ceil(quantile * sorted.length) - 1;
        return sorted[Math.clamp(index, 0, sorted.length - 1)] / NANOS_PER_MILLI;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "p50 %.3f ms, p90 %.3f ms, p99 %.3f ms, max %.3f ms (n = %d)",
                millis(0.5),
                millis(0.9),
                millis(0.99),
                millis(1),
                sorted.length);
    }
}
