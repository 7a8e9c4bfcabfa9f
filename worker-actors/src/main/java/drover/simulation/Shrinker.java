package drover.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Makes a failing plan small: it takes out orders, troubles, mishaps and GPUs as long as the same rule is still broken.
 * Zeller's delta debugging (ddmin, 2002) over each list in turn, within a bounded number of runs.
 */
final class Shrinker {
    private final Cast cast;
    private final String rule;
    private int runsLeft;

    /**
     * A shrinker for one failure.
     *
     * @param rule the rule that is broken and has to stay so
     * @param runs how many plans may be tried
     */
    Shrinker(Cast cast, String rule, int runs) {
        this.cast = cast;
        this.rule = rule;
        this.runsLeft = runs;
    }

    /** The smallest plan that was found. */
    Plan shrink(Plan failing) {
        Plan plan = failing;
        int size;
        do {
            size = size(plan);
            plan = troubles(plan);
            plan = orders(plan);
            plan = mishaps(plan);
            plan = nodes(plan);
        } while (size(plan) < size && runsLeft > 0);
        return plan;
    }

    private static int size(Plan plan) {
        long mishaps =
                plan.orders().stream().filter(o -> o.mishap().isPresent()).count();
        return plan.orders().size() + plan.troubles().size() + plan.shape().nodes() + (int) mishaps;
    }

    private Plan orders(Plan plan) {
        return plan.with(reduce(plan.orders(), plan::with));
    }

    private Plan troubles(Plan plan) {
        return plan.withTroubles(reduce(plan.troubles(), plan::withTroubles));
    }

    private Plan mishaps(Plan plan) {
        Plan best = plan;
        for (int i = 0; i < best.orders().size() && runsLeft > 0; i++) {
            if (best.orders().get(i).mishap().isPresent()) {
                List<Order> orders = new ArrayList<>(best.orders());
                orders.set(i, orders.get(i).healthy());
                Plan candidate = best.with(orders);
                if (fails(candidate)) {
                    best = candidate;
                }
            }
        }
        return best;
    }

    private Plan nodes(Plan plan) {
        for (int nodes = 1; nodes < plan.shape().nodes(); nodes++) {
            Plan candidate = plan.withNodes(nodes);
            if (fails(candidate)) {
                return candidate;
            }
        }
        return plan;
    }

    private <T> List<T> reduce(List<T> all, Function<List<T>, Plan> planOf) {
        List<T> kept = all;
        int parts = 2;
        while (!kept.isEmpty() && runsLeft > 0) {
            List<T> smaller = withoutOnePart(kept, parts, planOf);
            if (smaller.size() < kept.size()) {
                kept = smaller;
                parts = Math.max(2, parts - 1);
            } else if (parts >= kept.size()) {
                break;
            } else {
                parts = Math.min(kept.size(), parts * 2);
            }
        }
        return kept;
    }

    private <T> List<T> withoutOnePart(List<T> all, int parts, Function<List<T>, Plan> planOf) {
        int length = Math.ceilDiv(all.size(), parts);
        for (int from = 0; from < all.size() && runsLeft > 0; from += length) {
            List<T> rest = new ArrayList<>(all.subList(0, from));
            rest.addAll(all.subList(Math.min(from + length, all.size()), all.size()));
            if (fails(planOf.apply(rest))) {
                return rest;
            }
        }
        return all;
    }

    private boolean fails(Plan plan) {
        if (runsLeft <= 0) {
            return false;
        }
        runsLeft--;
        return Simulation.run(plan, cast)
                .violation()
                .filter(v -> v.rule().equals(rule))
                .isPresent();
    }
}
