package drover.config;

import drover.graph.Precision;
import drover.horde.BridgeAgent;
import drover.http.TenantToken;
import drover.job.JobState;
import drover.job.Tenant;
import drover.ledger.LedgerSettings;
import drover.node.GpuSelection;
import drover.setting.Secret;
import drover.source.skills.Offering;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Every setting there is: its key, what values it takes, its default. {@code conf/drover.conf} explains them; a test
 * holds that the two agree.
 */
final class Schema {
    /** Which implementation runs the models. */
    enum EngineKind {
        PYTORCH,
        FAULT
    }

    /** What is done about pictures that are ordered over the public API. */
    enum ApiSafety {
        OFF,
        MARK,
        CENSOR
    }

    /** How much is logged. */
    enum Level {
        ERROR,
        WARN,
        INFO,
        DEBUG,
        TRACE
    }

    private static final List<Setting<?>> ALL = new ArrayList<>();

    static final Setting<String> DATA_DIR = add("data-dir", Kinds.path(), "data", "DROVER_DATA_DIR");
    static final Setting<Optional<String>> ASSETS_DIR =
            add("assets-dir", Kinds.or("auto", Kinds.path()), "auto", "DROVER_ASSETS_DIR");
    static final Setting<Optional<String>> CACHE_DIR =
            add("cache-dir", Kinds.or("auto", Kinds.path()), "auto", "DROVER_CACHE_DIR");

    static final Setting<String> LORAS_DIR = add("loras-dir", Kinds.path(), "models/loras", "DROVER_LORAS_DIR");
    static final Setting<String> UPSCALERS_DIR =
            add("upscalers-dir", Kinds.path(), "models/upscalers", "DROVER_UPSCALERS_DIR");
    static final Setting<String> CONTROLNETS_DIR =
            add("controlnets-dir", Kinds.path(), "models/controlnets", "DROVER_CONTROLNETS_DIR");
    static final Setting<String> EMBEDDINGS_DIR =
            add("embeddings-dir", Kinds.path(), "models/embeddings", "DROVER_EMBEDDINGS_DIR");

    static final Setting<List<String>> MODEL_FOLDERS =
            add("models.folders", Kinds.list(Kinds.path()), "[models]", "DROVER_MODEL_FOLDERS");
    static final Setting<String> MODELS_FILE =
            add("models.file", Kinds.path(), "conf/models.yaml", "DROVER_MODELS_FILE");
    static final Setting<String> DEFAULT_MODEL = add("models.default", Kinds.text(200), "\"\"", "DROVER_MODEL");

    static final Setting<EngineKind> ENGINE = add("engine", Kinds.choice(EngineKind.class), "pytorch", "DROVER_ENGINE");
    static final Setting<Optional<Integer>> PYTORCH_THREADS =
            add("pytorch.threads", Kinds.or("auto", Kinds.whole(1, 1024)), "auto", "DROVER_THREADS");
    static final Setting<Optional<Precision>> PYTORCH_PRECISION =
            add("pytorch.precision", Kinds.or("auto", Kinds.choice(Precision.class)), "auto", "DROVER_PRECISION");
    static final Setting<Optional<Long>> PYTORCH_MODEL_CACHE =
            add("pytorch.model-cache", Kinds.or("auto", Kinds.size("16MiB", "1024GiB")), "auto");
    static final Setting<Boolean> PYTORCH_GRAPH_OPTIMIZER = add("pytorch.graph-optimizer", Kinds.onOff(), "off");
    static final Setting<Boolean> PYTORCH_MAP_WEIGHTS = add("pytorch.map-weights", Kinds.onOff(), "on");

