package drover.client;

import java.util.List;
import java.util.Optional;

/** Every setting that is in force, in the order of the configuration file. */
public record ConfigView(List<SettingView> settings) {
    public ConfigView {
        settings = List.copyOf(settings);
    }

    /**
     * One setting.
     *
     * @param key such as {@code drover.http.port}
     * @param value as the file would write it; a secret shows only whether there is one
     * @param origin {@code FILE:LINE}, {@code default} or {@code environment variable NAME}
     * @param afterRestart what has been read since and takes effect with the next start
     */
    public record SettingView(String key, String value, String origin, Optional<String> afterRestart) {}
}
