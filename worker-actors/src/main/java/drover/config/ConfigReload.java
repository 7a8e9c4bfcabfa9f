package drover.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Reads the configuration again while Drover runs. A file that is not right changes nothing. Safe for use by many
 * threads; one reload happens at a time.
 */
public final class ConfigReload {
    private final ConfigLoader loader;
    private final Optional<Path> file;
    private final Map<String, ConfigEntry> inForce = new LinkedHashMap<>();
    private DroverConfig current;
    private List<ConfigEntry> latest;

    /**
     * @param file the file that {@code current} was read from; empty for the standard one
     * @param current what is in force
     */
    public ConfigReload(ConfigLoader loader, Optional<Path> file, LoadedConfig current) {
        this.loader = loader;
        this.file = file;
        this.current = current.config();
        this.latest = current.entries();
        latest.forEach(entry -> inForce.put(entry.key(), entry));
    }

    /**
     * One setting.
     *
     * @param inForce what Drover runs by
     * @param afterRestart what has been read since, if that is something else and needs a restart
     */
    public record Effective(ConfigEntry inForce, Optional<ConfigEntry> afterRestart) {}

    /** Every setting, in the order of the file. */
    public synchronized List<Effective> effective() {
        return latest.stream()
                .map(read -> {
                    ConfigEntry used = Objects.requireNonNull(inForce.get(read.key()));
                    return new Effective(
                            used, used.value().equals(read.value()) ? Optional.empty() : Optional.of(read));
                })
                .toList();
    }

    /**
     * What came of a reload.
     *
     * @param problems what is wrong; if there is anything, nothing was changed
     * @param restartNeeded what has changed but takes effect only with a restart
     */
    public record Result(List<String> problems, List<String> restartNeeded) {
        public Result {
            problems = List.copyOf(problems);
            restartNeeded = List.copyOf(restartNeeded);
        }
    }

    /**
     * Reads the file and, if it is right, puts it in force.
     *
     * @param apply gets the new configuration
     */
    public synchronized Result reload(Consumer<DroverConfig> apply) {
        LoadedConfig loaded;
        try {
            loaded = loader.loadWithOrigins(file);
        } catch (ConfigException e) {
            return new Result(e.problems().stream().map(ConfigProblem::toString).toList(), List.of());
        }
        DroverConfig next = loaded.config();
        List<String> restart = restartNeeded(current, next);
        current = next;
        latest = loaded.entries();
        latest.stream().filter(entry -> isLive(entry.key())).forEach(entry -> inForce.put(entry.key(), entry));
        apply.accept(next);
        return new Result(List.of(), restart);
    }

    private static boolean isLive(String key) {
        return Schema.LIVE.stream().anyMatch(setting -> setting.path().equals(key));
    }

    private static List<String> restartNeeded(DroverConfig before, DroverConfig after) {
        List<String> changed = new ArrayList<>();
        note(changed, "drover.data-dir", before, after, DroverConfig::dataDir);
        note(
                changed,
                "drover.assets-dir",
                before,
                after,
                config -> config.nodes().assetDir());
        note(changed, "drover.cache-dir", before, after, DroverConfig::cacheDir);
        note(changed, "drover.models.folders and file", before, after, DroverConfig::models);
        note(changed, "drover.models.default", before, after, DroverConfig::defaultModel);
        note(
                changed,
                "drover.recovery (but backoff and quarantine)",
                before,
                after,
                c -> c.board().retries());
        note(changed, "drover.recovery.model-*", before, after, c -> c.board().models());
        note(changed, "drover.watchdog.learned*", before, after, c -> c.board().learning());
        note(
                changed,
                "drover.board",
                before,
                after,
                c -> List.of(
                        c.board().nodes(), c.board().speedHalfLife(), c.board().residentLead()));
        note(changed, "drover.ledger", before, after, DroverConfig::ledger);
        note(changed, "drover.http", before, after, DroverConfig::http);
        note(changed, "drover.management", before, after, DroverConfig::management);
        note(changed, "drover.horde", before, after, DroverConfig::horde);
        note(changed, "drover.cluster", before, after, DroverConfig::cluster);
        note(
                changed,
                "drover.logging (but level and levels)",
                before,
                after,
                config -> config.logging().withoutLevels());
        return changed;
    }

    private static void note(
            List<String> changed,
            String key,
            DroverConfig before,
            DroverConfig after,
            Function<DroverConfig, Object> part) {
        if (!Objects.equals(part.apply(before), part.apply(after))) {
            changed.add(key);
        }
    }
}