    static final Setting<List<String>> FAULT_MODELS =
            add("fault.models", Kinds.list(Kinds.text("a name", s -> !s.isBlank())), "[emoji-diffusion]");
    static final Setting<Duration> FAULT_LOAD_TIME = pretended("load-time", "100ms");
    static final Setting<Duration> FAULT_ENCODE_TIME = pretended("encode-time", "10ms");
    static final Setting<Duration> FAULT_STEP_TIME = pretended("step-time", "50ms");
    static final Setting<Duration> FAULT_DECODE_TIME = pretended("decode-time", "50ms");
    static final Setting<Duration> FAULT_SLOWEST_STEP = pretended("slowest-step", "5s");
    static final Setting<Optional<String>> FAULT_TRACE = add("fault.trace", Kinds.or("off", Kinds.path()), "off");
    static final Setting<Duration> FAULT_CLOCK_SKEW =
            add("fault.clock-skew", Kinds.duration("-1 hour", "1 hour"), "0s");

    static final Setting<Optional<String>> SAFETY_MODEL =
            add("safety.model", Kinds.or("off", Kinds.path()), "off", "DROVER_SAFETY_MODEL");
    static final Setting<Optional<ApiSafety>> SAFETY_API =
            add("safety.api", Kinds.or("auto", Kinds.choice(ApiSafety.class)), "auto", "DROVER_SAFETY_API");
    static final Setting<Optional<String>> SAFETY_WORDS =
            add("safety.words-file", Kinds.or("off", Kinds.path()), "off");
    static final Setting<Duration> SAFETY_TIMEOUT = add("safety.timeout", Kinds.duration("100ms", "10m"), "30s");

    static final Setting<GpuSelection> GPUS = add("nodes.gpus", new GpuList(), "auto", "DROVER_GPUS");
    static final Setting<Integer> ACTORS_PER_GPU =
            add("nodes.actors-per-gpu", Kinds.whole(1, 64), "1", "DROVER_ACTORS_PER_GPU");
    static final Setting<Boolean> WARM_STANDBY = add("nodes.warm-standby", Kinds.onOff(), "off", "DROVER_WARM_STANDBY");
    static final Setting<Long> NODE_HEAP = add("nodes.heap", Kinds.size("64MiB", "64GiB"), "256MiB");
    static final Setting<List<String>> NODE_JVM_OPTIONS =
            add("nodes.jvm-options", Kinds.list(Kinds.text("a JVM option", s -> s.startsWith("-"))), "[]");
    static final Setting<String> AOT_CACHE = add("nodes.aot-cache", Kinds.path(), "auto");
    static final Setting<Duration> LAUNCH_TIMEOUT = add("nodes.launch-timeout", Kinds.duration("1s", "1 hour"), "120s");
    static final Setting<Duration> DRAIN_TIMEOUT = add("nodes.drain-timeout", Kinds.duration("1s", "1 day"), "60s");
    static final Setting<Duration> SILENCE_TIMEOUT =
            add("nodes.silence-timeout", Kinds.duration("1s", "1 hour"), "30s");
    static final Setting<Duration> ORPHAN_TIMEOUT = add("nodes.orphan-timeout", Kinds.duration("1s", "1 hour"), "30s");
    static final Setting<Duration> SIBLING_TIMEOUT =
            add("nodes.sibling-timeout", Kinds.duration("1ms", "1 hour"), "10s");

    static final Setting<Duration> INFERENCE_STEP_TIMEOUT = timeout("inference-step-timeout", "15s");
    static final Setting<Duration> PRELOAD_TIMEOUT = timeout("preload-timeout", "80s");
    static final Setting<Duration> DOWNLOAD_TIMEOUT = timeout("download-timeout", "121s");
    static final Setting<Duration> ENCODE_TIMEOUT = timeout("encode-timeout", "30s");
    static final Setting<Duration> DECODE_TIMEOUT = timeout("decode-timeout", "60s");
    static final Setting<Duration> POST_PROCESS_TIMEOUT = timeout("post-process-timeout", "63s");
    static final Setting<Duration> CHECK_TIMEOUT = timeout("check-timeout", "60s");
    static final Setting<Duration> UPLOAD_TIMEOUT = timeout("upload-timeout", "60s");
    static final Setting<Boolean> LEARNED = add("watchdog.learned", Kinds.onOff(), "on", "DROVER_LEARNED_TIMEOUTS");
    static final Setting<Duration> LEARNED_FLOOR = timeout("learned-floor", "5s");
    static final Setting<Duration> CANCEL_GRACE = timeout("cancel-grace", "3s");
    static final Setting<Duration> RESTART_GRACE = timeout("restart-grace", "3s");
    static final Setting<Duration> CONTROL_MARGIN = timeout("control-margin", "5s");

