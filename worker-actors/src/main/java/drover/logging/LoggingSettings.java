package drover.logging;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * How to log.
 *
 * @param dir folder of the log files
 * @param json whether the file holds one JSON object per line
 * @param levels the least severe level that is logged, by logger: {@code ERROR, WARN, INFO, DEBUG, TRACE, OFF}. Drover's
 *     own lines go by that of {@link #DROVER}, which is always there
 * @param maxFile size at which a file is rolled over, in bytes
 * @param keepDays for how many days old files are kept
 * @param maxTotal how much all files of one process may hold, in bytes; the oldest go first
 */
public record LoggingSettings(
        Path dir, boolean json, Map<String, String> levels, long maxFile, int keepDays, long maxTotal) {
    /** The logger above all of Drover's own. */
    public static final String DROVER = "drover";

    public LoggingSettings {
        if (maxFile < 1 || keepDays < 1 || maxTotal < 1) {
            throw new IllegalArgumentException("max-file, keep-days and max-total must be positive, but were " + maxFile
                    + ", " + keepDays + " and " + maxTotal);
        }
        Map<String, String> upper = new TreeMap<>();
        levels.forEach((logger, level) -> {
            Logging.requireLevel(level);
            upper.put(logger, level.toUpperCase(Locale.ROOT));
        });
        upper.putIfAbsent(DROVER, "INFO");
        levels = Map.copyOf(upper);
    }

    /** These settings with another level for Drover's own lines. */
    public LoggingSettings withLevel(String level) {
        return withLevels(Map.of(DROVER, level));
    }

    /** These settings with no levels but the one that is always there. */
    public LoggingSettings withoutLevels() {
        return new LoggingSettings(dir, json, Map.of(), maxFile, keepDays, maxTotal);
    }

    /** These settings with the levels of some loggers changed. */
    public LoggingSettings withLevels(Map<String, String> changed) {
        Map<String, String> all = new TreeMap<>(levels);
        all.putAll(changed);
        return new LoggingSettings(dir, json, all, maxFile, keepDays, maxTotal);
    }
}
