package drover.watchdog;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Listens for nodes: whatever a node says, busy or idle, shows that its process still runs. A node that says nothing for
 * too long is reported once. Times as in {@link DeadlineTable}. Not thread-safe; owned by one actor.
 */
public final class NodeSilence {
    /** {@code node_silence_timeout}. */
    public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

    private final InstantSource wall;
    private final Map<String, DeadlineTable.Entry<Listening>> nodes = new HashMap<>();
    private final DeadlineTable<Listening> deadlines = new DeadlineTable<>();
    private long reported;

    /**
     * Listens for no node yet.
     *
     * @param wall tells the time of day for reports
     */
    public NodeSilence(InstantSource wall) {
        this.wall = wall;
    }

    /** Expects words from a node from now on; for a node that is already listened for, counts as one. */
    public void expect(String node, Duration limit, long now) {
        if (!nodes.containsKey(node)) {
            nodes.put(node, deadlines.add(new Listening(node, limit, now), now + limit.toNanos()));
        } else {
            heard(node, now);
        }
    }

    /** The node has said something; of no account if nobody listens for it. */
    public void heard(String node, long now) {
        DeadlineTable.Entry<Listening> entry = nodes.get(node);
        if (entry != null) {
            entry.value().heardAt = now;
            deadlines.move(entry, now + entry.value().limitNanos);
        }
    }

    /** Expects nothing from the node any more. */
    public void forget(String node) {
        DeadlineTable.Entry<Listening> entry = nodes.remove(node);
        if (entry != null) {
            deadlines.remove(entry);
        }
    }

    /**
     * One node that has been silent for too long; call it until it is empty.
     *
     * @param upTo report silences that were too long by this time, not later than {@code now}
     * @param now what the reported silence is counted to
     */
    public Optional<NodeSilent> poll(long upTo, long now) {
        return deadlines.poll(upTo).map(entry -> {
            Listening node = entry.value();
            reported++;
            return new NodeSilent(node.name, Duration.ofNanos(now - node.heardAt), node.limit, wall.instant());
        });
    }

    /** Whether a silence is too long by now. */
    public boolean isDue(long now) {
        return deadlines.isDue(now);
    }

    /** Whether no node can become overdue: none is listened for, or all of them have been reported. */
    public boolean isQuiet() {
        return deadlines.isEmpty();
    }

    /**
     * When to look again.
     *
     * @throws java.util.NoSuchElementException if {@link #isQuiet}
     */
    public long nextLook() {
        return deadlines.nextLook();
    }

    /** How many nodes are listened for. */
    public int size() {
        return nodes.size();
    }

    /** How many silences have been reported so far. */
    public long reported() {
        return reported;
    }

    private static final class Listening {
        final String name;
        final Duration limit;
        final long limitNanos;
        long heardAt;

        Listening(String name, Duration limit, long now) {
            this.name = name;
            this.limit = limit;
            this.limitNanos = limit.toNanos();
            this.heardAt = now;
        }
    }
}
