package drover.report;

import drover.client.ReportView.ClusterView;
import drover.client.ReportView.RateView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Looks for what failures have in common: for each value of each dimension the share of attempts that failed, against
 * that of all other attempts. It calls a difference clear only if the two 95 % intervals do not overlap, which is stricter
 * than a single test at 5 % and makes up for looking at many values at once; and only if the failures are of several jobs,
 * since attempts at one job are not independent of each other.
 */
final class Clusters {
    /** What attempts may have in common. */
    enum Dimension {
        NODE,
        MODEL,
        SIZE,
        STEPS,
        SAMPLER,
        FEATURE,
        CONFIGURATION,
        NODE_AND_MODEL;

        String shown() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    static final String CLEAR = "clear";
    static final String UNSURE = "unsure";
    static final String TOO_FEW = "too_few";
    static final String NOT_MORE = "not_more";

    /** Values of one dimension that are told apart; further ones are passed over. */
    static final int MOST_VALUES = 2_000;
    /** Values of one dimension that are shown. */
    static final int MOST_SHOWN = 10;

    static final int MIN_ATTEMPTS = 20;
    static final int MIN_JOBS = 5;

    private static final List<String> ORDER = List.of(CLEAR, UNSURE, TOO_FEW, NOT_MORE);

    private static final Comparator<ClusterView> BEST_FIRST = Comparator.comparingInt(
                    (ClusterView view) -> ORDER.indexOf(view.verdict()))
            .thenComparingLong(view -> -view.failures().count())
            .thenComparing(ClusterView::dimension)
            .thenComparing(ClusterView::value);

    private final Map<Dimension, Map<String, Count>> counts = new LinkedHashMap<>();
    private final Set<Count> failedInThisJob = new HashSet<>();
    private final Count all = new Count();
    private long passedOver;

    private static final class Count {
        private long judged;
        private long failures;
        private long failedJobs;
    }

    /** An attempt that succeeded or failed. */
    void add(String node, Configuration job, boolean failed) {
        count(all, failed);
        count(Dimension.NODE, node, failed);
        count(Dimension.MODEL, job.model(), failed);
        count(Dimension.SIZE, job.size(), failed);
        count(Dimension.STEPS, job.steps(), failed);
        count(Dimension.SAMPLER, job.sampler(), failed);
        job.features().forEach(feature -> count(Dimension.FEATURE, feature, failed));
        count(Dimension.CONFIGURATION, job.describe(), failed);
        count(Dimension.NODE_AND_MODEL, node + " with " + job.model(), failed);
    }

    private void count(Dimension dimension, String value, boolean failed) {
        Map<String, Count> values = counts.computeIfAbsent(dimension, _ -> new HashMap<>());
        Count count = values.get(value);
        if (count == null) {
            if (values.size() >= MOST_VALUES) {
                passedOver++;
                return;
            }
            count = new Count();
            values.put(value, count);
        }
        count(count, failed);
    }

    private void count(Count count, boolean failed) {
        count.judged++;
        if (failed) {
            count.failures++;
            failedInThisJob.add(count);
        }
    }

    /** What comes next is of another job. */
    void endOfJob() {
        failedInThisJob.forEach(count -> count.failedJobs++);
        failedInThisJob.clear();
    }

    /** How often an attempt was left out of a dimension that had too many values. */
    long passedOver() {
        return passedOver;
    }

    /** The clearest first; of each dimension those with most failures. */
    List<ClusterView> view() {
        List<ClusterView> views = new ArrayList<>();
        counts.forEach((dimension, values) -> values.entrySet().stream()
                .filter(entry -> entry.getValue().failures > 0 && entry.getValue().judged < all.judged)
                .map(entry -> view(dimension.shown(), entry.getKey(), entry.getValue()))
                .sorted(BEST_FIRST)
                .limit(MOST_SHOWN)
                .forEach(views::add));
        views.sort(BEST_FIRST);
        return views;
    }

    private ClusterView view(String dimension, String value, Count count) {
        RateView here = Wilson.rate(count.failures, count.judged);
        RateView elsewhere = Wilson.rate(all.failures - count.failures, all.judged - count.judged);
        double ofFailures = (double) count.failures / all.failures;
        double ofAttempts = (double) count.judged / all.judged;
        return new ClusterView(
                dimension,
                value,
                here,
                elsewhere,
                count.failedJobs,
                ofFailures,
                ofAttempts,
                ofFailures / ofAttempts,
                verdict(here, elsewhere, count.failedJobs));
    }

    static String verdict(RateView here, RateView elsewhere, long failedJobs) {
        if (here.rate() <= elsewhere.rate() && elsewhere.of() > 0) {
            return NOT_MORE;
        }
        if (here.of() < MIN_ATTEMPTS || elsewhere.of() < MIN_ATTEMPTS || failedJobs < MIN_JOBS) {
            return TOO_FEW;
        }
        return here.low() > elsewhere.high() ? CLEAR : UNSURE;
    }
}
