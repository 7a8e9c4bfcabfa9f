package drover.source.bridge;

import drover.setting.NearestKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The values that count among those that were written, and what is wrong with the others. */
final class BridgeValues {
    private static final String DEFAULT = "default";

    private final Map<BridgeKey<?>, Object> values = new HashMap<>();
    private final Map<BridgeKey<?>, String> origins = new HashMap<>();
    private final List<BridgeProblem> problems;

    /**
     * @param problems what is wrong is added here
     */
    BridgeValues(List<BridgeProblem> problems) {
        this.problems = problems;
    }

    /** Takes in what was written; what comes later overrides what came before. */
    void add(BridgeEntry entry) {
        Optional<BridgeKey<?>> known = BridgeKeys.named(entry.key());
        if (known.isEmpty()) {
            problems.add(BridgeProblem.warning(
                    entry.where(),
                    entry.key(),
                    "is not a known key",
                    "",
                    NearestKey.to(entry.key(), names())
                            .map(near -> "did you mean " + near + "?")
                            .orElse("leave it out")));
            return;
        }
        add(known.get(), entry);
    }

    private static List<String> names() {
        return BridgeKeys.all().stream()
                .flatMap(key -> Stream.concat(Stream.of(key.name()), key.aliases().stream()))
                .toList();
    }

    private <T> void add(BridgeKey<T> key, BridgeEntry entry) {
        boolean aliasIsLate = !entry.key().equals(key.name()) && isFromFile(key) && !isEnvironment(entry);
        if (aliasIsLate) {
            problems.add(BridgeProblem.warning(
                    entry.where(),
                    entry.key(),
                    "is another name of " + key.name() + ", which " + origin(key) + " has set already",
                    "",
                    "leave one of the two out; this one does nothing"));
            return;
        }
        if (entry.value() instanceof BridgeValue.Empty) {
            return; // As in a template whose values are still to be filled in.
        }
        key.noEffect()
                .ifPresent(because -> problems.add(
                        BridgeProblem.note(entry.where(), entry.key(), "has no effect because " + because)));
        try {
            values.put(key, key.kind().read(entry.value()));
            origins.put(key, entry.where());
        } catch (BridgeKind.Unfit e) {
            String found = key.kind().isSecret()
                    ? "is not usable"
                    : "= " + entry.value().shown();
            problems.add(
                    key.noEffect().isPresent()
                            ? BridgeProblem.warning(
                                    entry.where(),
                                    entry.key(),
                                    found,
                                    key.kind().expected(),
                                    "")
                            : BridgeProblem.error(
                                    entry.where(),
                                    entry.key(),
                                    found,
                                    key.kind().expected(),
                                    "leave it out for " + shown(key, key.standard())));
        }
    }

    private boolean isFromFile(BridgeKey<?> key) {
        return origins.containsKey(key);
    }

    private static boolean isEnvironment(BridgeEntry entry) {
        return entry.where().startsWith("environment");
    }

    /** The value in force. */
    @SuppressWarnings("unchecked") // Only add puts values in, each under the key that has read it.
    <T> T get(BridgeKey<T> key) {
        return (T) values.getOrDefault(key, key.standard());
    }

    /** Whether somebody has set it. */
    boolean isSet(BridgeKey<?> key) {
        return values.containsKey(key);
    }

    /** Where it was set. */
    String origin(BridgeKey<?> key) {
        return origins.getOrDefault(key, DEFAULT);
    }

    /** Changes a value because of another one, and says so if somebody has set it otherwise. */
    <T> void force(BridgeKey<T> key, T value, String because) {
        if (get(key).equals(value)) {
            return;
        }
        if (isSet(key)) {
            problems.add(BridgeProblem.warning(
                    origin(key),
                    key.name(),
                    "= " + get(key) + " is taken as " + value + ", because " + because,
                    "",
                    "set it to " + value));
        }
        values.put(key, value);
        origins.put(key, because);
    }

    /** Every key that has an effect, as it is in force. */
    List<BridgeSetting> settings() {
        List<BridgeSetting> settings = new ArrayList<>();
        for (BridgeKey<?> key : BridgeKeys.all()) {
            if (key.noEffect().isEmpty()) {
                settings.add(new BridgeSetting(key.name(), shown(key, get(key)), origin(key)));
            }
        }
        return settings;
    }

    private static String shown(BridgeKey<?> key, Object value) {
        if (key.kind().isSecret()) {
            return key.equals(BridgeKeys.API_KEY) && value.equals(key.standard())
                    ? "the anonymous key"
                    : value.toString();
        }
        return value instanceof List<?> list && list.isEmpty() ? "(none)" : String.valueOf(value);
    }
}
