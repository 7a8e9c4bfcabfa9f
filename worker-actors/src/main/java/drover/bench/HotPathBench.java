package drover.bench;

import drover.source.dreamer.OrderBench;
import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.RunnerException;

/** {@code drover bench hot-path}: what is done for every piece of a download, every order, every pop and every step. */
public final class HotPathBench {
    /** Nanoseconds of each at most; wide enough for a busy machine. */
    private static final List<Limit> LIMITS = List.of(
            new Limit("progressOfADownload", 200),
            new Limit("requestOfAPrompt", 100_000),
            new Limit("orderTakenAndAnswered", 5_000),
            new Limit("pendingWorkOfAPop", 200),
            new Limit("previewOfAStep", 20_000_000));

    private record Limit(String benchmark, double nanos) {}

    private HotPathBench() {}

    /**
     * Measures for half a minute and prints the figures.
     *
     * @return whether all of them are within their bounds
     * @throws RunnerException if JMH cannot run
     */
    public static boolean run(PrintStream out) throws RunnerException {
        out.printf(
                Locale.ROOT,
                "What is done often; %d processors, Java %s%n",
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        Collection<RunResult> results = Jmh.run(List.of(ProgressBench.class, OrderBench.class, PreviewBench.class));
        boolean met = results.size() == LIMITS.size();
        for (RunResult result : results) {
            var primary = result.getPrimaryResult();
            String benchmark = result.getParams().getBenchmark();
            String name = benchmark.substring(benchmark.lastIndexOf('.') + 1);
            double limit = LIMITS.stream()
                    .filter(it -> it.benchmark().equals(name))
                    .mapToDouble(Limit::nanos)
                    .findFirst()
                    .orElse(0);
            met &= primary.getScore() <= limit;
            out.printf(
                    Locale.ROOT,
                    "  %-24s %,12.1f ns ± %,.1f  (wanted ≤ %,.0f)%n",
                    name,
                    primary.getScore(),
                    primary.getScoreError(),
                    limit);
        }
        return met;
    }
}
