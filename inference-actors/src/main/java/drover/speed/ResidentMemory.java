package drover.speed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this process has in memory, by Linux's {@code /proc}: what its weights and its heap take, and pages of files that
 * it has mapped.
 *
 * @param bytes now
 * @param peakBytes the most since the process began, or since {@link #forgetPeak}
 * @param fileBytes how much of it now is pages of mapped files
 */
public record ResidentMemory(long bytes, long peakBytes, long fileBytes) {
    private static final Logger LOG = LoggerFactory.getLogger(ResidentMemory.class);
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path REFERENCES = Path.of("/proc/self/clear_refs");
    /** See proc_pid_clear_refs(5). */
    private static final String RESET_PEAK = "5";

    /** Reads it; empty where there is no {@code /proc}. */
    public static Optional<ResidentMemory> read() {
        try {
            List<String> lines = Files.readAllLines(STATUS);
            return Optional.of(
                    new ResidentMemory(value(lines, "VmRSS:"), value(lines, "VmHWM:"), value(lines, "RssFile:")));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Lets the peak begin anew from now; does nothing where the system has no such thing. */
    static void forgetPeak() {
        try {
            Files.writeString(REFERENCES, RESET_PEAK);
        } catch (IOException e) {
            LOG.debug("the peak of memory goes on from before: {}", e.toString());
        }
    }

    private static long value(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElse(0);
    }
}
