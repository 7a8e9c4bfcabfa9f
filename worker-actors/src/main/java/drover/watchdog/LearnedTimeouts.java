package drover.watchdog;

import drover.inference.CborSerializable;
import drover.inference.Phase;
import drover.job.AttemptTimings;
import drover.job.AttemptTimings.PhaseTime;
import drover.job.WorkKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Learns from attempts that ended well how long a step may take. After {@link PhaseTimeouts#MIN_OBSERVATIONS} steps the
 * deadline is {@value #MARGIN} times the 99.9th percentile; never below the configured floor, never below the slowest step
 * that a healthy attempt is known to have taken, and {@link PhaseTimeouts#tightened} never lets it exceed the configured
 * timeout.
 *
 * <p>Kept apart by node, because a slow GPU must not be judged by a fast one, and by {@link WorkKind}, which says why the
 * time per megapixel would not do. Learned only for phases whose time is the model's own: starting, downloading, loading
 * and uploading depend on caches and stores, where a hundred quick ones say nothing about the next.
 *
 * <p>Nodes report for each attempt and phase the number of steps, their total and the longest, not every step. The longest
 * goes in as it is, the others at their mean: the upper tail, which is all that matters here, consists of longest ones.
 *
 * <p>It lives with the board, so it survives the nodes. A new control process learns anew, which takes it a few jobs; until
 * then the configured timeouts hold. Deterministic; not thread-safe.
 */
public final class LearnedTimeouts {
    private static final Set<Phase> PHASES = EnumSet.of(
            Phase.ENCODING, Phase.DENOISING, Phase.GENERATING, Phase.DECODING, Phase.POST_PROCESSING, Phase.CHECKING);

    private static final int MARGIN = 4;
    private static final double PERCENTILE = 99.9;
    /** Two such windows are remembered at least in part, so that a node that has become quicker or slower is noticed. */
    private static final long WINDOW = 10_000;

    private static final int MOST_KEYS = 512;
    private static final int DIGITS = 2;
    private static final long LONGEST_MICROS = Duration.ofDays(1).toMillis() * 1_000;

    private final LearningRules rules;
    private final Map<Key, Steps> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Steps> eldest) {
            return size() > MOST_KEYS;
        }
    };

    private record Key(String node, WorkKind kind, Phase phase) {}

    /**
     * What is known about one node, kind of work and phase, for people.
     *
     * @param kind the kind of work, described
     * @param limit empty while there are too few observations
     */
    public record Row(
            String node, String model, String kind, Phase phase, long observations, Optional<LearnedLimit> limit)
            implements CborSerializable {}

    /** Nothing learned so far. */
    public LearnedTimeouts(LearningRules rules) {
        this.rules = rules;
    }

    /** An attempt ended well. */
    public void observe(String node, WorkKind kind, AttemptTimings timings) {
        if (!rules.enabled()) {
            return;
        }
        for (PhaseTime time : timings.phases()) {
            if (PHASES.contains(time.phase())) {
                known.computeIfAbsent(new Key(node, kind, time.phase()), key -> new Steps())
                        .add(time);
            }
        }
    }

    /** What has been learned about this kind of work on this node, phase by phase. */
    public List<LearnedLimit> limits(String node, WorkKind kind) {
        List<LearnedLimit> limits = new ArrayList<>();
        for (Phase phase : PHASES) {
            Steps steps = known.get(new Key(node, kind, phase));
            if (steps != null) {
                steps.limit(phase, rules.floor()).ifPresent(limits::add);
            }
        }
        return limits;
    }

    /** Everything that is known, the longest unused first. */
    public List<Row> rows() {
        return known.entrySet().stream()
                .map(e -> new Row(
                        e.getKey().node(),
                        e.getKey().kind().model(),
                        e.getKey().kind().describe(),
                        e.getKey().phase(),
                        e.getValue().count(),
                        e.getValue().limit(e.getKey().phase(), rules.floor())))
                .toList();
    }

    /** Step times in microseconds, in two windows of which the older one is dropped when the newer one is full. */
    private static final class Steps {
        private Histogram recent = new Histogram(DIGITS);
        private @Nullable Histogram older;
        private long slowest;
        private Optional<LearnedLimit> latest = Optional.empty();
        private long judgedAt;

        void add(PhaseTime time) {
            int steps = Math.max(1, time.steps());
            long longest = micros(time.longest());
            recent.recordValue(longest);
            if (steps > 1) {
                recent.recordValueWithCount(
                        micros(time.total().minus(time.longest()).dividedBy(steps - 1)), steps - 1);
            }
            boolean isNewSlowest = longest > slowest;
            slowest = Math.max(slowest, longest);
            if (recent.getTotalCount() >= WINDOW) {
                older = recent;
                recent = new Histogram(DIGITS);
            }
            // A percentile costs some microseconds, so it is not taken anew for every job once much is known.
            if (isNewSlowest || Math.abs(count() - judgedAt) > count() / 50) {
                judgedAt = -1;
            }
        }

        long count() {
            return recent.getTotalCount() + (older == null ? 0 : older.getTotalCount());
        }

        Optional<LearnedLimit> limit(Phase phase, Duration floor) {
            if (count() < PhaseTimeouts.MIN_OBSERVATIONS) {
                return Optional.empty();
            }
            if (judgedAt < 0 || latest.isEmpty()) {
                judgedAt = count();
                latest = Optional.of(judge(phase, floor));
            }
            return latest;
        }

        private LearnedLimit judge(Phase phase, Duration floor) {
            long quantile = Math.max(percentile(recent), percentile(older));
            Duration length = Duration.ofNanos(Math.max(quantile * MARGIN, slowest) * 1_000);
            return new LearnedLimit(
                    phase, length.compareTo(floor) < 0 ? floor : length, count(), Duration.ofNanos(quantile * 1_000));
        }

        private static long percentile(@Nullable Histogram histogram) {
            return histogram == null || histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(PERCENTILE);
        }

        private static long micros(Duration d) {
            return Math.clamp(d.toNanos() / 1_000, 0, LONGEST_MICROS);
        }
    }
}
