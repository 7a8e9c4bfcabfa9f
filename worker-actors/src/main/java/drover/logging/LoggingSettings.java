package drover.logging;

import java.nio.file.Path;

/**
 * How to log.
 *
 * @param dir folder of the log files
 * @param json whether the file holds one JSON object per line
 * @param level the least severe level of Drover's own lines: {@code ERROR, WARN, INFO, DEBUG, TRACE}
 * @param maxFile size at which a file is rolled over, in bytes
 * @param keepDays for how many days old files are kept
 * @param maxTotal how much all files of one process may hold, in bytes; the oldest go first
 */
public record LoggingSettings(Path dir, boolean json, String level, long maxFile, int keepDays, long maxTotal) {
    public LoggingSettings {
        if (maxFile < 1 || keepDays < 1 || maxTotal < 1) {
            throw new IllegalArgumentException("max-file, keep-days and max-total must be positive, but were " + maxFile
                    + ", " + keepDays + " and " + maxTotal);
        }
    }

    /** These settings with another level. */
    public LoggingSettings withLevel(String other) {
        return new LoggingSettings(dir, json, other, maxFile, keepDays, maxTotal);
    }
}