    static final Setting<Duration> BACKOFF_MIN = add("recovery.backoff-min", Kinds.duration("0", "1 hour"), "0s");
    static final Setting<Duration> BACKOFF_MAX = add("recovery.backoff-max", Kinds.duration("0", "1 hour"), "60s");
    static final Setting<Integer> QUARANTINE_AFTER = add("recovery.quarantine-after", Kinds.whole(1, 1000), "3");
    static final Setting<Duration> QUARANTINE_WINDOW =
            add("recovery.quarantine-window", Kinds.duration("1s", "7 days"), "10m");
    static final Setting<Duration> QUARANTINE_TIME =
            add("recovery.quarantine-time", Kinds.duration("1s", "7 days"), "5m");
    static final Setting<Integer> MAX_ATTEMPTS = add("recovery.max-attempts", Kinds.whole(1, 100), "5");
    static final Setting<Duration> RETURN_MIN = add("recovery.return-min", Kinds.duration("0", "1 hour"), "1s");
    static final Setting<Duration> RETURN_MAX = add("recovery.return-max", Kinds.duration("0", "1 hour"), "60s");
    static final Setting<Integer> POISON_NODES = add("recovery.poison-nodes", Kinds.whole(2, 1000), "2");
    static final Setting<Integer> POISON_REPEATS = add("recovery.poison-repeats", Kinds.whole(1, 1000), "3");
    static final Setting<Integer> MODEL_NODES = add("recovery.model-nodes", Kinds.whole(1, 1000), "2");
    static final Setting<Integer> MODEL_JOBS = add("recovery.model-jobs", Kinds.whole(1, 1000), "2");
    static final Setting<Duration> MODEL_COOL_DOWN =
            add("recovery.model-cool-down", Kinds.duration("1s", "7 days"), "1 hour");

    static final Setting<Integer> SUSPEND_AFTER = add("board.suspend-after", Kinds.whole(1, 1000), "3");
    static final Setting<Duration> SUSPEND_MIN = add("board.suspend-min", Kinds.duration("100ms", "1 day"), "30s");
    static final Setting<Duration> SUSPEND_MAX = add("board.suspend-max", Kinds.duration("100ms", "1 day"), "10m");
    static final Setting<Duration> RELIABILITY_HALF_LIFE =
            add("board.reliability-half-life", Kinds.duration("1s", "30 days"), "30m");
    static final Setting<Duration> SPEED_HALF_LIFE =
            add("board.speed-half-life", Kinds.duration("1s", "30 days"), "30m");
    static final Setting<Duration> RESIDENT_LEAD = add("board.resident-lead", Kinds.duration("0", "1 day"), "30s");

