package drover.source.bridge;

import static drover.source.bridge.BridgeKinds.decimal;
import static drover.source.bridge.BridgeKinds.text;
import static drover.source.bridge.BridgeKinds.texts;
import static drover.source.bridge.BridgeKinds.whole;
import static drover.source.bridge.BridgeKinds.workerName;
import static drover.source.bridge.BridgeKinds.yesNo;

import drover.setting.Secret;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Every key that the existing worker knows, with its bounds and defaults; those of its predecessor too. */
final class BridgeKeys {
    static final String NAMELESS_DREAMER = "An Awesome Dreamer";

    private static final String TEXT_AND_ALCHEMY = "so far Drover takes only image jobs from the Horde";
    private static final String WATCHDOG =
            "Drover's watchdog has a time of its own for each phase: drover.watchdog in drover.conf";
    private static final String MEMORY = "Drover decides by the memory it finds what stays loaded";
    private static final String SAFETY = "Drover's safety checker runs on the CPU, and takes no memory of the GPU";
    private static final String UNUSED = "the existing worker does not use it either";
    private static final String FOLDERS = "Drover looks for models in drover.models.folders; name the folder there";
    private static final Set<String> FORMS =
            Set.of("caption", "nsfw", "interrogation", "post-process", "vectorize", "palette", "describe", "aesthetic");

    private static final List<BridgeKey<?>> ALL = new ArrayList<>();

    static final BridgeKey<URI> HORDE_URL = add("horde_url", BridgeKinds.url(), URI.create("https://aihorde.net/api/"));
    static final BridgeKey<Secret> API_KEY = add("api_key", BridgeKinds.apiKey(), Secret.of(BridgeKinds.ANONYMOUS));
    static final BridgeKey<List<String>> PRIORITY_USERNAMES =
            add("priority_usernames", BridgeKinds.usernames(), List.of());
    static final BridgeKey<String> WORKER_NAME =
            add("worker_name", workerName(), "An Awesome AI Horde Worker", "default_worker_name");
    static final BridgeKey<String> DREAMER_NAME =
            add("dreamer_name", workerName(), NAMELESS_DREAMER, "dreamer_worker_name");
    static final BridgeKey<Integer> MAX_THREADS = add("max_threads", whole(1, 16), 1);
    static final BridgeKey<Integer> QUEUE_SIZE = add("queue_size", whole(0, 4), 1);
    static final BridgeKey<Integer> MAX_BATCH = add("max_batch", whole(1, 20), 1);
    static final BridgeKey<Integer> MAX_POWER = add("max_power", whole(1, 512), 8);
    static final BridgeKey<List<String>> MODELS_TO_LOAD =
            add("models_to_load", texts(), List.of("top 2"), "image_models_to_load");
    static final BridgeKey<List<String>> MODELS_TO_SKIP =
            add("models_to_skip", texts(), List.of(), "image_models_to_skip");
    static final BridgeKey<Boolean> LOAD_LARGE_MODELS = add("load_large_models", yesNo(), false);
    static final BridgeKey<List<CustomModel>> CUSTOM_MODELS =
            add("custom_models", BridgeKinds.customModels(), List.of());
    static final BridgeKey<Boolean> NSFW = add("nsfw", yesNo(), true);
    static final BridgeKey<Boolean> CENSOR_NSFW = add("censor_nsfw", yesNo(), false);
    static final BridgeKey<List<String>> CENSORLIST = add("censorlist", texts(), List.of());
    static final BridgeKey<List<String>> BLACKLIST = add("blacklist", texts(), List.of());
    static final BridgeKey<Boolean> ALLOW_IMG2IMG = add("allow_img2img", yesNo(), true);
    static final BridgeKey<Boolean> ALLOW_PAINTING = add("allow_painting", yesNo(), false, "allow_inpainting");
    static final BridgeKey<Boolean> ALLOW_UNSAFE_IP = add("allow_unsafe_ip", yesNo(), true, "allow_unsafe_ipaddr");
    static final BridgeKey<Boolean> ALLOW_POST_PROCESSING = add("allow_post_processing", yesNo(), false);
    static final BridgeKey<Boolean> ALLOW_CONTROLNET = add("allow_controlnet", yesNo(), false);
    static final BridgeKey<Boolean> ALLOW_SDXL_CONTROLNET = add("allow_sdxl_controlnet", yesNo(), false);
    static final BridgeKey<Boolean> ALLOW_LORA = add("allow_lora", yesNo(), false);
    static final BridgeKey<Integer> MAX_LORA_CACHE_SIZE = add("max_lora_cache_size", whole(10, 2048), 10);
    static final BridgeKey<Secret> CIVITAI_API_TOKEN =
            add("civitai_api_token", BridgeKinds.token(), Secret.NONE, "CIVIT_API_TOKEN", "civit_api_token");
    static final BridgeKey<Boolean> REQUIRE_UPFRONT_KUDOS = add("require_upfront_kudos", yesNo(), false);
    static final BridgeKey<Boolean> EXTRA_SLOW_WORKER = add("extra_slow_worker", yesNo(), false);
    static final BridgeKey<Boolean> LIMIT_MAX_STEPS = add("limit_max_steps", yesNo(), false);
    static final BridgeKey<Boolean> HIGH_PERFORMANCE_MODE = add("high_performance_mode", yesNo(), false);
    static final BridgeKey<Boolean> MODERATE_PERFORMANCE_MODE = add("moderate_performance_mode", yesNo(), false);
    static final BridgeKey<Double> MODEL_STICKINESS =
            add("model_stickiness", decimal(0, 1), 0.0, "horde_model_stickiness");
    static final BridgeKey<Integer> MINUTES_ALLOWED_WITHOUT_JOBS =
            add("minutes_allowed_without_jobs", whole(0, 3599), 30);
    static final BridgeKey<Integer> STATS_OUTPUT_FREQUENCY =
            add("stats_output_frequency", whole(0, Integer.MAX_VALUE), 30);
    static final BridgeKey<Boolean> SUPPRESS_SPEED_WARNINGS = add("suppress_speed_warnings", yesNo(), false);
    static final BridgeKey<Boolean> REMOVE_MAINTENANCE_ON_INIT = add("remove_maintenance_on_init", yesNo(), false);
    static final BridgeKey<Boolean> EXIT_ON_UNHANDLED_FAULTS = add("exit_on_unhandled_faults", yesNo(), false);

