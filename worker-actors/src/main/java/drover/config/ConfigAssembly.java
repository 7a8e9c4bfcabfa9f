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
import drover.node.Membership;
import drover.node.NodeSettings;
import drover.node.SafetySettings;
import drover.setting.Secret;
import drover.source.HordeSettings;
import drover.source.addons.AddOn;
import drover.source.addons.AddOnSettings;
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
 * Builds the settings of every room from values that have passed {@link ConfigChecks}: a setting is named here once, where
 * it goes to. Paths are made absolute.
 */
final class ConfigAssembly {
    /** Where the Horde keeps its model reference. */
    private static final String REFERENCES =
            "https://raw.githubusercontent.com/Haidra-Org/AI-Horde-image-model-reference/";

    /** Names another branch of it, as for the existing worker. */
    private static final String REFERENCE_BRANCH = "HORDE_MODEL_REFERENCE_GITHUB_BRANCH";

    private final ConfigValues values;
    private final Path home;
    private final Map<String, String> environment;

    /**
     * An assembly.
     *
     * @param home the installation folder
     * @param environment the process's variables
     */
    ConfigAssembly(ConfigValues values, Path home, Map<String, String> environment) {
        this.values = values;
        this.home = home;
        this.environment = Map.copyOf(environment);
    }

    /** All of it. */
    DroverConfig config() {
        Path dataDir = home.resolve(values.get(Schema.DATA_DIR));
        Path cacheDir = values.get(Schema.CACHE_DIR).map(home::resolve).orElseGet(this::userCache);
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
                board(),
                nodes(dataDir, cacheDir.resolve("models"), models),
                ledger(dataDir),
                http(),
                new ManagementSettings(
                        values.get(Schema.MANAGEMENT_HOST),
                        values.get(Schema.MANAGEMENT_PORT),
                        optional(values.get(Schema.MANAGEMENT_TOKEN)),
                        values.get(Schema.OPERATORS).entrySet().stream()
                                .collect(Collectors.toUnmodifiableMap(
                                        Map.Entry::getKey, e -> e.getValue().reveal()))),
                apiSafety(),
                cluster(),
                horde(cacheDir));
    }

    private LoggingSettings logging() {
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

    private NodeSettings nodes(Path dataDir, Path cacheDir, ModelPlaces models) {
        return new NodeSettings(
                values.get(Schema.GPUS),
                values.get(Schema.ACTORS_PER_GPU),
                values.get(Schema.WARM_STANDBY),
                new NodeSettings.ProcessSettings(
                        (values.get(Schema.NODE_HEAP) >> 10) + "k",
                        aotCache(values.get(Schema.AOT_CACHE)),
                        values.get(Schema.NODE_JVM_OPTIONS)),
                logging(),
                engine(),
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
                timeouts(),
                values.get(Schema.CONTROL_MARGIN),
                new NodeSettings.Recovery(
                        values.get(Schema.BACKOFF_MIN),
                        values.get(Schema.BACKOFF_MAX),
                        values.get(Schema.QUARANTINE_AFTER),
                        values.get(Schema.QUARANTINE_WINDOW),
                        values.get(Schema.QUARANTINE_TIME)),
                values.get(Schema.PREVIEWS_EVERY));
    }

    private EngineSettings engine() {
        return switch (values.get(Schema.ENGINE)) {
            case PYTORCH ->
                new EngineSettings.PyTorch(
                        values.get(Schema.PYTORCH_THREADS).orElse(0),
                        values.get(Schema.PYTORCH_PRECISION),
                        values.get(Schema.PYTORCH_MODEL_CACHE)
                                .map(OptionalLong::of)
                                .orElseGet(OptionalLong::empty),
                        values.get(Schema.PYTORCH_GRAPH_OPTIMIZER),
                        values.get(Schema.PYTORCH_MAP_WEIGHTS),
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
    private Optional<SafetyPolicy> apiSafety() {
        boolean checks = values.get(Schema.SAFETY_MODEL).isPresent();
        return switch (values.get(Schema.SAFETY_API).orElse(checks ? Schema.ApiSafety.MARK : Schema.ApiSafety.OFF)) {
            case OFF -> Optional.empty();
            case MARK -> Optional.of(SafetyPolicy.MARK);
            case CENSOR -> Optional.of(SafetyPolicy.CENSOR);
        };
    }

    private PhaseTimeouts timeouts() {
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

    private BoardSettings board() {
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

    private LedgerSettings ledger(Path dataDir) {
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
                retention());
    }

    private RetentionSettings retention() {
        Map<JobState, Duration> ages = new EnumMap<>(JobState.class);
        Schema.KEEP_JOBS.forEach((state, setting) -> values.get(setting).ifPresent(age -> ages.put(state, age)));
        return new RetentionSettings(
                ages,
                values.get(Schema.KEEP_MAX_JOBS).map(OptionalLong::of).orElseGet(OptionalLong::empty),
                values.get(Schema.KEEP_INCIDENTS),
                values.get(Schema.KEEP_AUDIT));
    }

    private HttpSettings http() {
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

    private ClusterSettings cluster() {
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

    private HordeSettings horde(Path cacheDir) {
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
                addOns(
                        AddOn.LORA,
                        values.get(Schema.LORAS_DIR),
                        Long.MAX_VALUE, // Nothing goes before the workers' files have said how much is kept.
                        values.get(Schema.LORA_MAX_SIZE)),
                addOns(
                        AddOn.TEXTUAL_INVERSION,
                        values.get(Schema.EMBEDDINGS_DIR),
                        values.get(Schema.INVERSION_CACHE),
                        values.get(Schema.INVERSION_MAX_SIZE)),
                new SkillSettings(
                        values.get(Schema.POST_PROCESSING),
                        values.get(Schema.CONTROLNET),
                        home.resolve(values.get(Schema.UPSCALERS_DIR)),
                        home.resolve(values.get(Schema.CONTROLNETS_DIR)),
                        values.get(Schema.NODE_HEAP)));
    }

    private AddOnSettings addOns(AddOn kind, String folder, long cacheBytes, long maxBytes) {
        return new AddOnSettings(
                kind,
                home.resolve(folder).resolve("horde"),
                URI.create(values.get(Schema.LORA_SITE)),
                Secret.NONE,
                cacheBytes,
                0,
                maxBytes,
                values.get(Schema.LORA_DOWNLOADS),
                values.get(Schema.PRIVATE_ADDRESSES));
    }

    private static Optional<String> optional(Secret secret) {
        return secret.isSet() ? Optional.of(secret.reveal()) : Optional.empty();
    }

    /** The node process uses the file only if it is there. */
    private Optional<Path> aotCache(String value) {
        return switch (value) {
            case "off" -> Optional.empty();
            case "auto" -> Optional.of(home.resolve(DroverConfig.AOT_CACHE));
            default -> Optional.of(home.resolve(value));
        };
    }

    /** {@code $XDG_CACHE_HOME/drover}, or {@code ~/.cache/drover}. */
    private Path userCache() {
        String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path base = xdg.startsWith("/")
                ? Path.of(xdg)
                : Path.of(environment.getOrDefault("HOME", "."), ".cache").toAbsolutePath();
        return base.resolve("drover");
    }
}
