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
import java.util.TreeMap;

/**
 * What the board remembers of models that brought nodes down, so that they are not offered to the next one. A model is
 * withdrawn until it has cooled down, for as long as strikes count, or until an operator releases it; one that an operator
 * has withdrawn stays out until an operator releases it.
 */
final class ModelRecords {
    private final ModelRules rules;
    /** Strikes since the model last worked, oldest first; a model without any is not listed. */
    private final Map<String, List<Strike>> strikes = new HashMap<>();

    private final Map<String, WithdrawnModel> withdrawn = new TreeMap<>();

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
        Optional<String> reason = rules.withdraw(all, Optional.empty(), now);
        reason.ifPresent(why ->
                withdrawn.put(model, new WithdrawnModel(model, why, now, Optional.of(now.plus(rules.window())))));
        return reason;
    }

    /** An attempt with this model ended well. */
    void worked(String model) {
        strikes.remove(model);
    }

    /** An operator takes the model out. */
    void withdraw(String model, String reason, Instant now) {
        withdrawn.put(model, new WithdrawnModel(model, reason, now, Optional.empty()));
    }

    /**
     * An operator lets the model back; its past is forgotten.
     *
     * @return whether it was out
     */
    boolean release(String model, Instant now) {
        strikes.remove(model);
        boolean was = isWithdrawn(model, now);
        withdrawn.remove(model);
        return was;
    }

    /** Whether the model is not offered now. */
    boolean isWithdrawn(String model, Instant now) {
        return find(model, now).isPresent();
    }

    /** Why the model is not offered now, if it is not. */
    Optional<WithdrawnModel> find(String model, Instant now) {
        return Optional.ofNullable(withdrawn.get(model)).filter(it -> isOut(it, now));
    }

    /** Every model that is not offered now, by name. */
    List<WithdrawnModel> withdrawn(Instant now) {
        return withdrawn.values().stream().filter(it -> isOut(it, now)).toList();
    }

    /** When the first model that is withdrawn now may be offered again. */
    Optional<Instant> nextRelease(Instant now) {
        if (withdrawn.isEmpty()) {
            return Optional.empty();
        }
        return withdrawn.values().stream()
                .flatMap(it -> it.until().stream())
                .filter(at -> at.isAfter(now))
                .min(Instant::compareTo);
    }

    private static boolean isOut(WithdrawnModel it, Instant now) {
        return it.until().isEmpty() || now.isBefore(it.until().get());
    }
}
