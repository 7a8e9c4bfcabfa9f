package drover.source.bridge;

import drover.horde.ImagePop;
import drover.source.bridge.BridgeData.Performance;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** What has to hold between keys, as the existing worker has it, and the record that they make up. */
final class BridgeRules {
    private static final int SERVER_WORDS = 200;
    private static final int SERVER_WORD_LENGTH = 15;
    private static final List<String> RESERVED = List.of("colab", "tpu", "google");
    /** A beta model that no worker of one's own may offer. */
    private static final String NEVER = "SDXL_beta::stability.ai#6901";

    private static final long MEBIBYTES_PER_GIGABYTE = 1024;

    private final BridgeValues values;
    private final List<BridgeProblem> problems;

    /**
     * @param problems what does not hold is added here
     */
    BridgeRules(BridgeValues values, List<BridgeProblem> problems) {
        this.values = values;
        this.problems = problems;
    }

    /** Makes keys agree with each other, and says which had to be changed. */
    void settle() {
        if (!values.isSet(BridgeKeys.DREAMER_NAME) && values.isSet(BridgeKeys.WORKER_NAME)) {
            values.force(
                    BridgeKeys.DREAMER_NAME,
                    values.get(BridgeKeys.WORKER_NAME),
                    "worker_name is the name of workers that have none of their own");
        }
        if (!values.get(BridgeKeys.ALLOW_IMG2IMG)) {
            values.force(BridgeKeys.ALLOW_CONTROLNET, false, "ControlNet needs allow_img2img");
        }
        if (!values.get(BridgeKeys.ALLOW_CONTROLNET)) {
            values.force(BridgeKeys.ALLOW_SDXL_CONTROLNET, false, "it needs allow_controlnet");
        }
        if (values.get(BridgeKeys.EXTRA_SLOW_WORKER)) {
            String slow = "extra_slow_worker is on";
            values.force(BridgeKeys.HIGH_PERFORMANCE_MODE, false, slow);
            values.force(BridgeKeys.MODERATE_PERFORMANCE_MODE, false, slow);
            values.force(BridgeKeys.QUEUE_SIZE, 0, slow);
            values.force(BridgeKeys.MAX_THREADS, 1, slow);
        }
        if (values.get(BridgeKeys.HIGH_PERFORMANCE_MODE)) {
            values.force(BridgeKeys.MODERATE_PERFORMANCE_MODE, false, "high_performance_mode is on");
        }
        if (values.get(BridgeKeys.MAX_THREADS) >= 2 && values.get(BridgeKeys.QUEUE_SIZE) > 3) {
            values.force(BridgeKeys.QUEUE_SIZE, 3, "max_threads is 2 or more");
        }
        if (values.get(BridgeKeys.MODELS_TO_LOAD).isEmpty()
                && values.get(BridgeKeys.CUSTOM_MODELS).isEmpty()) {
            values.force(
                    BridgeKeys.MODELS_TO_LOAD, BridgeKeys.MODELS_TO_LOAD.standard(), "an empty list offers nothing");
        }
        checkWords();
        checkName();
        checkModels();
    }

    private void checkWords() {
        List<String> words = values.get(BridgeKeys.BLACKLIST);
        if (words.size() > SERVER_WORDS) {
            warn(
                    BridgeKeys.BLACKLIST,
                    "has " + words.size() + " words",
                    "at most 200",
                    "the server passes over the rest");
        }
        words.stream()
                .filter(word -> word.length() > SERVER_WORD_LENGTH)
                .findFirst()
                .ifPresent(word -> warn(
                        BridgeKeys.BLACKLIST,
                        "has a word that the server cuts to \"" + word.substring(0, SERVER_WORD_LENGTH) + "\"",
                        "words of at most 15 letters",
                        "so it keeps away more than is meant"));
    }

    private void checkName() {
        String name = values.get(BridgeKeys.DREAMER_NAME).toLowerCase(Locale.ROOT);
        RESERVED.stream()
                .filter(name::contains)
                .findFirst()
                .ifPresent(word -> warn(
                        BridgeKeys.DREAMER_NAME,
                        "contains " + word + ", which the server refuses in new names",
                        "",
                        ""));
        if (name.chars().anyMatch(c -> c == '<' || c == '>' || c == '&')) {
            warn(
                    BridgeKeys.DREAMER_NAME,
                    "has one of < > &, which the server writes in another way, so that the worker cannot be looked up",
                    "",
                    "use other letters");
        }
    }

