package drover.simulation;

import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * Virtual time and what is going to happen, earliest first; of what happens at the same time, what was scheduled first.
 * Times are nanoseconds from the start of the run.
 */
final class Timeline {
    /** Something that happens at a time. */
    abstract static class Happening {
        private long at;
        private long order;

        /** Does it. */
        abstract void happen();
    }

    /** What happens now, in its order; most of what is scheduled is, and never sees the heap. */
    private final ArrayDeque<Happening> present = new ArrayDeque<>(64);

    private Happening[] heap = new Happening[256];
    private int size;
    private long scheduled;
    private long now;
    private long happened;

    /** The present, in nanoseconds. */
    long now() {
        return now;
    }

    /** How much has happened. */
    long happened() {
        return happened;
    }

    /** Lets something happen at this time, or now if that has passed. */
    void at(long time, Happening what) {
        what.at = Math.max(time, now);
        what.order = scheduled++;
        if (time <= now) {
            present.add(what);
            return;
        }
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        int slot = size++;
        while (slot > 0) {
            int parent = (slot - 1) >>> 1;
            if (!isBefore(what, heap[parent])) {
                break;
            }
            heap[slot] = heap[parent];
            slot = parent;
        }
        heap[slot] = what;
    }

    /** Lets something happen at this time. */
    void at(long time, Runnable what) {
        at(time, new Happening() {
            @Override
            void happen() {
                what.run();
            }
        });
    }

    /** Lets the next thing happen; false if there is none up to this time. */
    boolean step(long upTo) {
        Happening first = present.peek();
        if (first != null && (size == 0 || isBefore(first, heap[0]))) {
            present.remove();
        } else if (size > 0 && heap[0].at <= upTo) {
            first = heap[0];
            removeFirst();
        } else {
            return false;
        }
        now = first.at;
        happened++;
        first.happen();
        return true;
    }

    private void removeFirst() {
        Happening last = heap[--size];
        int slot = 0;
        while (2 * slot + 1 < size) {
            int child = 2 * slot + 1;
            if (child + 1 < size && isBefore(heap[child + 1], heap[child])) {
                child++;
            }
            if (!isBefore(heap[child], last)) {
                break;
            }
            heap[slot] = heap[child];
            slot = child;
        }
        heap[slot] = last;
    }

    private static boolean isBefore(Happening a, Happening b) {
        return a.at != b.at ? a.at < b.at : a.order < b.order;
    }
}
