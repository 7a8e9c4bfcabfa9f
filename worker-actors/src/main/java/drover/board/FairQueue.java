package drover.board;

import drover.job.Priority;
import drover.job.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The jobs that wait, in a fair order. Priorities are strict: nothing of a lower one is looked at while a higher one has
 * something that can run, so a steady stream of urgent jobs keeps the others waiting for as long as it lasts. Within a
 * priority tenants share what is given out in proportion to their weights, measured in work and not in jobs, by start-time
 * fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queueing", SIGCOMM 1996): a tenant's tag grows by work ÷ weight
 * with each job that it is given, a tenant that comes back from having nothing starts at the present virtual time, and the
 * smallest tag goes first. Within a tenant the oldest job goes first.
 *
 * <p>Tags are of the tenant and not of its jobs, so adding, removing and giving out cost O(log n), times the number of
 * models of which the tenant has jobs. Looking for a job costs as much more as there are jobs at the front that the asking
 * node may not have, at most {@value #LOOK_AHEAD} for each tenant.
 */
final class FairQueue {
    private static final int LOOK_AHEAD = 64;
    private static final int MANY_SHARES = 1_000;

    private static final Comparator<Entry> BY_AGE = Comparator.<Entry, java.time.Instant>comparing(
                    e -> e.job.accepted())
            .thenComparing(e -> e.job.id());
    private static final Comparator<Line> BY_FAIRNESS = Comparator.<Line>comparingDouble(line -> line.share.tag)
            .thenComparing(line -> line.entries.first(), BY_AGE);

    private final Map<Tenant, Double> weights;
    private final Map<Priority, Level> levels = new EnumMap<>(Priority.class);

    /** One priority. */
    private static final class Level {
        /** The tag that the latest job to be given out began with. */
        private double virtualTime;

        private final Map<Tenant, Share> shares = new HashMap<>();
        private final Map<String, TreeSet<Line>> lines = new HashMap<>();
    }

    /** What one tenant has been given. */
    private static final class Share {
        private final double weight;
        private double tag;
        private final Map<String, Line> lines = new HashMap<>();

        Share(double weight) {
            this.weight = weight;
        }
    }

    /** The jobs of one tenant for one model, oldest first. In the level's order only while there are any. */
    private static final class Line {
        private final Share share;
        private final TreeSet<Entry> entries = new TreeSet<>(BY_AGE);

        Line(Share share) {
            this.share = share;
        }
    }

    /** An empty queue; tenants that are not named weigh 1. */
    FairQueue(Map<Tenant, Double> weights) {
        this.weights = Map.copyOf(weights);
    }

    void add(Entry entry) {
        Level level = levels.computeIfAbsent(entry.job.priority(), p -> new Level());
        Share share = level.shares.computeIfAbsent(entry.tenant(), t -> new Share(weights.getOrDefault(t, 1.0)));
        if (share.lines.isEmpty()) {
            share.tag = Math.max(share.tag, level.virtualTime);
        }
        Line line = share.lines.computeIfAbsent(entry.model(), m -> new Line(share));
        TreeSet<Line> order = level.lines.computeIfAbsent(entry.model(), m -> new TreeSet<>(BY_FAIRNESS));
        if (!line.entries.isEmpty()) {
            order.remove(line);
        }
        line.entries.add(entry);
        order.add(line);
    }

    /** Takes the job out without giving it to anybody. Without effect if it is not here. */
    void remove(Entry entry) {
        Level level = levels.get(entry.job.priority());
        if (level == null) {
            return;
        }
        Share share = level.shares.get(entry.tenant());
        Line line = share == null ? null : share.lines.get(entry.model());
        TreeSet<Line> order = level.lines.get(entry.model());
        if (share == null || line == null || order == null || !line.entries.contains(entry)) {
            return;
        }
        order.remove(line);
        line.entries.remove(entry);
        if (!line.entries.isEmpty()) {
            order.add(line);
            return;
        }
        share.lines.remove(entry.model());
        if (order.isEmpty()) {
            level.lines.remove(entry.model());
        }
    }

    /** Takes the job out because it is given to a node; its tenant is charged for it. */
    void give(Entry entry) {
        remove(entry);
        Level level = levels.get(entry.job.priority());
        Share share = level == null ? null : level.shares.get(entry.tenant());
        if (level == null || share == null) {
            return;
        }
        List<Map.Entry<String, Line>> moved = new ArrayList<>(share.lines.entrySet());
        moved.forEach(e -> order(level, e.getKey()).remove(e.getValue()));
        double start = Math.max(share.tag, level.virtualTime);
        level.virtualTime = start;
        share.tag = start + entry.work / share.weight;
        moved.forEach(e -> order(level, e.getKey()).add(e.getValue()));
        if (level.lines.isEmpty()) {
            // Nobody waits, so there is nothing to be fair about; who begins next begins afresh.
            levels.remove(entry.job.priority());
        } else if (level.shares.size() > MANY_SHARES) {
            level.shares.values().removeIf(s -> s.lines.isEmpty() && s.tag <= level.virtualTime);
        }
    }

    /** The models of which jobs of this priority wait. */
    Collection<String> models(Priority priority) {
        Level level = levels.get(priority);
        return level == null ? Set.of() : level.lines.keySet();
    }

    /** The job of this priority and model that is next in fairness, among those that pass the test. */
    @Nullable Entry first(Priority priority, String model, Predicate<Entry> test) {
        Level level = levels.get(priority);
        TreeSet<Line> order = level == null ? null : level.lines.get(model);
        if (order == null) {
            return null;
        }
        for (Line line : order) {
            int looked = 0;
            for (Entry entry : line.entries) {
                if (test.test(entry)) {
                    return entry;
                }
                if (++looked == LOOK_AHEAD) {
                    break;
                }
            }
        }
        return null;
    }

    /** Whether a goes before b in fairness; both wait, with the same priority. */
    boolean isBefore(Entry a, Entry b) {
        int byTag = Double.compare(tag(a), tag(b));
        return byTag != 0 ? byTag < 0 : BY_AGE.compare(a, b) < 0;
    }

    private double tag(Entry entry) {
        Level level = levels.get(entry.job.priority());
        Share share = level == null ? null : level.shares.get(entry.tenant());
        return share == null ? 0 : share.tag;
    }

    private static Set<Line> order(Level level, String model) {
        return level.lines.computeIfAbsent(model, m -> new TreeSet<>(BY_FAIRNESS));
    }
}
