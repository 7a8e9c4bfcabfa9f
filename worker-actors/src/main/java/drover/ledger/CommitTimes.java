package drover.ledger;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import org.HdrHistogram.Histogram;

/** How long transactions take, for {@link LedgerStatistics} and for the metrics. Used by one thread at a time. */
final class CommitTimes {
    private static final long LONGEST_NANOS = Duration.ofMinutes(10).toNanos();

    private final Histogram nanos = new Histogram(LONGEST_NANOS, 3);
    private final Timer timer;
    private final Counter failures;
    private long events;
    private Duration last = Duration.ZERO;

    CommitTimes(MeterRegistry meters) {
        timer = Timer.builder("drover.ledger.commit")
                .description("From the first statement of a transaction until it is forced to disk")
                .publishPercentiles(0.5, 0.99)
                .register(meters);
        failures = Counter.builder("drover.ledger.commit.failures")
                .description("Transactions that failed")
                .register(meters);
    }

    void committed(Duration took, int written) {
        nanos.recordValue(Math.min(took.toNanos(), LONGEST_NANOS));
        timer.record(took);
        last = took;
        events += written;
    }

    void failed() {
        failures.increment();
    }

    LedgerStatistics statistics(boolean writable, int unfinished, int pending) {
        return new LedgerStatistics(
                writable,
                unfinished,
                pending,
                nanos.getTotalCount(),
                events,
                last,
                Duration.ofNanos(nanos.getValueAtPercentile(50)),
                Duration.ofNanos(nanos.getValueAtPercentile(99)),
                Duration.ofNanos(nanos.getMaxValue()));
    }
}
