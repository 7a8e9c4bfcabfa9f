package drover.client;

import java.util.Map;
import java.util.TreeMap;

/**
 * Log levels that are set, by logger.
 *
 * @param levels logger to level, such as {@code drover} to {@code INFO}
 */
public record LogLevelsView(Map<String, String> levels) {
    public LogLevelsView {
        levels = new TreeMap<>(levels);
    }
}
