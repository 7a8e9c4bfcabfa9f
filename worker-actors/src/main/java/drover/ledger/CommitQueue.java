package drover.ledger;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * What waits to be written, and what is being written. One transaction is under way at most; the next one takes what has
 * gathered meanwhile. What nobody waits for starts none by itself, but goes with the next, or when it has lingered.
 *
 * <p>After a failure events are kept and tried again, and acceptances are given back to be refused;
 * except for those of which nobody knows whether they are on disk: they are tried again too, which tells, and given back
 * only when that takes too long. Should one of those turn out to be on disk after all, it is taken back.
 */
final class CommitQueue {
    /** A caller is not left waiting for longer than this for an unknown outcome. */
    static final Duration MAX_DOUBT = Duration.ofSeconds(5);

    private final int maxBatch;
    private final Duration retryMin;
    private final Duration retryMax;
    private final Duration maxDoubt;
    private final LongSupplier nanoTime;

    private final Deque<Entry> waiting = new ArrayDeque<>();
    private List<Entry> underWay = List.of();
    private final List<Entry.Acceptance> withdrawn = new ArrayList<>();
    private final Set<Entry> inDoubt = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean writing;
    private boolean failing;
    private boolean resting;
    private boolean due;
    private long failingSince;
    private Duration pause;

    /**
     * @param nanoTime monotonic nanoseconds
     */
    CommitQueue(LedgerSettings settings, LongSupplier nanoTime) {
        this.maxBatch = settings.limits().maxBatch();
        this.retryMin = settings.waits().retryMin();
        this.retryMax = settings.waits().retryMax();
        this.maxDoubt = retryMax.compareTo(MAX_DOUBT) < 0 ? retryMax : MAX_DOUBT;
        this.nanoTime = nanoTime;
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
        written.forEach(inDoubt::remove);
        writing = false;
        failing = false;
        pause = retryMin;
        return written;
    }

    /**
     * The transaction failed. Call {@link #retry} after the returned pause.
     *
     * @param unknown whether it may be on disk all the same
     * @param refused receives every acceptance that is given up, for its caller to be told
     */
    Duration failed(boolean unknown, List<Entry.Acceptance> refused) {
        if (!failing) {
            failingSince = nanoTime.getAsLong();
        }
        if (unknown) {
            underWay.stream().filter(Entry.Acceptance.class::isInstance).forEach(inDoubt::add);
        }
        boolean patient = nanoTime.getAsLong() - failingSince < maxDoubt.toNanos();
        List<Entry> kept = new ArrayList<>();
        for (List<Entry> entries : List.of(underWay, List.copyOf(waiting))) {
            for (Entry entry : entries) {
                if (entry instanceof Entry.Acceptance acceptance && !(patient && inDoubt.contains(entry))) {
                    if (inDoubt.remove(entry)) {
                        withdrawn.add(acceptance);
                    }
                    refused.add(acceptance);
                } else {
                    kept.add(entry);
                }
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
