package drover.board;

import drover.inference.Phase;
import drover.job.AttemptTimings;
import drover.job.WorkKind;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * How fast each node has been. For choosing between nodes, work per second of each (node, model); for foretelling whether a
 * job can be done in time, the parts of an attempt for each (node, {@link WorkKind}): denoising in proportion to the work,
 * everything else as it usually is, and loading if the model is not in memory. All are means in which older attempts weigh
 * less and less: half as much after each half-life. Times are the nodes' own, {@link AttemptTimings}. Deterministic.
 */
final class Pace {
    /** What is foretold from fewer attempts than this is not acted upon. */
    static final int ENOUGH = 3;

    /** A job is only called too late if it would be even in this part of the time that is foretold. */
    static final double OPTIMISM = 0.8;

    private static final Set<Phase> LOADING = EnumSet.of(Phase.STARTING, Phase.DOWNLOADING, Phase.LOADING);
    private static final Set<Phase> STEPPING = EnumSet.of(Phase.DENOISING, Phase.GENERATING);
    private static final Set<Phase> REST = EnumSet.complementOf(union());
    private static final double NANOS = 1e9;

    private final double halfLifeSeconds;
    private final Map<OfModel, Mean> speeds = new HashMap<>();
    private final Map<OfKind, Parts> kinds = new HashMap<>();

    private record OfModel(String node, String model) {}

    private record OfKind(String node, WorkKind kind) {}

    /** A decayed sum over a decayed weight. */
    private static final class Mean {
        private double sum;
        private double weight;
        private Instant at = Instant.MIN;
        private int count;

        void add(double value, double w, Instant now, double halfLifeSeconds) {
            if (count > 0 && now.isAfter(at)) {
                double factor = Math.pow(0.5, seconds(Duration.between(at, now)) / halfLifeSeconds);
                sum *= factor;
                weight *= factor;
            }
            if (count == 0 || now.isAfter(at)) {
                at = now;
            }
            sum += value;
            weight += w;
            count++;
        }

        double value() {
            return weight <= 0 ? 0 : sum / weight;
        }
    }

    private static final class Parts {
        private final Mean speed = new Mean();
        private final Mean rest = new Mean();
        private final Mean load = new Mean();
    }

    /** Nothing known; what is learned counts half after each half-life. */
    Pace(Duration halfLife) {
        this.halfLifeSeconds = seconds(halfLife);
    }

    private static EnumSet<Phase> union() {
        EnumSet<Phase> both = EnumSet.copyOf(LOADING);
        both.addAll(STEPPING);
        return both;
    }

    /**
     * An attempt ended well.
     *
     * @param cold whether its model was not in memory when it began
     */
    void worked(String node, WorkKind kind, long work, AttemptTimings timings, boolean cold, Instant now) {
        double stepping = seconds(timings.total(STEPPING));
        if (stepping <= 0) {
            return;
        }
        double rest = seconds(timings.total(REST));
        speeds.computeIfAbsent(new OfModel(node, kind.model()), k -> new Mean())
                .add((double) work, stepping + rest, now, halfLifeSeconds);
        Parts parts = kinds.computeIfAbsent(new OfKind(node, kind), k -> new Parts());
        parts.speed.add((double) work, stepping, now, halfLifeSeconds);
        parts.rest.add(rest, 1, now, halfLifeSeconds);
        if (cold) {
            parts.load.add(seconds(timings.total(LOADING)), 1, now, halfLifeSeconds);
        }
    }

    /** An attempt was taken away because it was too slow; so much work it had done in that time. */
    void slow(String node, WorkKind kind, double work, Duration took, Instant now) {
        speeds.computeIfAbsent(new OfModel(node, kind.model()), k -> new Mean())
                .add(work, seconds(took), now, halfLifeSeconds);
        kinds.computeIfAbsent(new OfKind(node, kind), k -> new Parts())
                .speed
                .add(work, seconds(took), now, halfLifeSeconds);
    }

    /** Pixel-steps per second of this model on this node, loading not counted; empty if it has not run there. */
    OptionalDouble speed(String node, String model) {
        Mean mean = speeds.get(new OfModel(node, model));
        return mean == null ? OptionalDouble.empty() : OptionalDouble.of(mean.value());
    }

    /** The models whose speed on this node is known, with their speeds in pixel-steps per second. */
    Map<String, Double> speeds(String node) {
        Map<String, Double> all = new HashMap<>();
        speeds.forEach((key, mean) -> {
            if (key.node().equals(node)) {
                all.put(key.model(), mean.value());
            }
        });
        return all;
    }

    /** How long such a job would probably take on this node; empty if too little is known. */
    Optional<Duration> estimate(String node, WorkKind kind, long work, boolean resident) {
        Parts parts = kinds.get(new OfKind(node, kind));
        if (parts == null || parts.speed.count < ENOUGH || parts.speed.value() <= 0) {
            return Optional.empty();
        }
        return Optional.of(
                duration(work / parts.speed.value() + parts.rest.value() + (resident ? 0 : parts.load.value())));
    }

    /** Whether a job that begins now and takes this long comes too late, even if all goes rather well. */
    static boolean isTooLate(Instant now, Duration takes, Instant deadline) {
        return now.plus(duration(seconds(takes) * OPTIMISM)).isAfter(deadline);
    }

    static double seconds(Duration d) {
        return d.toSeconds() + d.toNanosPart() / NANOS;
    }

    static Duration duration(double seconds) {
        return Duration.ofNanos((long) Math.min(seconds * NANOS, Long.MAX_VALUE / 2.0));
    }
}