    static final BridgeKey<String> SCRIBE_NAME =
            unneeded("scribe_name", workerName(), "An Awesome Scribe", TEXT_AND_ALCHEMY);
    static final BridgeKey<Integer> MAX_LENGTH = unneeded("max_length", whole(1, 16384), 80, TEXT_AND_ALCHEMY);
    static final BridgeKey<Integer> MAX_CONTEXT_LENGTH =
            unneeded("max_context_length", whole(1, 16384), 1024, TEXT_AND_ALCHEMY);
    static final BridgeKey<Boolean> BRANDED_MODEL = unneeded("branded_model", yesNo(), true, TEXT_AND_ALCHEMY);
    static final BridgeKey<String> ALCHEMIST_NAME =
            unneeded("alchemist_name", workerName(), "An Awesome Alchemist", TEXT_AND_ALCHEMY);
    static final BridgeKey<List<String>> ALCHEMY_FORMS = unneeded(
            "forms",
            BridgeKinds.choices(FORMS),
            List.of("caption", "nsfw", "interrogation", "post-process"),
            TEXT_AND_ALCHEMY);

    static {
        unneeded("kai_url", BridgeKinds.url(), URI.create("http://localhost:5000"), "Drover runs its models itself");
        unneeded("process_timeout", whole(1, Integer.MAX_VALUE), 300, WATCHDOG);
        unneeded("preload_timeout", whole(15, Integer.MAX_VALUE), 80, WATCHDOG);
        unneeded("download_timeout", whole(1, Integer.MAX_VALUE), 121, WATCHDOG);
        unneeded("post_process_timeout", whole(15, Integer.MAX_VALUE), 60, WATCHDOG);
        unneeded("inference_step_timeout", whole(15, 30), 15, WATCHDOG);
        unneeded("safety_on_gpu", yesNo(), false, SAFETY);
        unneeded("high_memory_mode", yesNo(), false, MEMORY);
        unneeded("very_high_memory_mode", yesNo(), false, MEMORY);
        unneeded("unload_models_from_vram_often", yesNo(), true, MEMORY);
        unneeded("cycle_process_on_model_change", yesNo(), false, "a model is given back without a new process");
        unneeded("very_fast_disk_mode", yesNo(), false, "each inference actor loads its own models anyway");
        unneeded("post_process_job_overlap", yesNo(), false, "each inference actor ends a job before its next one");
        unneeded("limited_console_messages", yesNo(), false, "drover.logging.level says how much is logged");
        unneeded("purge_loras_on_download", yesNo(), false, "Drover deletes only what it has downloaded itself");
        unneeded("capture_kudos_training_data", yesNo(), false, "Drover collects no training data");
        unneeded("kudos_training_data_file", text(), "", "Drover collects no training data");
        unneeded("cache_home", text(), "./", FOLDERS, "models_folder_parent", "nataili_cache_home");
        unneeded("extra_stable_diffusion_models_folders", texts(), List.of(), FOLDERS);
        unneeded("dynamic_models", yesNo(), false, UNUSED);
        unneeded("number_of_dynamic_models", whole(0, 1000), 1, UNUSED, "number_of_dynamic_models_to_load");
        unneeded("max_models_to_download", whole(0, 1000), 10, UNUSED, "max_dynamic_models_to_download");
        unneeded("temp_dir", text(), "./tmp/", UNUSED, "ray_temp_dir");
        unneeded("always_download", yesNo(), true, UNUSED);
        unneeded("disable_terminal_ui", yesNo(), false, UNUSED);
        unneeded("ram_to_leave_free", BridgeKinds.share(), "80%", UNUSED);
        unneeded("vram_to_leave_free", BridgeKinds.share(), "80%", UNUSED);
        unneeded("disable_disk_cache", yesNo(), false, UNUSED);
    }

    private BridgeKeys() {}

    /** Every key. */
    static List<BridgeKey<?>> all() {
        return List.copyOf(ALL);
    }

    /** The key of this name or alias. */
    static Optional<BridgeKey<?>> named(String name) {
        for (BridgeKey<?> key : ALL) {
            if (key.name().equals(name) || key.aliases().contains(name)) {
                return Optional.of(key);
            }
        }
        return Optional.empty();
    }

    private static <T> BridgeKey<T> add(String name, BridgeKind<T> kind, T standard, String... aliases) {
        return keep(new BridgeKey<>(name, List.of(aliases), kind, standard, Optional.empty()));
    }

    private static <T> BridgeKey<T> unneeded(
            String name, BridgeKind<T> kind, T standard, String because, String... aliases) {
        return keep(new BridgeKey<>(name, List.of(aliases), kind, standard, Optional.of(because)));
    }

    private static <T> BridgeKey<T> keep(BridgeKey<T> key) {
        ALL.add(key);
        return key;
    }
}
