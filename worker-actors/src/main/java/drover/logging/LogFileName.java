package drover.logging;

import ch.qos.logback.core.spi.LifeCycle;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A log file's name that no other living process uses: {@code gpu0}, or {@code gpu0-2} while another process, such as the
 * one that is being replaced, still writes to the first. Two processes that roll one file over would throw each other's
 * lines away. The claim is a lock on a file beside the log, which ends with the process however that dies.
 */
final class LogFileName implements LifeCycle {
    private static final int MOST = 100;

    private final String name;
    private final FileChannel claim;

    private LogFileName(String name, FileChannel claim) {
        this.name = name;
        this.claim = claim;
    }

    /**
     * The first name that is free.
     *
     * @throws IOException if the folder cannot be written to, or a hundred processes use these names
     */
    static LogFileName claim(Path folder, String wanted) throws IOException {
        Files.createDirectories(folder);
        for (int i = 1; i <= MOST; i++) {
            String name = i == 1 ? wanted : wanted + "-" + i;
            Optional<FileChannel> claim = lock(folder.resolve("." + name + ".lock"));
            if (claim.isPresent()) {
                return new LogFileName(name, claim.get());
            }
        }
        throw new IOException(MOST + " living processes log to " + folder.resolve(wanted) + "*.log");
    }

    private static Optional<FileChannel> lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            @Nullable FileLock lock = channel.tryLock();
            if (lock != null) {
                return Optional.of(channel);
            }
        } catch (OverlappingFileLockException e) {
            // This very process has it.
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        channel.close();
        return Optional.empty();
    }

    String name() {
        return name;
    }

    @Override
    public void start() {}

    @Override
    public void stop() {
        try {
            claim.close();
        } catch (IOException e) {
            // The lock goes with the process at the latest.
        }
    }

    @Override
    public boolean isStarted() {
        return claim.isOpen();
    }
}
