package drover.chaos;

import drover.client.DroverClient;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Callers of the public API, each in a thread of its own. They order jobs, wait for them or follow them, withdraw some,
 * send some orders twice, and fetch results. Whatever goes wrong on the way they try again, at any host: an answer 503 or
 * none at all promises nothing.
 */
final class Callers implements AutoCloseable {
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private final OrderBook book;
    private final List<DroverClient> doors = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicBoolean ordering = new AtomicBoolean(true);

    /**
     * Callers who have not begun.
     *
     * @param doors the public APIs
     * @param tokens one for each tenant
     * @param seed says what they order
     */
    Callers(List<URI> doors, List<String> tokens, int count, long seed, OrderBook book) {
        this.book = book;
        SplittableRandom random = new SplittableRandom(seed);
        List<List<DroverClient>> clients = tokens.stream()
                .map(token -> doors.stream()
                        .map(door -> new DroverClient(door, Optional.of(token), ANSWER))
                        .toList())
                .toList();
        clients.forEach(this.doors::addAll);
        for (int i = 0; i < count; i++) {
            Caller caller = new Caller(clients.get(i % clients.size()), random.split(), book, ordering::get);
            threads.add(Thread.ofVirtual().name("chaos-caller-" + i).unstarted(caller));
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    /** No new orders; those on the way are seen to their end. */
    void stopOrdering() {
        ordering.set(false);
    }

    /** Whether all orders have been seen to their end. */
    boolean areDone() {
        return threads.stream().noneMatch(Thread::isAlive);
    }

    OrderBook book() {
        return book;
    }

    /** Ends them wherever they are. */
    @Override
    public void close() {
        stopOrdering();
        threads.forEach(Thread::interrupt);
        doors.forEach(DroverClient::close);
    }
}
