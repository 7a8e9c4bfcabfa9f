package drover.report;

import drover.client.ReportView.CountsView;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Predicate;

/** Counts attempts by how they ended. */
final class Tally {
    private final Map<Ending.Kind, long[]> counts = new EnumMap<>(Ending.Kind.class);
    private long jobs;
    private Duration stalled = Duration.ZERO;
    private Duration lost = Duration.ZERO;

    /** One attempt that took so long. */
    void add(Ending.Kind kind, Duration took) {
        counts.computeIfAbsent(kind, _ -> new long[1])[0]++;
        if (kind == Ending.Kind.STALLED) {
            stalled = stalled.plus(took);
        }
        if (kind != Ending.Kind.SUCCEEDED) {
            lost = lost.plus(took);
        }
    }

    /** The attempts added since the last call were of one job. */
    void addJob() {
        jobs++;
    }

    long failures() {
        return sum(Ending.Kind::isFailure);
    }

    long attempts() {
        return sum(_ -> true);
    }

    private long of(Ending.Kind kind) {
        return counts.getOrDefault(kind, new long[1])[0];
    }

    private long sum(Predicate<Ending.Kind> which) {
        return counts.entrySet().stream()
                .filter(entry -> which.test(entry.getKey()))
                .mapToLong(entry -> entry.getValue()[0])
                .sum();
    }

    CountsView view() {
        long judged = sum(Ending.Kind::isJudged);
        return new CountsView(
                attempts(),
                jobs,
                Wilson.rate(of(Ending.Kind.SUCCEEDED), judged),
                Wilson.rate(of(Ending.Kind.STALLED), judged),
                Wilson.rate(of(Ending.Kind.CRASHED), judged),
                Wilson.rate(of(Ending.Kind.ERROR), judged),
                Wilson.rate(of(Ending.Kind.RESULT_LOST), judged),
                Wilson.rate(of(Ending.Kind.TOO_SLOW), judged),
                attempts() - judged,
                of(Ending.Kind.NODE_LOST),
                of(Ending.Kind.HANDED_BACK),
                of(Ending.Kind.ABANDONED),
                seconds(stalled),
                seconds(lost));
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
