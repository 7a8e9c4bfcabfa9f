package drover.watchdog;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Deadlines of any number of children, ordered by which comes first. Times are nanoseconds of one monotonic clock
 * ({@link System#nanoTime}'s kind: any origin, may wrap around), passed in by the caller.
 *
 * <p>The order is kept lazily. Nearly every change is an advance that puts a deadline <em>off</em>; it costs one store,
 * because an entry stays filed under its old, earlier time until that time comes up and is filed anew then. So an entry
 * moves in the heap at most once per deadline's length however often it advances: O(1) amortised for each advance, O(log
 * n) for what is rare (adding, removing, a deadline brought forward, an expiry). Nothing is allocated but entries.
 *
 * <p>Not thread-safe; owned by one actor.
 *
 * @param <V> what has a deadline
 */
public final class DeadlineTable<V> {
    private static final int NOT_FILED = -1;

    /** A binary min-heap by {@link Entry#filedAt}; that time is never later than the entry's deadline. */
    private final List<Entry<V>> heap = new ArrayList<>();

    /**
     * One child's deadline; a handle for its owner.
     *
     * @param <V> what has the deadline
     */
    public static final class Entry<V> {
        private final V value;
        private long deadline;
        private long filedAt;
        private int slot = NOT_FILED;

        private Entry(V value) {
            this.value = value;
        }

        /** What has the deadline. */
        public V value() {
            return value;
        }

        /** The deadline; without meaning once the entry has expired or been removed. */
        public long deadline() {
            return deadline;
        }

        /** Whether the entry is in the table: neither expired nor removed. */
        public boolean isPending() {
            return slot != NOT_FILED;
        }
    }

    /** Takes in a child that has to advance before the deadline. */
    public Entry<V> add(V value, long deadline) {
        Entry<V> entry = new Entry<>(value);
        file(entry, deadline);
        return entry;
    }

    /** Sets another deadline; files the entry again if it had expired or been removed. */
    public void move(Entry<V> entry, long deadline) {
        if (entry.slot == NOT_FILED) {
            file(entry, deadline);
            return;
        }
        entry.deadline = deadline;
        if (deadline - entry.filedAt < 0) {
            entry.filedAt = deadline;
            siftUp(entry, entry.slot);
        }
    }

    /** Takes an entry out; without effect if it is out already. */
    public void remove(Entry<V> entry) {
        if (entry.slot == NOT_FILED) {
            return;
        }
        int hole = entry.slot;
        entry.slot = NOT_FILED;
        Entry<V> last = heap.removeLast();
        if (last != entry) {
            siftDown(last, hole);
            siftUp(last, last.slot);
        }
    }

    /** Takes out one entry whose deadline has come, the one filed first; empty if there is none. */
    public Optional<Entry<V>> poll(long now) {
        if (!isDue(now)) {
            return Optional.empty();
        }
        Entry<V> first = heap.getFirst();
        remove(first);
        return Optional.of(first);
    }

    /** Whether a deadline has come. */
    public boolean isDue(long now) {
        while (!heap.isEmpty()) {
            Entry<V> first = heap.getFirst();
            if (first.filedAt - now > 0) {
                return false;
            }
            if (first.deadline - now <= 0) {
                return true;
            }
            first.filedAt = first.deadline;
            siftDown(first, 0);
        }
        return false;
    }

    /**
     * When to look again: no deadline comes before this time, though the first may come later.
     *
     * @throws java.util.NoSuchElementException if the table is empty
     */
    public long nextLook() {
        return heap.getFirst().filedAt;
    }

    /** Whether there is no deadline at all. */
    public boolean isEmpty() {
        return heap.isEmpty();
    }

    /** How many deadlines there are. */
    public int size() {
        return heap.size();
    }

    private void file(Entry<V> entry, long deadline) {
        entry.deadline = deadline;
        entry.filedAt = deadline;
        heap.add(entry);
        siftUp(entry, heap.size() - 1);
    }

    private void siftUp(Entry<V> entry, int from) {
        int slot = from;
        while (slot > 0) {
            int parent = (slot - 1) >>> 1;
            Entry<V> above = heap.get(parent);
            if (entry.filedAt - above.filedAt >= 0) {
                break;
            }
            put(above, slot);
            slot = parent;
        }
        put(entry, slot);
    }

    private void siftDown(Entry<V> entry, int from) {
        int size = heap.size();
        int slot = from;
        while (2 * slot + 1 < size) {
            int child = 2 * slot + 1;
            if (child + 1 < size && heap.get(child + 1).filedAt - heap.get(child).filedAt < 0) {
                child++;
            }
            Entry<V> below = heap.get(child);
            if (entry.filedAt - below.filedAt <= 0) {
                break;
            }
            put(below, slot);
            slot = child;
        }
        put(entry, slot);
    }

    private void put(Entry<V> entry, int slot) {
        heap.set(slot, entry);
        entry.slot = slot;
    }
}