    private void checkModels() {
        values.get(BridgeKeys.CUSTOM_MODELS).stream()
                .map(CustomModel::name)
                .filter(name -> !ImagePop.isModelName(name))
                .findFirst()
                .ifPresent(name -> warn(
                        BridgeKeys.CUSTOM_MODELS,
                        "has the model \"" + name + "\", whose name the server does not take",
                        "names of 3 to 255 letters",
                        "it is not offered"));
    }

    private void warn(BridgeKey<?> key, String what, String expected, String advice) {
        problems.add(BridgeProblem.warning(values.origin(key), key.name(), what, expected, advice));
    }

    /**
     * The record, once everything is settled.
     *
     * @param cacheMebibytes of LoRA files, if a variable says so
     * @param minFreeMebibytes of the disk that LoRA files are on
     * @param custom the models that the reference does not know
     */
    BridgeData data(OptionalLong cacheMebibytes, long minFreeMebibytes, List<CustomModel> custom) {
        return new BridgeData(
                values.get(BridgeKeys.HORDE_URL),
                values.get(BridgeKeys.API_KEY),
                values.get(BridgeKeys.DREAMER_NAME),
                values.get(BridgeKeys.PRIORITY_USERNAMES),
                new BridgeData.Capacity(
                        values.get(BridgeKeys.MAX_THREADS),
                        values.get(BridgeKeys.QUEUE_SIZE),
                        values.get(BridgeKeys.MAX_BATCH),
                        values.get(BridgeKeys.MAX_POWER),
                        performance(),
                        values.get(BridgeKeys.EXTRA_SLOW_WORKER),
                        values.get(BridgeKeys.LIMIT_MAX_STEPS),
                        values.get(BridgeKeys.MODEL_STICKINESS)),
                new BridgeData.Models(
                        values.get(BridgeKeys.MODELS_TO_LOAD),
                        withNever(values.get(BridgeKeys.MODELS_TO_SKIP)),
                        values.get(BridgeKeys.LOAD_LARGE_MODELS),
                        custom),
                new BridgeData.Content(
                        values.get(BridgeKeys.NSFW),
                        values.get(BridgeKeys.CENSOR_NSFW),
                        values.get(BridgeKeys.CENSORLIST),
                        values.get(BridgeKeys.BLACKLIST)),
                new BridgeData.Features(
                        values.get(BridgeKeys.ALLOW_IMG2IMG),
                        values.get(BridgeKeys.ALLOW_PAINTING),
                        values.get(BridgeKeys.ALLOW_UNSAFE_IP),
                        values.get(BridgeKeys.ALLOW_POST_PROCESSING),
                        values.get(BridgeKeys.ALLOW_CONTROLNET),
                        values.get(BridgeKeys.ALLOW_SDXL_CONTROLNET),
                        values.get(BridgeKeys.ALLOW_LORA),
                        values.get(BridgeKeys.REQUIRE_UPFRONT_KUDOS)),
                new BridgeData.Loras(
                        cacheMebibytes.orElse(values.get(BridgeKeys.MAX_LORA_CACHE_SIZE) * MEBIBYTES_PER_GIGABYTE),
                        minFreeMebibytes,
                        values.get(BridgeKeys.CIVITAI_API_TOKEN)),
                new BridgeData.Habits(
                        Duration.ofSeconds(values.get(BridgeKeys.STATS_OUTPUT_FREQUENCY)),
                        Duration.ofMinutes(values.get(BridgeKeys.MINUTES_ALLOWED_WITHOUT_JOBS)),
                        values.get(BridgeKeys.SUPPRESS_SPEED_WARNINGS),
                        values.get(BridgeKeys.REMOVE_MAINTENANCE_ON_INIT),
                        values.get(BridgeKeys.EXIT_ON_UNHANDLED_FAULTS)),
                new BridgeData.Scribe(
                        values.get(BridgeKeys.SCRIBE_NAME),
                        values.get(BridgeKeys.MAX_LENGTH),
                        values.get(BridgeKeys.MAX_CONTEXT_LENGTH),
                        values.get(BridgeKeys.BRANDED_MODEL)),
                new BridgeData.Alchemist(values.get(BridgeKeys.ALCHEMIST_NAME), values.get(BridgeKeys.ALCHEMY_FORMS)));
    }

    private static List<String> withNever(List<String> skip) {
        return skip.contains(NEVER)
                ? skip
                : Stream.concat(skip.stream(), Stream.of(NEVER)).toList();
    }

    private Performance performance() {
        if (values.get(BridgeKeys.HIGH_PERFORMANCE_MODE)) {
            return Performance.HIGH;
        }
        return values.get(BridgeKeys.MODERATE_PERFORMANCE_MODE) ? Performance.MODERATE : Performance.NORMAL;
    }
}
