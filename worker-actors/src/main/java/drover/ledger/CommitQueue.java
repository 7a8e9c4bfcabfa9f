package drover.ledger;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * What waits to be written, and what is being written. One transaction is under way at most; the next one takes what has
 * gathered meanwhile. What nobody waits for starts none by itself, but goes with the next, or when it has lingered. After a failure acceptances are given back to be refused, events are kept and tried again.
 */
final class CommitQueue {
    private final int maxBatch;
    private final Duration retryMin;
    private final Duration retryMax;

    private final Deque<Entry> waiting = new ArrayDeque<>();
    private List<Entry> underWay = List.of();
    private final List<Entry.Acceptance> withdrawn = new ArrayList<>();
    private boolean writing;
    private boolean failing;
    private boolean resting;
    private boolean due;
    private Duration pause;

    CommitQueue(LedgerSettings settings) {
        this.maxBatch = settings.maxBatch();
        this.retryMin = settings.retryMin();
        this.retryMax = settings.retryMax();
        this.pause = retryMin;
    }

    void add(Entry entry) {
        waiting.add(entry);
        due |= entry.isAwaited();
    }

    /** Whether something waits that {@link #next} leaves alone until {@link #lingered}. */
    boolean isLingering() {
        return !due && !waiting.isEmpty() && !resting;
    }

    /** What nobody waits for has waited long enough. */
    void lingered() {
        due = !waiting.isEmpty();
    }

    /** How many entries are not yet on disk. */
    int size() {
        return waiting.size() + underWay.size();
    }

    /** Whether the last transaction failed. */
    boolean isFailing() {
        return failing;
    }

    /** Whether all is on disk. */
    boolean isIdle() {
        return !writing && !failing && waiting.isEmpty();
    }

    /** What to write now; empty if a transaction is under way, a pause is on, or there is nothing that has to be. */
    Optional<Entry.Batch> next() {
        if (writing || resting || !(due || failing)) {
            return Optional.empty();
        }
        List<Entry> batch = new ArrayList<>(Math.min(maxBatch, waiting.size()));
        while (batch.size() < maxBatch && !waiting.isEmpty()) {
            batch.add(waiting.remove());
        }
        underWay = batch;
        due = !waiting.isEmpty();
        writing = true;
        return Optional.of(new Entry.Batch(batch, failing, withdrawn));
    }

    /** The transaction is on disk; returns its entries. */
    List<Entry> succeeded() {
        List<Entry> written = underWay;
        underWay = List.of();
        withdrawn.clear();
        writing = false;
        failing = false;
        pause = retryMin;
        return written;
    }

    /**
     * The transaction failed, or nobody knows. Call {@link #retry} after the returned pause.
     *
     * @param refused receives every acceptance that waits, for its caller to be told
     */
    Duration failed(List<Entry.Acceptance> refused) {
        List<Entry> kept = new ArrayList<>();
        for (Entry entry : underWay) {
            if (entry instanceof Entry.Acceptance acceptance) {
                withdrawn.add(acceptance);
                refused.add(acceptance);
            } else {
                kept.add(entry);
            }
        }
        for (Entry entry : waiting) {
            if (entry instanceof Entry.Acceptance acceptance) {
                refused.add(acceptance);
            } else {
                kept.add(entry);
            }
        }
        underWay = List.of();
        waiting.clear();
        waiting.addAll(kept);
        due = true;
        writing = false;
        failing = true;
        resting = true;
        Duration now = pause;
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(retryMax) > 0 ? retryMax : doubled;
        return now;
    }

    /** The pause is over. */
    void retry() {
        resting = false;
    }

    /** How long a caller should wait before trying again. */
    Duration retryAfter() {
        return pause.compareTo(Duration.ofSeconds(1)) > 0 ? pause : Duration.ofSeconds(1);
    }
}
