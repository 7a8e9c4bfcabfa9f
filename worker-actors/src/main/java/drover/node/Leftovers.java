package drover.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers on disk which children are alive, for the control process that comes after one that was killed. Children
 * notice by themselves that their control process is gone, unless they are stopped or stuck in the kernel; those still
 * hold their GPU, and are ended here. A process is known by its id and its start time, so that no stranger who has been
 * given the same id is ever ended.
 *
 * <p>One small file for each child, so that nothing has to be locked or rewritten.
 */
public final class Leftovers {
    /** How far apart two readings of one start time may be: the system's clock may have been set in between. */
    static final Duration TOLERANCE = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);
    private static final int LONGEST_FILE = 200;

    private final Path folder;

    /**
     * A memory in this folder, which is made when it is first needed.
     *
     * @param dataDir only one control process at a time may use it
     */
    public Leftovers(Path dataDir) {
        this.folder = dataDir.resolve("children");
    }

    void remember(String node, long launch, ProcessHandle process) throws IOException {
        Files.createDirectories(folder);
        Optional<Instant> start = process.info().startInstant();
        if (start.isPresent()) {
            Files.writeString(file(node, launch), process.pid() + " " + start.get());
        }
    }

    void forget(String node, long launch) {
        try {
            Files.deleteIfExists(file(node, launch));
        } catch (IOException e) {
            LOG.warn("could not delete the record of a child that has ended", e);
        }
    }

    /**
     * Ends every remembered process that still lives. Blocks while it reads files.
     *
     * @return the ids of those that were ended
     */
    public List<Long> endAll() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".pid"))
                    .flatMap(f -> end(f).stream())
                    .toList();
        }
    }

    private static Optional<Long> end(Path file) {
        try {
            Optional<ProcessHandle> found = read(file);
            found.ifPresent(process -> {
                LOG.warn("ending process {}, which an earlier control process left behind", process.pid());
                process.destroyForcibly();
            });
            Files.deleteIfExists(file);
            return found.map(ProcessHandle::pid);
        } catch (IOException e) {
            LOG.warn("could not read the record of a child, {}", file.getFileName(), e);
            return Optional.empty();
        }
    }

    private static Optional<ProcessHandle> read(Path file) throws IOException {
        if (Files.size(file) > LONGEST_FILE) {
            return Optional.empty();
        }
        String[] parts = Files.readString(file).strip().split(" ", 2);
        try {
            long pid = Long.parseLong(parts[0]);
            Instant start = Instant.parse(parts[parts.length - 1]);
            return ProcessHandle.of(pid)
                    .filter(p -> p.info()
                            .startInstant()
                            .filter(s -> Duration.between(s, start).abs().compareTo(TOLERANCE) <= 0)
                            .isPresent());
        } catch (NumberFormatException | DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private Path file(String node, long launch) {
        return folder.resolve(node + "-" + launch + ".pid");
    }
}
