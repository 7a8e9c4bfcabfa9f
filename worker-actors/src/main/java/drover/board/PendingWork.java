package drover.board;

import java.util.HashMap;
import java.util.Map;

/**
 * How much work is pending: of all jobs that wait or are out. Kept with each change in constant time and exactly, as whole
 * numbers; nobody ever walks the queue for it.
 */
final class PendingWork {
    private WorkAmount total = WorkAmount.NOTHING;
    private final Map<String, WorkAmount> models = new HashMap<>();
    private final Map<String, WorkAmount> tenants = new HashMap<>();

    void add(Entry entry) {
        change(entry, 1, entry.work);
    }

    void remove(Entry entry) {
        change(entry, -1, -entry.work);
    }

    WorkAmount total() {
        return total;
    }

    /** By model; a model of which nothing is pending is not listed. */
    Map<String, WorkAmount> models() {
        return Map.copyOf(models);
    }

    /** By tenant; a tenant of which nothing is pending is not listed. */
    Map<String, WorkAmount> tenants() {
        return Map.copyOf(tenants);
    }

    private void change(Entry entry, long jobs, long work) {
        total = total.plus(jobs, work);
        change(models, entry.model(), jobs, work);
        change(tenants, entry.tenant().name(), jobs, work);
    }

    private static void change(Map<String, WorkAmount> amounts, String key, long jobs, long work) {
        WorkAmount next = amounts.getOrDefault(key, WorkAmount.NOTHING).plus(jobs, work);
        if (next.jobs() == 0) {
            amounts.remove(key);
        } else {
            amounts.put(key, next);
        }
    }
}
