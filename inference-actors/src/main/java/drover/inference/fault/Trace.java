package drover.inference.fault;

import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a fault engine has done, one line for each position it came to. Several processes may write into one file: a line
 * is one write at the end of it. The times are of the monotonic clock, which all processes of a host share on Linux.
 */
public final class Trace implements AutoCloseable {
    private final FileChannel file;

    private Trace(FileChannel file) {
        this.file = file;
    }

    /**
     * One line.
     *
     * @param pid the process
     * @param nanos {@link System#nanoTime} when the position was reached
     */
    public record Line(AttemptId attempt, long pid, Position position, long nanos) {}

    static Optional<Trace> open(FaultSettings settings) {
        return settings.trace().map(path -> {
            try {
                return new Trace(FileChannel.open(
                        path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write the trace " + path + ": " + e.getMessage(), e);
            }
        });
    }

    void reached(AttemptId attempt, Position position, long nanos) {
        String line = attempt.job() + " " + attempt.number() + " "
                + ProcessHandle.current().pid() + " " + position.phase() + " " + position.step() + " " + position.of()
                + " " + nanos + "\n";
        try {
            file.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the trace: " + e.getMessage(), e);
        }
    }

    /** Reads a trace, in the order in which it was written. */
    public static List<Line> read(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file, StandardCharsets.US_ASCII)) {
            return lines.map(Trace::parse).toList();
        }
    }

    private static Line parse(String line) {
        String[] words = line.split(" ", -1);
        return new Line(
                new AttemptId(new JobId(words[0]), Integer.parseInt(words[1])),
                Long.parseLong(words[2]),
                new Position(Phase.valueOf(words[3]), Integer.parseInt(words[4]), Integer.parseInt(words[5])),
                Long.parseLong(words[6]));
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
