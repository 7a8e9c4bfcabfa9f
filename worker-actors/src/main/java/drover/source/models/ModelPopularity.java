package drover.source.models;

import drover.horde.Status;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How often the Horde used each model within the last month. {@code TOP} and {@code BOTTOM} go by it.
 *
 * @param month uses by model
 */
public record ModelPopularity(Map<String, Long> month) {
    public ModelPopularity {
        month = Map.copyOf(month);
    }

    /** As the Horde tells it; empty if it does not tell the month. */
    public static Optional<ModelPopularity> of(Status.ModelUse use) {
        return use.month().map(ModelPopularity::new);
    }

    /** The most used ones, the most used first. */
    List<String> top(int count) {
        return ranked(count, Map.Entry.<String, Long>comparingByValue().reversed());
    }

    /** The least used ones, the least used first. */
    List<String> bottom(int count) {
        return ranked(count, Map.Entry.comparingByValue());
    }

    /** Ties are broken by name, so that the answer is always the same. */
    private List<String> ranked(int count, Comparator<Map.Entry<String, Long>> order) {
        return month.entrySet().stream()
                .filter(use -> !use.getKey().isBlank())
                .sorted(order.thenComparing(Map.Entry.comparingByKey()))
                .limit(count)
                .map(Map.Entry::getKey)
                .toList();
    }
}
