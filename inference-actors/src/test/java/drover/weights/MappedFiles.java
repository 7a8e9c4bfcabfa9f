package drover.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process has mapped, by Linux's {@code /proc}. */
public final class MappedFiles {
    private MappedFiles() {}

    /** Whether a file is mapped now, however often. */
    public static boolean contain(Path file) throws IOException {
        String path = file.toRealPath().toString();
        return Files.readAllLines(Path.of("/proc/self/maps")).stream().anyMatch(line -> line.endsWith(path));
    }
}
