package drover.config;

import java.util.List;

/**
 * What a configuration file gave.
 *
 * @param config for the runtime
 * @param entries for a person: every setting with its origin
 */
public record LoadedConfig(DroverConfig config, List<ConfigEntry> entries) {
    public LoadedConfig {
        entries = List.copyOf(entries);
    }
}
