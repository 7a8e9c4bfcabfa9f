package drover.inference.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import drover.inference.EngineException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelCacheTest {
    private static final Map<String, Long> SIZES = Map.of("a", 40L, "b", 50L, "c", 60L, "huge", 101L);
    private static final ModelCache.Progress IGNORE = (bytes, of) -> {};

    private final Shelf shelf = new Shelf();
    private final ModelCache<Book> cache = new ModelCache<>(shelf, 100);

    @AfterEach
    void close() {
        cache.close();
        assertThat(shelf.open).as("models left in memory").isEmpty();
    }

    @Test
    void loadsOnceAndShares() throws Exception {
        try (var first = cache.lease("a", IGNORE);
                var second = cache.lease("a", IGNORE)) {
            assertThat(first.model()).isSameAs(second.model());
            assertThat(cache.usage()).containsExactly(new ModelCache.Usage("a", 40, 2, true));
        }
        try (var again = cache.lease("a", IGNORE)) {
            assertThat(again.model().name()).isEqualTo("a");
        }
        assertThat(shelf.loads).containsExactly("a");
        assertThat(cache.resident()).containsExactly("a");
    }

    @Test
    void theLeastRecentlyUsedGoesFirst() throws Exception {
        cache.lease("a", IGNORE).close();
        cache.lease("b", IGNORE).close();
        cache.lease("a", IGNORE).close();
        cache.lease("c", IGNORE).close();
        assertThat(cache.resident()).containsExactlyInAnyOrder("a", "c");
        cache.lease("b", IGNORE).close();
        assertThat(cache.resident()).containsExactly("b");
    }

    @Test
    void whatIsLeasedStays() throws Exception {
        try (var _ = cache.lease("a", IGNORE)) {
            cache.lease("b", IGNORE).close();
            cache.lease("c", IGNORE).close();
            assertThat(cache.resident()).containsExactlyInAnyOrder("a", "c");
            cache.evictIdle();
            assertThat(cache.resident()).containsExactly("a");
        }
    }

    @Test
    void noRoomBesideWhatIsInUse() throws Exception {
        try (var _ = cache.lease("b", IGNORE)) {
            assertThatThrownBy(() -> cache.lease("c", IGNORE))
                    .isInstanceOf(EngineException.OutOfMemory.class)
                    .hasMessageContaining("c needs 60 bytes, but of the 100 bytes for models 50 are in use");
        }
        assertThatThrownBy(() -> cache.lease("huge", IGNORE)).isInstanceOf(EngineException.OutOfMemory.class);
        assertThat(cache.resident()).as("nothing is evicted in vain").containsExactly("b");
    }

    @Test
    void aLoadThatFailsLeavesNothing() throws Exception {
        shelf.broken.set(true);
        assertThatThrownBy(() -> cache.lease("a", IGNORE)).hasMessage("torn pages");
        assertThat(cache.usage()).isEmpty();
        shelf.broken.set(false);
        cache.lease("a", IGNORE).close();
        assertThat(shelf.loads).containsExactly("a", "a");
    }

    @Test
    void othersWaitForTheOneWhoLoadsAndHearItsProgress() throws Exception {
        CountDownLatch gate = shelf.holdLoading();
        CompletableFuture<String> loading = leaseInBackground(IGNORE);
        List<Long> heard = new CopyOnWriteArrayList<>();
        CompletableFuture<String> waiting = leaseInBackground((bytes, of) -> heard.add(bytes));
        await().until(() -> heard.contains(20L));
        assertThat(waiting).isNotDone();
        gate.countDown();
        assertThat(loading.get(10, TimeUnit.SECONDS)).isEqualTo("a");
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo("a");
        assertThat(shelf.loads).containsExactly("a");
    }

    @Test
    void oneWhoWaitsCanGiveUp() throws Exception {
        CountDownLatch gate = shelf.holdLoading();
        CompletableFuture<String> loading = leaseInBackground(IGNORE);
        assertThatThrownBy(() -> cache.lease("a", (bytes, of) -> {
                    throw new EngineException.Cancelled();
                }))
                .isInstanceOf(EngineException.Cancelled.class);
        gate.countDown();
        assertThat(loading.get(10, TimeUnit.SECONDS)).isEqualTo("a");
    }

    @Test
    void oneWhoWaitsLoadsItselfWhenTheFirstGivesUp() throws Exception {
        CountDownLatch gate = shelf.holdLoading();
        AtomicBoolean cancelled = new AtomicBoolean();
        CompletableFuture<String> loading = leaseInBackground((bytes, of) -> {
            if (cancelled.get()) {
                throw new EngineException.Cancelled();
            }
        });
        await().until(() -> !shelf.loads.isEmpty());
        AtomicBoolean waits = new AtomicBoolean();
        CompletableFuture<String> waiting = leaseInBackground((bytes, of) -> waits.set(true));
        await().untilTrue(waits);
        cancelled.set(true);
        gate.countDown();
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo("a");
        assertThat(loading).failsWithin(Duration.ofSeconds(10));
        assertThat(shelf.loads).containsExactly("a", "a");
    }

    @Test
    void closingWaitsForTheLastLease() throws Exception {
        var lease = cache.lease("a", IGNORE);
        cache.lease("b", IGNORE).close();
        cache.close();
        assertThat(shelf.open).containsOnlyKeys("a");
        lease.close();
        lease.close();
        assertThat(shelf.open).isEmpty();
        assertThatThrownBy(() -> cache.lease("a", IGNORE)).hasMessage("the engine is shutting down");
    }

    private CompletableFuture<String> leaseInBackground(ModelCache.Progress progress) {
        CompletableFuture<String> name = new CompletableFuture<>();
        Thread.ofPlatform().name("lease").daemon().start(() -> {
            try {
                var lease = cache.lease("a", progress);
                lease.close();
                name.complete(lease.model().name());
            } catch (EngineException e) {
                name.completeExceptionally(e);
            }
        });
        return name;
    }

    private record Book(String name, long bytes, Map<String, Book> open) implements ModelCache.Resident {
        @Override
        public void close() {
            assertThat(open.remove(name)).as("freed once").isSameAs(this);
        }
    }

    /** Loads in two halves, with a gate in between. */
    private static final class Shelf implements ModelCache.Loader<Book> {
        private final List<String> loads = new CopyOnWriteArrayList<>();
        private final Map<String, Book> open = new ConcurrentHashMap<>();
        private final AtomicBoolean broken = new AtomicBoolean();
        private volatile CountDownLatch gate = new CountDownLatch(0);

        private CountDownLatch holdLoading() {
            CountDownLatch closed = new CountDownLatch(1);
            gate = closed;
            return closed;
        }

        @Override
        public long estimate(String model) {
            return size(model);
        }

        @Override
        public Book load(String model, ModelCache.Progress progress) throws EngineException {
            long size = size(model);
            loads.add(model);
            progress.at(size / 2, size);
            try {
                assertThat(gate.await(10, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new EngineException.Cancelled();
            }
            if (broken.get()) {
                throw new EngineException.BadModel("torn pages");
            }
            progress.at(size, size);
            Book book = new Book(model, size, open);
            open.put(model, book);
            return book;
        }

        private static long size(String model) {
            return SIZES.getOrDefault(model, 1L);
        }
    }
}
