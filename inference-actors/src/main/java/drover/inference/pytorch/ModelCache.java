package drover.inference.pytorch;

import drover.inference.EngineException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps models in memory, shared by all who lease them, within a budget of bytes. A model that nobody leases stays until
 * its room is needed; then the least recently used goes first. Thread-safe. A model is loaded once, on the thread of the
 * first who asks; others who ask meanwhile wait and hear the same progress.
 *
 * @param <M> the models
 */
public final class ModelCache<M extends ModelCache.Resident> implements AutoCloseable {
    /** How often one who waits for another's loading looks whether its own attempt has been cancelled. */
    private static final Duration WAIT = Duration.ofMillis(100);

    private final Loader<M> loader;
    private final long budget;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Entry> entries = new HashMap<>();
    private long uses;
    private boolean closed;

    /** A model in memory. */
    public interface Resident extends AutoCloseable {
        /** What it costs. */
        long bytes();

        /** Frees it. */
        @Override
        void close();
    }

    /** Knows how to load models. */
    public interface Loader<M> {
        /** What a model will cost, from its configuration; at least 0. */
        long estimate(String model) throws EngineException;

        /** Loads a model on the calling thread. */
        M load(String model, Progress progress) throws EngineException;
    }

    /** Hears how loading goes on. */
    @FunctionalInterface
    public interface Progress {
        /**
         * Called often, on the thread that loads or waits.
         *
         * @param bytes loaded so far
         * @param of bytes in all, at least 1
         * @throws EngineException to give up
         */
        void at(long bytes, long of) throws EngineException;
    }

    /**
     * What is known of one model in the cache.
     *
     * @param model its name
     * @param bytes what it costs
     * @param leases how many use it now
     * @param loaded whether it is ready, rather than being loaded
     */
    public record Usage(String model, long bytes, int leases, boolean loaded) {}

    private final class Entry {
        private final String name;
        private long bytes;
        private @Nullable M model;
        private int leases;
        private long lastUse;
        private long done;
        private long of = 1;
        private boolean forgotten;

        private Entry(String name, long bytes) {
            this.name = name;
            this.bytes = bytes;
        }

        private boolean idle() {
            return model != null && leases == 0;
        }

        private void at(long bytesDone, long bytesInAll) {
            lock.lock();
            try {
                done = bytesDone;
                of = bytesInAll;
            } finally {
                lock.unlock();
            }
        }
    }

    /** The right to use a model until closed. */
    public final class Lease implements AutoCloseable {
        private final Entry entry;
        private final M model;
        private boolean returned;

        private Lease(Entry entry, M model) {
            this.entry = entry;
            this.model = model;
        }

        /** The model; not to be used after {@link #close}. */
        public M model() {
            return model;
        }

        /** Gives the model back. Safe to call twice. */
        @Override
        public void close() {
            lock.lock();
            try {
                if (returned) {
                    return;
                }
                returned = true;
                entry.leases--;
                if (!(closed || entry.forgotten) || entry.leases > 0) {
                    return;
                }
                entries.remove(entry.name, entry);
            } finally {
                lock.unlock();
            }
            model.close();
        }
    }

    /**
     * An empty cache.
     *
     * @param budget bytes that all models together may take, at least 1
     */
    public ModelCache(Loader<M> loader, long budget) {
        if (budget < 1) {
            throw new IllegalArgumentException("the budget must be at least 1 byte, but was " + budget);
        }
        this.loader = loader;
        this.budget = budget;
    }

    /**
     * Leases a model, loading it first if it is not there.
     *
     * @throws EngineException.OutOfMemory if there is no room beside the models that are in use
     * @throws EngineException whatever loading or {@code progress} throws
     */
    public Lease lease(String name, Progress progress) throws EngineException {
        OptionalLong estimate = OptionalLong.empty();
        while (true) {
            Optional<Lease> lease = leaseIfLoaded(name);
            if (lease.isPresent()) {
                return lease.get();
            }
            if (estimate.isEmpty()) {
                estimate = OptionalLong.of(loader.estimate(name));
            }
            Optional<Entry> claimed = claim(name, estimate.getAsLong());
            if (claimed.isPresent()) {
                return load(claimed.get(), progress);
            }
            await(name, progress);
        }
    }

    /** Names of the models that are ready. */
    public Set<String> resident() {
        return usage().stream().filter(Usage::loaded).map(Usage::model).collect(Collectors.toUnmodifiableSet());
    }