    static final Setting<Optional<String>> LEDGER_URL = add(
            "ledger.url",
            Kinds.or("auto", Kinds.text(LedgerSettings.URL_EXPECTED, LedgerSettings::isUsable)),
            "auto",
            "DROVER_LEDGER_URL");
    static final Setting<String> LEDGER_USER = add("ledger.user", Kinds.text(200), "\"\"", "DROVER_LEDGER_USER");
    static final Setting<Secret> LEDGER_PASSWORD =
            add("ledger.password", Kinds.secret(0), "\"\"", "DROVER_LEDGER_PASSWORD");
    static final Setting<Integer> MAX_UNFINISHED = add("ledger.max-unfinished", Kinds.whole(1, 1_000_000), "10000");
    static final Setting<Integer> MAX_BATCH = add("ledger.max-batch", Kinds.whole(1, 100_000), "1000");
    static final Setting<Integer> MAX_PENDING = add("ledger.max-pending", Kinds.whole(1, 10_000_000), "50000");
    static final Setting<Integer> MAX_KEPT = add("ledger.max-kept", Kinds.whole(1, 10_000_000), "200000");
    static final Setting<Integer> LEDGER_READERS = add("ledger.readers", Kinds.whole(1, 64), "2");
    static final Setting<Duration> CONNECT_TIMEOUT = add("ledger.connect-timeout", Kinds.duration("250ms", "5m"), "5s");
    static final Setting<Duration> RETRY_MIN = add("ledger.retry-min", Kinds.duration("1ms", "1 hour"), "200ms");
    static final Setting<Duration> RETRY_MAX = add("ledger.retry-max", Kinds.duration("1ms", "1 hour"), "10s");

    static final Map<JobState, Setting<Optional<Duration>>> KEEP_JOBS = keepJobs();
    static final Setting<Optional<Integer>> KEEP_MAX_JOBS =
            add("ledger.retention.max-jobs", Kinds.or("unlimited", Kinds.whole(0, 1_000_000_000)), "1000000");
    static final Setting<Optional<Duration>> KEEP_INCIDENTS = retention("incidents", "30 days");
    static final Setting<Optional<Duration>> KEEP_AUDIT = retention("audit", "365 days");

    static final Setting<String> HTTP_HOST = add("http.host", Kinds.host(), "127.0.0.1", "DROVER_HTTP_HOST");
    static final Setting<Integer> HTTP_PORT = add("http.port", Kinds.whole(0, 65535), "7860", "DROVER_HTTP_PORT");
    static final Setting<Secret> HTTP_TOKEN = add("http.token", Kinds.secret(16), "\"\"", "DROVER_HTTP_TOKEN");
    static final Setting<List<TenantToken>> HTTP_TENANTS = add("http.tenants", new TenantList(), "[]");
    static final Setting<Long> HTTP_MAX_BODY = add("http.max-body", Kinds.size("1KiB", "256MiB"), "16MiB");
    static final Setting<Duration> ANSWER_TIMEOUT = add("http.answer-timeout", Kinds.duration("100ms", "5m"), "10s");
    static final Setting<Duration> KEEP_ALIVE = add("http.keep-alive", Kinds.duration("1s", "5m"), "15s");
    static final Setting<Integer> EVENT_BUFFER = add("http.event-buffer", Kinds.whole(1, 100_000), "64");
    static final Setting<Integer> MAX_STEPS = add("http.limits.max-steps", Kinds.whole(1, 500), "150");
    static final Setting<Integer> MAX_PIXELS = add("http.limits.max-pixels", Kinds.whole(4096, 1 << 30), "4194304");
    static final Setting<Integer> MAX_COUNT = add("http.limits.max-count", Kinds.whole(1, 1000), "16");
    static final Setting<Integer> MAX_PROMPT = add("http.limits.max-prompt", Kinds.whole(1, 1_000_000), "10000");
    static final Setting<Duration> MAX_DEADLINE =
            add("http.limits.max-deadline", Kinds.duration("1s", "365 days"), "1 day");

    static final Setting<String> MANAGEMENT_HOST =
            add("management.host", Kinds.host(), "127.0.0.1", "DROVER_MANAGEMENT_HOST");
    static final Setting<Integer> MANAGEMENT_PORT =
            add("management.port", Kinds.whole(0, 65535), "7626", "DROVER_MANAGEMENT_PORT");
    static final Setting<Secret> MANAGEMENT_TOKEN =
            add("management.token", Kinds.secret(16), "\"\"", "DROVER_MANAGEMENT_TOKEN");
    static final Setting<Map<String, Secret>> OPERATORS = add("management.operators", new OperatorTokens(), "{}");

