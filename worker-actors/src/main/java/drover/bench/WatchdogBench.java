package drover.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import drover.watchdog.Watchdog;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.RunnerException;
import org.slf4j.LoggerFactory;

/** {@code drover bench watchdog}: how much a watchdog can take in, and how soon it speaks up. */
public final class WatchdogBench {
    /** Events per second that one core has to take in. */
    public static final double MIN_EVENTS = 1_000_000;

    /** Milliseconds from a deadline to its verdict, 99th percentile. */
    public static final double MAX_DELAY = 50;

    private static final Duration DELAY_RUN = Duration.ofSeconds(20);

    private WatchdogBench() {}

    /**
     * Measures for about a minute and prints the figures.
     *
     * @return whether all of them are within their bounds
     * @throws RunnerException if JMH cannot run, for one because its forked JVM did not start
     */
    public static boolean run(PrintStream out) throws RunnerException {
        out.printf(
                Locale.ROOT,
                "Watchdog, %,d watched attempts; %d processors, Java %s%n",
                WatchListBench.CHILDREN,
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        boolean throughput = throughput(out);
        boolean delay = delay(out);
        return throughput && delay;
    }

    private static boolean throughput(PrintStream out) throws RunnerException {
        Collection<RunResult> results = Jmh.run(List.of(WatchListBench.class, WatchdogMessagesBench.class));
        boolean met = true;
        for (RunResult result : results) {
            var primary = result.getPrimaryResult();
            String benchmark = result.getParams().getBenchmark();
            boolean rules = benchmark.startsWith(WatchListBench.class.getName());
            met &= !rules || primary.getScore() >= MIN_EVENTS;
            out.printf(
                    Locale.ROOT,
                    "  %-34s %,14.0f events/s ± %,.0f  %s%n",
                    benchmark.substring(benchmark.lastIndexOf('.', benchmark.lastIndexOf('.') - 1) + 1),
                    primary.getScore(),
                    primary.getScoreError(),
                    rules
                            ? "(the rules alone, one thread; wanted ≥ %,.0f)".formatted(MIN_EVENTS)
                            : "(through the actor; one thread sends, one receives)");
        }
        return met && !results.isEmpty();
    }

    private static boolean delay(PrintStream out) {
        // Thousands of verdicts would fill the operator's log with lines about jobs that never were.
        Logger log = (Logger) LoggerFactory.getLogger(Watchdog.class);
        Level before = log.getLevel();
        log.setLevel(Level.ERROR);
        try {
            var result = DetectionDelay.measure(DELAY_RUN);
            out.printf(
                    Locale.ROOT,
                    "  deadline to verdict                p50 %.1f ms, p99 %.1f ms, max %.1f ms over %,d stalls  "
                            + "(wanted p99 ≤ %.0f ms)%n"
                            + "  missed stalls %d, false alarms %d%n",
                    result.p50(),
                    result.p99(),
                    result.max(),
                    result.found(),
                    MAX_DELAY,
                    result.missed(),
                    result.falseAlarms());
            return result.p99() <= MAX_DELAY && result.missed() == 0 && result.falseAlarms() == 0;
        } finally {
            log.setLevel(before);
        }
    }
}