    /** What is in memory, the least recently used first: the order in which models go under pressure. */
    public List<Usage> usage() {
        lock.lock();
        try {
            return entries.values().stream()
                    .sorted(Comparator.comparingLong(e -> e.lastUse))
                    .map(e -> new Usage(e.name, e.bytes, e.leases, e.model != null))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /** Frees a model as soon as nobody leases it, so that who asks after that has it loaded anew. */
    public void forget(String name) {
        free(() -> {
            @Nullable Entry entry = entries.get(name);
            if (entry == null) {
                return List.of();
            }
            entry.forgotten = true;
            @Nullable M model = entry.model;
            if (model == null || entry.leases > 0) {
                return List.of();
            }
            entries.remove(name);
            return List.of(model);
        });
    }

    /** Frees every model that nobody leases. */
    public void evictIdle() {
        free(() -> removeIdle(Long.MAX_VALUE));
    }

    /** Frees all models; those in use when their last lease ends. Safe to call twice. */
    @Override
    public void close() {
        free(() -> {
            closed = true;
            changed.signalAll();
            return removeIdle(Long.MAX_VALUE);
        });
    }

    private Optional<Lease> leaseIfLoaded(String name) throws EngineException {
        lock.lock();
        try {
            if (closed) {
                throw new EngineException.Failed(
                        "the engine is shutting down", new IllegalStateException("the model cache is closed"));
            }
            Entry entry = entries.get(name);
            return entry == null || entry.model == null ? Optional.empty() : Optional.of(lease(entry, entry.model));
        } finally {
            lock.unlock();
        }
    }

    private Lease lease(Entry entry, M model) {
        entry.leases++;
        entry.lastUse = ++uses;
        return new Lease(entry, model);
    }

    /** Makes room and takes the right to load, unless another thread has it. */
    private Optional<Entry> claim(String name, long estimate) throws EngineException.OutOfMemory {
        List<M> evicted = List.of();
        lock.lock();
        try {
            if (closed || entries.containsKey(name)) {
                return Optional.empty();
            }
            long inUse = entries.values().stream()
                    .filter(e -> !e.idle())
                    .mapToLong(e -> e.bytes)
                    .sum();
            if (estimate > budget - inUse) {
                throw new EngineException.OutOfMemory(
                        name + " needs " + estimate + " bytes, but of the " + budget + " bytes for models " + inUse
                                + " are in use; try again later, or raise the budget",
                        new IllegalStateException("model budget exhausted"));
            }
            evicted = removeIdle(estimate - (budget - total()));
            Entry entry = new Entry(name, estimate);
            entry.lastUse = ++uses;
            entries.put(name, entry);
            return Optional.of(entry);
        } finally {
            lock.unlock();
            evicted.forEach(Resident::close);
        }
    }

    private Lease load(Entry entry, Progress progress) throws EngineException {
        M model;
        try {
            progress.at(0, Math.max(1, entry.bytes));
            model = loader.load(entry.name, (bytes, of) -> {
                entry.at(bytes, of);
                progress.at(bytes, of);
            });
        } catch (EngineException | RuntimeException | Error e) {
            settle(() -> entries.remove(entry.name, entry));
            throw e;
        }
        settle(() -> {
            entry.model = model;
            entry.bytes = model.bytes();
            entry.leases++; // In the same breath, so that nobody evicts it in between.
        });
        return new Lease(entry, model);
    }

    /** Ends a load, well or badly, and wakes those who wait for it. */
    private void settle(Runnable outcome) {
        lock.lock();
        try {
            outcome.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits a moment for the thread that loads, and passes on how far it is. */
    private void await(String name, Progress progress) throws EngineException {
        long done;
        long of;
        lock.lock();
        try {
            Entry entry = entries.get(name);
            long nanos = WAIT.toNanos();
            while (entry != null && entry.model == null && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
                entry = entries.get(name);
            }
            if (entry == null || entry.model != null) {
                return;
            }
            done = entry.done;
            of = entry.of;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EngineException.Cancelled();
        } finally {
            lock.unlock();
        }
        progress.at(done, of);
    }

    /** Takes idle models out, the least recently used first, until {@code bytes} are free or none is left. */
    private List<M> removeIdle(long bytes) {
        List<M> removed = new ArrayList<>();
        long freed = 0;
        List<Entry> idle = entries.values().stream()
                .filter(Entry::idle)
                .sorted(Comparator.comparingLong(e -> e.lastUse))
                .toList();
        for (Entry entry : idle) {
            M model = entry.model;
            if (freed >= bytes || model == null) {
                break;
            }
            entries.remove(entry.name);
            removed.add(model);
            freed += entry.bytes;
        }
        return removed;
    }

    private long total() {
        return entries.values().stream().mapToLong(e -> e.bytes).sum();
    }

    /** Takes models out under the lock and frees them outside of it. */
    private void free(Supplier<List<M>> removal) {
        List<M> removed;
        lock.lock();
        try {
            removed = removal.get();
        } finally {
            lock.unlock();
        }
        removed.forEach(Resident::close);
    }
}
