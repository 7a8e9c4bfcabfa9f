package drover.source.bridge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The existing worker's environment variables: {@code AIWORKER_REGEN_} and a key in capitals for any key, and some with
 * names of their own, which come before those.
 */
final class BridgeEnvironment {
    static final String PREFIX = "AIWORKER_REGEN_";

    private static final Pattern SEPARATORS = Pattern.compile("[\\[\\],;]");

    /** Later ones win: the development server's address is only ever set on purpose. */
    private static final Map<String, BridgeKey<?>> NAMED = named();

    private static final Map<String, String> NO_EFFECT = Map.of(
            "AIWORKER_CACHE_HOME", "Drover looks for models in drover.models.folders; name the folder there",
            "AIWORKER_LOGS_DIR", "drover.logging.dir says where log files are",
            "HORDE_SDK_DISABLE_CUSTOM_SINKS", "drover.logging says what is logged where",
            "AIWORKER_LIMITED_CONSOLE_MESSAGES", "drover.logging.level says how much is logged");

    private final Map<String, String> environment;

    BridgeEnvironment(Map<String, String> environment) {
        this.environment = new TreeMap<>(environment);
    }

    private static Map<String, BridgeKey<?>> named() {
        Map<String, BridgeKey<?>> named = new LinkedHashMap<>();
        named.put("AIWORKER_DREAMER_WORKER_NAME", BridgeKeys.DREAMER_NAME);
        named.put("CIVIT_API_TOKEN", BridgeKeys.CIVITAI_API_TOKEN);
        named.put("AI_HORDE_URL", BridgeKeys.HORDE_URL);
        named.put("AI_HORDE_DEV_URL", BridgeKeys.HORDE_URL);
        named.put("AI_HORDE_DEV_APIKEY", BridgeKeys.API_KEY);
        named.put("AI_HORDE_MODEL_META_LARGE_MODELS", BridgeKeys.LOAD_LARGE_MODELS);
        return named;
    }

    /** Where a variable's value comes from, for messages. */
    static String where(String variable) {
        return "environment variable " + variable;
    }

    /** Whether a whole configuration may be meant by it. */
    boolean hasKeys() {
        return environment.keySet().stream().anyMatch(name -> name.startsWith(PREFIX));
    }

    /** The value of a variable, if it is set and not empty. */
    Optional<String> get(String variable) {
        return Optional.ofNullable(environment.get(variable)).filter(value -> !value.isBlank());
    }

    /** What is set there. An entry overrides those before it, and the file's. */
    List<BridgeEntry> entries() {
        List<BridgeEntry> entries = new ArrayList<>();
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX) && !value.isBlank()) {
                String key = variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
                entries.add(new BridgeEntry(key, where(variable), value(key, value)));
            }
        });
        NAMED.forEach((variable, key) -> get(variable).ifPresent(value -> {
            // Any value at all means yes to the existing worker.
            String text = key.equals(BridgeKeys.LOAD_LARGE_MODELS) ? "true" : value;
            entries.add(new BridgeEntry(key.name(), where(variable), value(key.name(), text)));
        }));
        return entries;
    }

    /** What is set but does nothing. */
    List<BridgeProblem> withoutEffect() {
        return NO_EFFECT.keySet().stream()
                .sorted()
                .filter(variable -> get(variable).isPresent())
                .map(variable ->
                        BridgeProblem.note(where(variable), "", "has no effect because " + NO_EFFECT.get(variable)))
                .toList();
    }

    private static BridgeValue value(String name, String value) {
        boolean list = BridgeKeys.named(name).map(key -> key.kind().isList()).orElse(false);
        if (!list) {
            return new BridgeValue.Text(value);
        }
        return new BridgeValue.Items(SEPARATORS
                .splitAsStream(value)
                .map(item -> item.strip().replaceAll("^['\"]|['\"]$", ""))
                .filter(item -> !item.isEmpty())
                .<BridgeValue>map(BridgeValue.Text::new)
                .toList());
    }
}
