package drover.board;

import drover.inference.AttemptId;
import drover.watchdog.ModelRules;
import drover.watchdog.Strike;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the board remembers of models that brought nodes down, so that they are not offered to the next one. */
final class ModelRecords {
    private final ModelRules rules;
    /** Strikes since the model last worked, oldest first; a model without any is not listed. */
    private final Map<String, List<Strike>> strikes = new HashMap<>();

    ModelRecords(ModelRules rules) {
        this.rules = rules;
    }

    /** The attempt stalled or crashed this node; gives the reason if its model is withdrawn for it. */
    Optional<String> struck(AttemptId attempt, String model, String node, Instant now) {
        if (isWithdrawn(model, now)) {
            return Optional.empty();
        }
        List<Strike> all = strikes.computeIfAbsent(model, m -> new ArrayList<>());
        all.removeIf(s -> !s.at().isAfter(now.minus(rules.window())));
        all.add(new Strike(attempt, model, node, now));
        return rules.withdraw(all, Optional.empty(), now);
    }

    /** An attempt with this model ended well. */
    void worked(String model) {
        strikes.remove(model);
    }

    /** Whether the model is not offered now. */
    boolean isWithdrawn(String model, Instant now) {
        List<Strike> all = strikes.get(model);
        return all != null
                && all.size() >= rules.jobs()
                && rules.withdraw(all, Optional.empty(), now).isPresent();
    }

    /** When the first model that is withdrawn now may be offered again. */
    Optional<Instant> nextRelease(Instant now) {
        Optional<Instant> first = Optional.empty();
        for (Map.Entry<String, List<Strike>> record : strikes.entrySet()) {
            if (isWithdrawn(record.getKey(), now)) {
                for (Strike strike : record.getValue()) {
                    Instant over = strike.at().plus(rules.window());
                    if (over.isAfter(now) && first.filter(over::isAfter).isEmpty()) {
                        first = Optional.of(over);
                    }
                }
            }
        }
        return first;
    }
}
