package drover.config;

import drover.board.BoardSettings;
import drover.board.NodeRules;
import drover.board.RetryRules;
import drover.diffusion.ExtraFiles;
import drover.diffusion.ModelPlaces;
import drover.horde.BridgeAgent;
import drover.http.HttpSettings;
import drover.http.RequestLimits;
import drover.http.TenantToken;
import drover.inference.SafetyPolicy;
import drover.inference.fault.FaultSettings;
import drover.job.JobState;
import drover.job.Tenant;
import drover.ledger.LedgerSettings;
import drover.ledger.RetentionSettings;
import drover.logging.LoggingSettings;
import drover.management.ManagementSettings;
import drover.node.EngineSettings;
import drover.node.GpuSelection;
import drover.node.Membership;
import drover.node.NodeSettings;
import drover.node.SafetySettings;
import drover.setting.Secret;
import drover.source.HordeSettings;
import drover.source.loras.AddOn;
import drover.source.loras.LoraSettings;
import drover.source.models.ModelReferenceStore;
import drover.source.skills.SkillSettings;
import drover.watchdog.LearningRules;
import drover.watchdog.ModelRules;
import drover.watchdog.PhaseTimeouts;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Everything an operator has set, checked and complete. Paths are absolute; relative ones in the file are below the
 * installation folder.
 *
 * @param home the installation folder
 * @param dataDir the ledger and the files of the running processes; this host's own
 * @param cacheDir what can be made again: the unpacked bundled model
 * @param models where models are looked for, besides the bundled one; a single model may be one of the folders
 * @param defaultModel the model for requests that name none; empty for the bundled one
 * @param board who gets which job, and what follows a failure
 * @param nodes the GPU processes
 * @param ledger the job database
 * @param http the public API
 * @param management the operator's API
 * @param apiSafety what is looked after in pictures that are ordered over the public API; nothing if empty
 * @param cluster how this host's processes reach each other
 * @param horde about the AI Horde
 */
