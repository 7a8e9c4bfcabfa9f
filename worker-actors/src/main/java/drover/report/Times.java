package drover.report;

import drover.client.ReportView.PhaseView;
import java.time.Duration;
import org.HdrHistogram.Histogram;

/** Durations, kept so that their quantiles are within 1 % or 0.1 ms, in some kilobytes however many there are. */
final class Times {
    private static final long NANOS_PER_UNIT = 100_000;
    private static final double UNITS_PER_SECOND = 10_000;
    private static final int DIGITS = 2;
    /** Longer ones count as this. */
    private static final long MOST = Duration.ofDays(400).toSeconds() * 10_000;

    private final Histogram histogram = new Histogram(DIGITS);

    /** A clock that was set back makes no time negative. */
    void add(Duration duration) {
        add(duration, 1);
    }

    /** The same duration several times. */
    void add(Duration duration, long times) {
        long units = duration.getSeconds() * 10_000 + duration.getNano() / NANOS_PER_UNIT;
        histogram.recordValueWithCount(Math.clamp(units, 0, MOST), times);
    }

    PhaseView view() {
        return new PhaseView(histogram.getTotalCount(), quantile(50), quantile(95));
    }

    private double quantile(double percentile) {
        return histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(percentile) / UNITS_PER_SECOND;
    }
}
