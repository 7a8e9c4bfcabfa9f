package drover.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs a short command of the operating system, such as {@code ip}. */
final class Tool {
    private static final int LIMIT_SECONDS = 30;

    private Tool() {}

    /**
     * Runs it and gives what it printed.
     *
     * @throws IOException if it is not there, fails, or takes longer than half a minute
     */
    static String run(List<String> command) throws IOException {
        Path output = Files.createTempFile("drover-tool", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(
                        "`" + String.join(" ", command) + "` has not ended within " + LIMIT_SECONDS + " s");
            }
            String said = Files.readString(output, StandardCharsets.UTF_8);
            if (process.exitValue() != 0) {
                throw new IOException("`" + String.join(" ", command) + "` failed with exit code " + process.exitValue()
                        + ": " + said.strip());
            }
            return said;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while `" + String.join(" ", command) + "` ran", e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    static String run(String... command) throws IOException {
        return run(List.of(command));
    }

    /** Whether there is such a program on the path. */
    static boolean exists(String name) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .filter(folder -> !folder.isEmpty())
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    }
}