public record DroverConfig(
        Path home,
        Path dataDir,
        Path cacheDir,
        ModelPlaces models,
        Optional<String> defaultModel,
        BoardSettings board,
        NodeSettings nodes,
        LedgerSettings ledger,
        HttpSettings http,
        ManagementSettings management,
        Optional<SafetyPolicy> apiSafety,
        ClusterSettings cluster,
        HordeSettings horde) {

    /** Where the build puts the node process's AOT cache, below the installation folder. */
    public static final String AOT_CACHE = "worker-actors/target/node.aot";

    /** Where the Horde keeps its model reference. */
    private static final String REFERENCES =
            "https://raw.githubusercontent.com/Haidra-Org/AI-Horde-image-model-reference/";

    /** Names another branch of it, as for the existing worker. */
    private static final String REFERENCE_BRANCH = "HORDE_MODEL_REFERENCE_GITHUB_BRANCH";

    /** How this host's processes log. */
    public LoggingSettings logging() {
        return nodes.logging();
    }

    /** This configuration with another level for Drover's own log lines. */
    public DroverConfig withLogLevel(String level) {
        return new DroverConfig(
                home,
                dataDir,
                cacheDir,
                models,
                defaultModel,
                board,
                nodes.withLogging(logging().withLevel(level)),
                ledger,
                http,
                management,
                apiSafety,
                cluster,
                horde);
    }

    /** Whether the text is what {@code drover.cluster.seeds} takes. */
    public static boolean isHostAndPort(String text) {
        return Kinds.isHostAndPort(text);
    }

    /**
     * This configuration for a host without a job database of its own.
     *
     * @param seeds the control processes to join, as {@code HOST:PORT}
     * @param gpus which devices get a node
     */
    public DroverConfig joining(List<String> seeds, GpuSelection gpus) {
        return new DroverConfig(
                home,
                dataDir,
                cacheDir,
                models,
                defaultModel,
                board,
                nodes.withGpus(gpus),
                ledger,
                http,
                management,
                apiSafety,
                cluster.joining(seeds),
                horde);
    }

    /** Builds the settings records from values that have passed {@link ConfigChecks}. */
    static DroverConfig from(ConfigValues values, Path home, Map<String, String> environment) {
        Path dataDir = home.resolve(values.get(Schema.DATA_DIR));
        Path cacheDir = values.get(Schema.CACHE_DIR).map(home::resolve).orElseGet(() -> userCache(environment));
        ModelPlaces models = new ModelPlaces(
                Stream.concat(
                                values.get(Schema.MODEL_FOLDERS).stream().map(home::resolve),
                                CustomModels.paths(values, home, environment))
                        .distinct()
                        .toList(),
                Optional.of(home.resolve(values.get(Schema.MODELS_FILE))));
        return new DroverConfig(
                home,
                dataDir,
                cacheDir,
                models,
                Optional.of(values.get(Schema.DEFAULT_MODEL)).filter(name -> !name.isEmpty()),
                board(values),
                nodes(values, home, dataDir, cacheDir.resolve("models"), models),
                ledger(values, dataDir),
                http(values),
                new ManagementSettings(
                        values.get(Schema.MANAGEMENT_HOST),
                        values.get(Schema.MANAGEMENT_PORT),
                        optional(values.get(Schema.MANAGEMENT_TOKEN)),
                        values.get(Schema.OPERATORS).entrySet().stream()
                                .collect(Collectors.toUnmodifiableMap(
                                        Map.Entry::getKey, e -> e.getValue().reveal()))),
                apiSafety(values),
                cluster(values, home),
                horde(values, home, cacheDir, environment));
    }

    private static LoggingSettings logging(ConfigValues values, Path home) {
        return new LoggingSettings(
                        home.resolve(values.get(Schema.LOG_DIR)),
                        values.get(Schema.LOG_JSON),
                        Map.of(
                                LoggingSettings.DROVER,
                                values.get(Schema.LOG_LEVEL).name()),
                        values.get(Schema.LOG_MAX_FILE),
                        values.get(Schema.LOG_KEEP_DAYS),
                        values.get(Schema.LOG_MAX_TOTAL))
                .withLevels(values.get(Schema.LOG_LEVELS));
    }

    private static NodeSettings nodes(ConfigValues values, Path home, Path dataDir, Path cacheDir, ModelPlaces models) {
        return new NodeSettings(
                values.get(Schema.GPUS),
                values.get(Schema.ACTORS_PER_GPU),
                values.get(Schema.WARM_STANDBY),
                new NodeSettings.ProcessSettings(
                        (values.get(Schema.NODE_HEAP) >> 10) + "k",
                        aotCache(values.get(Schema.AOT_CACHE), home),
                        values.get(Schema.NODE_JVM_OPTIONS)),
                logging(values, home),
                engine(values, home),
                new SafetySettings(
                        values.get(Schema.SAFETY_MODEL).map(home::resolve),
                        values.get(Schema.SAFETY_WORDS).map(home::resolve),
                        values.get(Schema.SAFETY_TIMEOUT)),
                models,
                cacheDir,
                dataDir,
                values.get(Schema.ASSETS_DIR).map(home::resolve).orElseGet(() -> dataDir.resolve("assets")),
                new NodeSettings.Limits(
                        values.get(Schema.LAUNCH_TIMEOUT),
                        values.get(Schema.DRAIN_TIMEOUT),
                        values.get(Schema.SILENCE_TIMEOUT),
                        values.get(Schema.ORPHAN_TIMEOUT),
                        values.get(Schema.SIBLING_TIMEOUT)),
                timeouts(values),
                values.get(Schema.CONTROL_MARGIN),
                new NodeSettings.Recovery(
                        values.get(Schema.BACKOFF_MIN),
                        values.get(Schema.BACKOFF_MAX),
                        values.get(Schema.QUARANTINE_AFTER),
                        values.get(Schema.QUARANTINE_WINDOW),
                        values.get(Schema.QUARANTINE_TIME)),
                values.get(Schema.PREVIEWS_EVERY));
    }

    private static EngineSettings engine(ConfigValues values, Path home) {
        return switch (values.get(Schema.ENGINE)) {
            case PYTORCH ->
                new EngineSettings.PyTorch(
                        values.get(Schema.PYTORCH_THREADS).orElse(0),
                        values.get(Schema.PYTORCH_PRECISION),
                        values.get(Schema.PYTORCH_MODEL_CACHE)
                                .map(OptionalLong::of)
                                .orElseGet(OptionalLong::empty),
                        values.get(Schema.PYTORCH_GRAPH_OPTIMIZER),
                        new ExtraFiles(
                                home.resolve(values.get(Schema.LORAS_DIR)),
                                home.resolve(values.get(Schema.UPSCALERS_DIR)),
                                home.resolve(values.get(Schema.CONTROLNETS_DIR)),
                                home.resolve(values.get(Schema.EMBEDDINGS_DIR))));
            case FAULT ->
                new EngineSettings.Fault(new FaultSettings(
                        Set.copyOf(values.get(Schema.FAULT_MODELS)),
                        values.get(Schema.FAULT_LOAD_TIME),
                        values.get(Schema.FAULT_ENCODE_TIME),
                        values.get(Schema.FAULT_STEP_TIME),
                        values.get(Schema.FAULT_DECODE_TIME),
                        values.get(Schema.FAULT_SLOWEST_STEP),
                        values.get(Schema.FAULT_TRACE).map(home::resolve),
                        values.get(Schema.FAULT_CLOCK_SKEW)));
        };
    }

    /** Without a checker nothing is promised, and with one everything is at least marked. */
    private static Optional<SafetyPolicy> apiSafety(ConfigValues values) {
        boolean checks = values.get(Schema.SAFETY_MODEL).isPresent();
        return switch (values.get(Schema.SAFETY_API).orElse(checks ? Schema.ApiSafety.MARK : Schema.ApiSafety.OFF)) {
            case OFF -> Optional.empty();
            case MARK -> Optional.of(SafetyPolicy.MARK);
            case CENSOR -> Optional.of(SafetyPolicy.CENSOR);
        };
    }

    private static PhaseTimeouts timeouts(ConfigValues values) {
        return PhaseTimeouts.builder()
                .inferenceStep(values.get(Schema.INFERENCE_STEP_TIMEOUT))
                .preload(values.get(Schema.PRELOAD_TIMEOUT))
                .download(values.get(Schema.DOWNLOAD_TIMEOUT))
                .encode(values.get(Schema.ENCODE_TIMEOUT))
                .decode(values.get(Schema.DECODE_TIMEOUT))
                .postProcess(values.get(Schema.POST_PROCESS_TIMEOUT))
                .check(values.get(Schema.CHECK_TIMEOUT))
                .upload(values.get(Schema.UPLOAD_TIMEOUT))
                .cancelGrace(values.get(Schema.CANCEL_GRACE))
                .restartGrace(values.get(Schema.RESTART_GRACE))
                .build();
    }

    private static BoardSettings board(ConfigValues values) {
        int maxAttempts = values.get(Schema.MAX_ATTEMPTS);
        return new BoardSettings(
                new RetryRules(
                        maxAttempts,
                        values.get(Schema.POISON_NODES),
                        values.get(Schema.POISON_REPEATS),
                        Math.max(RetryRules.DEFAULT.hardLimit(), 4 * maxAttempts),
                        values.get(Schema.RETURN_MIN),
                        values.get(Schema.RETURN_MAX)),
                new ModelRules(
                        values.get(Schema.MODEL_NODES),
                        values.get(Schema.MODEL_JOBS),
                        values.get(Schema.MODEL_COOL_DOWN)),
                new NodeRules(
                        values.get(Schema.SUSPEND_AFTER),
                        values.get(Schema.SUSPEND_MIN),
                        values.get(Schema.SUSPEND_MAX),
                        values.get(Schema.RELIABILITY_HALF_LIFE)),
                new LearningRules(values.get(Schema.LEARNED), values.get(Schema.LEARNED_FLOOR)),
                values.get(Schema.SPEED_HALF_LIFE),
                values.get(Schema.RESIDENT_LEAD),
                BoardSettings.DEFAULT.claimWindow(),
                values.get(Schema.HTTP_TENANTS).stream()
                        .collect(Collectors.toMap(TenantToken::tenant, TenantToken::weight)));
    }

    private static LedgerSettings ledger(ConfigValues values, Path dataDir) {
        return new LedgerSettings(
                values.get(Schema.LEDGER_URL).orElseGet(() -> LedgerSettings.h2File(dataDir.resolve("ledger"))),
                values.get(Schema.LEDGER_USER),
                optional(values.get(Schema.LEDGER_PASSWORD)),
                new LedgerSettings.Limits(
                        values.get(Schema.MAX_UNFINISHED),
                        values.get(Schema.MAX_BATCH),
                        values.get(Schema.MAX_PENDING),
                        values.get(Schema.MAX_KEPT)),
                values.get(Schema.LEDGER_READERS),
                new LedgerSettings.Waits(
                        values.get(Schema.CONNECT_TIMEOUT), values.get(Schema.RETRY_MIN), values.get(Schema.RETRY_MAX)),
                retention(values));
    }

    private static RetentionSettings retention(ConfigValues values) {
        Map<JobState, Duration> ages = new EnumMap<>(JobState.class);
        Schema.KEEP_JOBS.forEach((state, setting) -> values.get(setting).ifPresent(age -> ages.put(state, age)));
        return new RetentionSettings(
                ages,
                values.get(Schema.KEEP_MAX_JOBS).map(OptionalLong::of).orElseGet(OptionalLong::empty),
                values.get(Schema.KEEP_INCIDENTS),
                values.get(Schema.KEEP_AUDIT));
    }

    private static HttpSettings http(ConfigValues values) {
        return new HttpSettings(
                values.get(Schema.HTTP_HOST),
                values.get(Schema.HTTP_PORT),
                optional(values.get(Schema.HTTP_TOKEN)),
                values.get(Schema.HTTP_TENANTS),
                values.get(Schema.HTTP_MAX_BODY),
                new RequestLimits(
                        values.get(Schema.MAX_STEPS),
                        values.get(Schema.MAX_PIXELS),
                        values.get(Schema.MAX_COUNT),
                        values.get(Schema.MAX_PROMPT),
                        values.get(Schema.MAX_DEADLINE)),
                values.get(Schema.ANSWER_TIMEOUT),
                values.get(Schema.KEEP_ALIVE),
                values.get(Schema.EVENT_BUFFER));
    }

    private static ClusterSettings cluster(ConfigValues values, Path home) {
        List<String> seeds = values.get(Schema.CLUSTER_SEEDS);
        Membership.Detection standard = seeds.isEmpty() ? Membership.Detection.PATIENT : Membership.Detection.PROMPT;
        Optional<Membership.Tls> tls = values.get(Schema.TLS_CERTIFICATE)
                .flatMap(certificate -> values.get(Schema.TLS_KEY)
                        .flatMap(key -> values.get(Schema.TLS_CA)
                                .map(ca -> new Membership.Tls(
                                        home.resolve(certificate), home.resolve(key), home.resolve(ca)))));
        return new ClusterSettings(
                new Membership(
                        values.get(Schema.CLUSTER_HOST),
                        values.get(Schema.CLUSTER_BIND_HOST),
                        tls,
                        new Membership.Detection(
                                values.get(Schema.UNREACHABLE_AFTER).orElse(standard.unreachableAfter()),
                                values.get(Schema.REMOVE_AFTER).orElse(standard.removeAfter()))),
                values.get(Schema.CLUSTER_PORT),
                values.get(Schema.CLUSTER_BIND_PORT).map(OptionalInt::of).orElseGet(OptionalInt::empty),
                seeds);
    }

    private static HordeSettings horde(ConfigValues values, Path home, Path cacheDir, Map<String, String> environment) {
        String reference = values.get(Schema.MODEL_REFERENCE)
                .orElseGet(() ->
                        REFERENCES + environment.getOrDefault(REFERENCE_BRANCH, "main") + "/stable_diffusion.json");
        return new HordeSettings(
                values.get(Schema.HORDE_ENABLED),
                values.get(Schema.BRIDGE_DATA).stream().map(home::resolve).toList(),
                BridgeAgent.parse(values.get(Schema.BRIDGE_AGENT)),
                new Tenant(values.get(Schema.HORDE_TENANT)),
                values.get(Schema.MAINTENANCE_ON_STOP),
                values.get(Schema.PRIVATE_ADDRESSES),
                Kinds.isWebAddress(reference)
                        ? new ModelReferenceStore.Source.OnWeb(URI.create(reference))
                        : new ModelReferenceStore.Source.OnDisk(home.resolve(reference)),
                cacheDir.resolve("horde").resolve("model-reference.json"),
                values.get(Schema.MODEL_REFERENCE_AGE),
                new LoraSettings(
                        AddOn.LORA,
                        home.resolve(values.get(Schema.LORAS_DIR)).resolve("horde"),
                        URI.create(values.get(Schema.LORA_SITE)),
                        Secret.NONE,
                        Long.MAX_VALUE, // Nothing goes before the workers' files have said how much is kept.
                        0,
                        values.get(Schema.LORA_MAX_SIZE),
                        values.get(Schema.LORA_DOWNLOADS),
                        values.get(Schema.PRIVATE_ADDRESSES)),
                new LoraSettings(
                        AddOn.TEXTUAL_INVERSION,
                        home.resolve(values.get(Schema.EMBEDDINGS_DIR)).resolve("horde"),
                        URI.create(values.get(Schema.LORA_SITE)),
                        Secret.NONE,
                        values.get(Schema.INVERSION_CACHE),
                        0,
                        values.get(Schema.INVERSION_MAX_SIZE),
                        values.get(Schema.LORA_DOWNLOADS),
                        values.get(Schema.PRIVATE_ADDRESSES)),
                new SkillSettings(
                        values.get(Schema.POST_PROCESSING),
                        values.get(Schema.CONTROLNET),
                        home.resolve(values.get(Schema.UPSCALERS_DIR)),
                        home.resolve(values.get(Schema.CONTROLNETS_DIR)),
                        values.get(Schema.NODE_HEAP)));
    }

    private static Optional<String> optional(Secret secret) {
        return secret.isSet() ? Optional.of(secret.reveal()) : Optional.empty();
    }

    /** The node process uses the file only if it is there. */
    private static Optional<Path> aotCache(String value, Path home) {
        return switch (value) {
            case "off" -> Optional.empty();
            case "auto" -> Optional.of(home.resolve(AOT_CACHE));
            default -> Optional.of(home.resolve(value));
        };
    }

    /** {@code $XDG_CACHE_HOME/drover}, or {@code ~/.cache/drover}. */
    private static Path userCache(Map<String, String> environment) {
        String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path base = xdg.startsWith("/")
                ? Path.of(xdg)
                : Path.of(environment.getOrDefault("HOME", "."), ".cache").toAbsolutePath();
        return base.resolve("drover");
    }
}
