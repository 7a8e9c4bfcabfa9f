package drover.chaos;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** What all callers have been told. Safe for many threads. */
final class OrderBook {
    private static final int MAX_FINDINGS = 1_000;

    private final Map<String, Order> orders = new ConcurrentHashMap<>();
    private final Queue<String> findings = new ConcurrentLinkedQueue<>();
    private final Map<String, Long> trouble = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;
    private final AtomicLong lastAccepted;
    private final AtomicLong longestGap = new AtomicLong();

    OrderBook(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.lastAccepted = new AtomicLong(nanoTime.getAsLong());
    }

    void sent(String key, boolean hurried) {
        orders.put(key, new Order(key, Optional.empty(), Optional.empty(), hurried));
    }

    /** An order was said to be this job. */
    void accepted(String key, String job) {
        long now = nanoTime.getAsLong();
        longestGap.accumulateAndGet(now - lastAccepted.getAndSet(now), Math::max);
        orders.computeIfPresent(key, (_, order) -> {
            order.job()
                    .filter(known -> !known.equals(job))
                    .ifPresent(
                            known -> finding("order " + key + " was accepted twice, as " + known + " and as " + job));
            return order.accepted(job);
        });
    }

    /** A job was said to have ended so. */
    void ended(String key, String state) {
        orders.computeIfPresent(key, (_, order) -> {
            order.end()
                    .filter(known -> !known.equals(state))
                    .ifPresent(known -> finding(
                            "job " + order.job().orElse("?") + " was said to be " + known + " and later " + state));
            return order.ended(state);
        });
    }

    /** Something was said that must not be. */
    void finding(String sentence) {
        if (findings.size() < MAX_FINDINGS) {
            findings.add(sentence);
        }
    }

    /** Something was said that may be while things go wrong. */
    void trouble(String kind) {
        trouble.merge(kind, 1L, Long::sum);
    }

    List<Order> orders() {
        return List.copyOf(orders.values());
    }

    List<String> findings() {
        return List.copyOf(findings);
    }

    /** How often callers met which trouble. */
    Map<String, Long> troubles() {
        return Map.copyOf(trouble);
    }

    /** The longest time in which no job was accepted. */
    Duration longestGap() {
        return Duration.ofNanos(longestGap.get());
    }
}
