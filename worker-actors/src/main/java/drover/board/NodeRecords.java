package drover.board;

import drover.board.NodeStanding.Trust;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How reliable each node has been, and whether it gets jobs. Too many failures in a row suspend it; when that time is over
 * it is on probation, one job at a time, until one ends well; a failure on probation suspends it for twice as long.
 *
 * <p>This is about jobs and not about processes: {@link drover.watchdog.Quarantine} says whether a node's <em>process</em>
 * is started again after it had to be replaced, and a node that it keeps out asks for nothing. A node may well run, and
 * fail every job in an orderly way: that is what is caught here. An operator's release clears both. Deterministic.
 */
final class NodeRecords {
    private final NodeRules rules;
    private final Map<String, History> records = new TreeMap<>();

    private static final class History {
        double good;
        double bad;
        Instant countedAt = Instant.MIN;
        int inARow;
        int suspensions;

        @Nullable Instant until;

        @Nullable String reason;
    }

    NodeRecords(NodeRules rules) {
        this.rules = rules;
    }

    /** The node is there. */
    void seen(String node) {
        history(node);
    }

    /** An attempt on the node ended well. */
    void worked(String node, Instant now) {
        History history = decayed(node, now);
        history.good++;
        history.inARow = 0;
        if (trust(history, now) != Trust.SUSPENDED) {
            restore(history);
        }
    }

    /**
     * An attempt on the node failed, and not for reasons of its job alone.
     *
     * @return until when the node is suspended for it, if it is
     */
    Optional<Instant> failed(String node, String reason, Instant now) {
        Trust before = trust(node, now);
        History history = decayed(node, now);
        history.bad++;
        history.inARow++;
        history.reason = reason;
        if (before == Trust.PROBATION || (before == Trust.OPEN && history.inARow >= rules.suspendAfter())) {
            history.suspensions++;
            history.until = now.plus(rules.suspension(history.suspensions));
            return Optional.of(history.until);
        }
        return Optional.empty();
    }

    /** An operator trusts the node again; its success rate stays. */
    void release(String node) {
        restore(history(node));
    }

    Trust trust(String node, Instant now) {
        History history = records.get(node);
        return history == null ? Trust.OPEN : trust(history, now);
    }

    /** Decayed share of attempts that ended well; one imagined success stands for what is not known. */
    double reliability(String node, Instant now) {
        History history = records.get(node);
        if (history == null) {
            return 1;
        }
        double factor = factor(history, now);
        return (history.good * factor + 1) / ((history.good + history.bad) * factor + 1);
    }

    /** When the next suspension ends. */
    Optional<Instant> nextRelease(Instant now) {
        Instant first = Instant.MAX;
        for (History history : records.values()) {
            if (history.until != null && now.isBefore(history.until) && history.until.isBefore(first)) {
                first = history.until;
            }
        }
        return first.equals(Instant.MAX) ? Optional.empty() : Optional.of(first);
    }

    List<NodeStanding> standings(Pace pace, Instant now) {
        return records.entrySet().stream()
                .map(e -> {
                    Trust trust = trust(e.getValue(), now);
                    return new NodeStanding(
                            e.getKey(),
                            trust,
                            trust == Trust.SUSPENDED ? Optional.ofNullable(e.getValue().until) : Optional.empty(),
                            reliability(e.getKey(), now),
                            e.getValue().inARow,
                            e.getValue().inARow == 0 ? Optional.empty() : Optional.ofNullable(e.getValue().reason),
                            pace.speeds(e.getKey()));
                })
                .toList();
    }

    private static Trust trust(History history, Instant now) {
        if (history.until == null) {
            return Trust.OPEN;
        }
        return now.isBefore(history.until) ? Trust.SUSPENDED : Trust.PROBATION;
    }

    private static void restore(History history) {
        history.inARow = 0;
        history.suspensions = 0;
        history.until = null;
    }

    private History history(String node) {
        return records.computeIfAbsent(node, n -> new History());
    }

    private History decayed(String node, Instant now) {
        History history = history(node);
        double factor = factor(history, now);
        history.good *= factor;
        history.bad *= factor;
        if (now.isAfter(history.countedAt)) {
            history.countedAt = now;
        }
        return history;
    }

    private double factor(History history, Instant now) {
        // A clock that was set back makes nothing fresher.
        return history.countedAt.equals(Instant.MIN) || !now.isAfter(history.countedAt)
                ? 1
                : Math.pow(
                        0.5, Pace.seconds(Duration.between(history.countedAt, now)) / Pace.seconds(rules.halfLife()));
    }
}