    static final Setting<String> CLUSTER_HOST = add("cluster.host", Kinds.host(), "127.0.0.1", "DROVER_CLUSTER_HOST");
    static final Setting<Integer> CLUSTER_PORT =
            add("cluster.port", Kinds.whole(0, 65535), "25520", "DROVER_CLUSTER_PORT");
    static final Setting<Optional<String>> CLUSTER_BIND_HOST =
            add("cluster.bind-host", Kinds.or("auto", Kinds.host()), "auto");
    static final Setting<Optional<Integer>> CLUSTER_BIND_PORT =
            add("cluster.bind-port", Kinds.or("auto", Kinds.whole(0, 65535)), "auto");
    static final Setting<List<String>> CLUSTER_SEEDS =
            add("cluster.seeds", Kinds.list(Kinds.hostAndPort()), "[]", "DROVER_CLUSTER_SEEDS");
    static final Setting<Boolean> CLUSTER_INSECURE = add("cluster.insecure", Kinds.onOff(), "off");
    static final Setting<Optional<Duration>> UNREACHABLE_AFTER =
            add("cluster.unreachable-after", Kinds.or("auto", Kinds.duration("500ms", "10m")), "auto");
    static final Setting<Optional<Duration>> REMOVE_AFTER =
            add("cluster.remove-after", Kinds.or("auto", Kinds.duration("500ms", "10m")), "auto");
    static final Setting<Optional<String>> TLS_CERTIFICATE =
            add("cluster.tls.certificate", Kinds.or("off", Kinds.path()), "off");
    static final Setting<Optional<String>> TLS_KEY = add("cluster.tls.key", Kinds.or("off", Kinds.path()), "off");
    static final Setting<Optional<String>> TLS_CA = add("cluster.tls.ca", Kinds.or("off", Kinds.path()), "off");

    static final Setting<Optional<Integer>> PREVIEWS_EVERY =
            add("previews.every", Kinds.or("off", Kinds.whole(1, 500)), "off", "DROVER_PREVIEWS_EVERY");

    static final Setting<Boolean> HORDE_ENABLED = add("horde.enabled", Kinds.onOff(), "on", "DROVER_HORDE");
    static final Setting<String> BRIDGE_AGENT = add(
            "horde.bridge-agent",
            Kinds.text("name:version:contact", BridgeAgent::isUsable),
            "\"Drover:0.1.0:unknown\"",
            "DROVER_BRIDGE_AGENT");
    static final Setting<String> HORDE_TENANT =
            add("horde.tenant", Kinds.text("a tenant's name: 1 to 64 of a-z 0-9 . _ -", Tenant::isName), "horde");
    static final Setting<Boolean> MAINTENANCE_ON_STOP = add("horde.maintenance-on-stop", Kinds.onOff(), "off");
    static final Setting<List<String>> BRIDGE_DATA = add(
            "horde.bridge-data", Kinds.list(Kinds.path()), "[conf/bridgeData.yaml]", "AIWORKER_BRIDGE_DATA_LOCATION");
    static final Setting<Optional<String>> MODEL_REFERENCE =
            add("horde.model-reference", Kinds.or("auto", Kinds.pathOrWebAddress()), "auto", "DROVER_MODEL_REFERENCE");
    static final Setting<Duration> MODEL_REFERENCE_AGE =
            add("horde.model-reference-age", Kinds.duration("1m", "365 days"), "1 hour");
    static final Setting<String> LORA_SITE =
            add("horde.lora-site", Kinds.webAddress(), "\"https://civitai.com\"", "DROVER_LORA_SITE");
    static final Setting<Long> LORA_MAX_SIZE = add("horde.lora-max-size", Kinds.size("1MiB", "16GiB"), "400MiB");
    static final Setting<Integer> LORA_DOWNLOADS = add("horde.lora-downloads", Kinds.whole(1, 32), "5");
    static final Setting<Offering> POST_PROCESSING = add("horde.post-processing", Kinds.choice(Offering.class), "all");
    static final Setting<Offering> CONTROLNET = add("horde.controlnet", Kinds.choice(Offering.class), "all");
    static final Setting<Long> INVERSION_MAX_SIZE =
            add("horde.inversion-max-size", Kinds.size("1MiB", "1GiB"), "20MiB");
    static final Setting<Long> INVERSION_CACHE = add("horde.inversion-cache", Kinds.size("20MiB", "1024GiB"), "1GiB");
    static final Setting<Boolean> PRIVATE_ADDRESSES = add("horde.private-addresses", Kinds.onOff(), "off");

