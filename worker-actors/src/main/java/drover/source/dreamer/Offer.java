package drover.source.dreamer;

import drover.board.Supply;
import drover.horde.ImagePop;
import drover.source.appetite.Load;
import drover.source.appetite.Offered;
import drover.source.bridge.BridgeData;
import drover.source.bridge.CustomModel;
import drover.source.models.Baseline;
import drover.source.models.ModelPopularity;
import drover.source.models.ModelReference;
import drover.source.models.ModelSelection;
import drover.source.models.ReferenceModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a dreamer could offer now: its models as far as the nodes have them, and what is known of each.
 *
 * @param selection what the operator's choice comes to
 * @param spelling the models that are ready and can be offered, as the Horde calls them, and as the nodes do
 */
record Offer(ModelSelection selection, Map<String, String> spelling) {
    Offer {
        spelling = Map.copyOf(spelling);
    }

    /** The operator's choice, seen against what the nodes have. */
    static Offer of(
            BridgeData.Models wanted,
            Optional<ModelReference> reference,
            Optional<ModelPopularity> popularity,
            Set<String> onNodes) {
        Map<String, String> byAnyCase = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        onNodes.forEach(name -> byAnyCase.put(name, name));
        // A custom model is what its path says, whatever else is called as it is offered.
        Map<String, String> custom = wanted.custom().stream()
                .collect(Collectors.toMap(CustomModel::name, CustomModel::onNodes, (first, _) -> first));
        ModelSelection selection = ModelSelection.of(
                wanted,
                reference,
                popularity,
                onNodes.stream().filter(name -> !custom.containsKey(name)).toList(),
                model -> byAnyCase.containsKey(model.onNodes()));
        Map<String, String> spelling = new HashMap<>();
        selection.ready().stream()
                .filter(ImagePop::isModelName)
                .forEach(name -> Optional.ofNullable(byAnyCase.get(custom.getOrDefault(name, name)))
                        .ifPresent(spelled -> spelling.put(name, spelled)));
        return new Offer(selection, spelling);
    }

    /** Every model that some node could draw with. */
    static Set<String> models(Supply supply) {
        Set<String> models = new TreeSet<>();
        supply.slots().forEach(slot -> models.addAll(slot.models()));
        return models;
    }

    /** The model as the nodes call it. */
    String spelled(String hordeName) {
        return spelling.getOrDefault(hordeName, hordeName);
    }

    /** What the dreamer holds, and could take. */
    Load load(Supply supply, Hand hand, Optional<ModelReference> reference, List<CustomModel> custom, Tally tally) {
        List<Supply.Slot> slots = supply.slots().stream()
                .filter(slot -> spelling.values().stream().anyMatch(slot.models()::contains))
                .toList();
        List<Offered> offered = selection.ready().stream()
                .filter(spelling::containsKey)
                .map(name -> offered(name, slots, supply, hand, reference, custom))
                .toList();
        return new Load(
                slots.size(),
                (int) slots.stream().filter(Supply.Slot::free).count(),
                (int) slots.stream().filter(slot -> !slot.resident().isEmpty()).count(),
                hand.jobs(),
                hand.ids(),
                hand.pending(),
                hand.pixelSteps(),
                tally.overhead(),
                slots.stream().anyMatch(Supply.Slot::checks),
                OptionalLong.empty(),
                offered,
                tally.enlarging());
    }

    private Offered offered(
            String name,
            List<Supply.Slot> slots,
            Supply supply,
            Hand hand,
            Optional<ModelReference> reference,
            List<CustomModel> custom) {
        String spelled = spelled(name);
        Double speed = supply.slowest().get(spelled);
        return new Offered(
                name,
                baseline(name, reference, custom),
                hand.of(spelled),
                slots.stream().anyMatch(slot -> slot.resident().contains(spelled)),
                slots.stream().anyMatch(slot -> slot.free() && slot.resident().contains(spelled)),
                speed == null ? OptionalDouble.empty() : OptionalDouble.of(speed),
                Optional.empty(),
                OptionalLong.empty());
    }

    static Baseline baseline(String name, Optional<ModelReference> reference, List<CustomModel> custom) {
        return reference
                .flatMap(known -> known.find(name))
                .map(ReferenceModel::baseline)
                .or(() -> custom.stream()
                        .filter(model -> model.name().equals(name))
                        .findFirst()
                        .map(model -> Baseline.of(model.baseline())))
                .orElse(Baseline.OTHER);
    }
}