    static final Setting<Boolean> LOG_JSON = add("logging.json", Kinds.onOff(), "off", "DROVER_LOG_JSON");
    static final Setting<Level> LOG_LEVEL = add("logging.level", Kinds.choice(Level.class), "info", "DROVER_LOG_LEVEL");
    static final Setting<Map<String, String>> LOG_LEVELS = add("logging.levels", new LogLevels(), "{}");
    static final Setting<String> LOG_DIR = add("logging.dir", Kinds.path(), "logs", "DROVER_LOG_DIR");
    static final Setting<Long> LOG_MAX_FILE = add("logging.max-file", Kinds.size("64KiB", "10GiB"), "20MiB");
    static final Setting<Integer> LOG_KEEP_DAYS = add("logging.keep-days", Kinds.whole(1, 3650), "14");
    static final Setting<Long> LOG_MAX_TOTAL = add("logging.max-total", Kinds.size("64KiB", "1024GiB"), "500MiB");

    /** What a reload puts in force at once; the file marks these with {@code [live]}. */
    static final Set<Setting<?>> LIVE = Set.of(
            GPUS,
            ACTORS_PER_GPU,
            WARM_STANDBY,
            DRAIN_TIMEOUT,
            SILENCE_TIMEOUT,
            SIBLING_TIMEOUT,
            INFERENCE_STEP_TIMEOUT,
            PRELOAD_TIMEOUT,
            DOWNLOAD_TIMEOUT,
            ENCODE_TIMEOUT,
            DECODE_TIMEOUT,
            POST_PROCESS_TIMEOUT,
            CHECK_TIMEOUT,
            UPLOAD_TIMEOUT,
            CANCEL_GRACE,
            RESTART_GRACE,
            CONTROL_MARGIN,
            BACKOFF_MIN,
            BACKOFF_MAX,
            QUARANTINE_AFTER,
            QUARANTINE_WINDOW,
            QUARANTINE_TIME,
            LOG_LEVEL,
            LOG_LEVELS);

    private Schema() {}

    /** Every setting, in the order of the file. */
    static List<Setting<?>> all() {
        return List.copyOf(ALL);
    }

    private static Map<JobState, Setting<Optional<Duration>>> keepJobs() {
        Map<JobState, Setting<Optional<Duration>>> ages = new EnumMap<>(JobState.class);
        for (JobState state : JobState.values()) {
            if (state.isTerminal()) {
                ages.put(state, retention(state.name().toLowerCase(Locale.ROOT), "7 days"));
            }
        }
        return Collections.unmodifiableMap(ages);
    }

    private static Setting<Optional<Duration>> retention(String key, String standard) {
        return add("ledger.retention." + key, Kinds.or("forever", Kinds.duration("1m", "3650 days")), standard);
    }

    private static Setting<Duration> pretended(String key, String standard) {
        return add("fault." + key, Kinds.duration("0", "1 hour"), standard);
    }

    private static Setting<Duration> timeout(String key, String standard) {
        return add("watchdog." + key, Kinds.duration("10ms", "1 day"), standard);
    }

    private static <T> Setting<T> add(String key, Kind<T> kind, String standard) {
        return keep(new Setting<>("drover." + key, kind, standard));
    }

    private static <T> Setting<T> add(String key, Kind<T> kind, String standard, String env) {
        return keep(new Setting<>("drover." + key, kind, standard, env));
    }

    private static <T> Setting<T> keep(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}
