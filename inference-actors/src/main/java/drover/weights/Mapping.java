package drover.weights;

import drover.weights.WeightsException.Damaged;
import drover.weights.WeightsException.Unreadable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file in memory, to be read only. Whoever uses it holds a share of it; it is unmapped when the last share is closed.
 * Thread-safe.
 */
final class Mapping {
    private static final Logger LOG = LoggerFactory.getLogger(Mapping.class);

    private final Path file;
    private final FileChannel channel;
    private final Arena arena;
    private final MemorySegment bytes;
    private int shares;

    private Mapping(Path file, FileChannel channel, Arena arena, MemorySegment bytes) {
        this.file = file;
        this.channel = channel;
        this.arena = arena;
        this.bytes = bytes;
    }

    /** The right to read the file in memory until it is closed. */
    final class Share implements AutoCloseable {
        private boolean closed;

        private Share() {
            shares++;
        }

        /**
         * One more, to be closed by itself.
         *
         * @throws IllegalStateException if this one has been closed
         */
        Share another() {
            synchronized (Mapping.this) {
                if (closed) {
                    throw new IllegalStateException(file + " has been closed");
                }
                return new Share();
            }
        }

        /** Where the file is. */
        Path file() {
            return file;
        }

        /** All of the file, while it is mapped. */
        MemorySegment bytes() {
            return bytes;
        }

        /**
         * Looks whether the file is as long as it was: pages of a mapping beyond the file's end cannot be touched, the
         * operating system would end the process.
         *
         * @param tensor what is about to be read, for the message
         */
        void requireWhole(String tensor) throws WeightsException {
            try {
                long now = channel.size();
                if (now < bytes.byteSize()) {
                    throw new Damaged(
                            file,
                            "has been cut to " + now + " bytes since it was opened with " + bytes.byteSize()
                                    + "; tensor " + tensor + " is not read");
                }
            } catch (IOException e) {
                throw new Unreadable(file, e);
            }
        }

        /** Gives the share back. Safe to call twice. */
        @Override
        public void close() {
            synchronized (Mapping.this) {
                if (!closed) {
                    closed = true;
                    shares--;
                    if (shares == 0) {
                        unmap();
                    }
                }
            }
        }
    }

    /** Maps a file. */
    static Share open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        Arena arena = Arena.ofShared();
        boolean done = false;
        try {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            Share share = new Mapping(file, channel, arena, bytes).new Share();
            done = true;
            return share;
        } finally {
            if (!done) {
                arena.close();
                channel.close();
            }
        }
    }

    private void unmap() {
        arena.close();
        try {
            channel.close();
        } catch (IOException e) {
            // The mapping is gone; a descriptor that was only read loses nothing.
            LOG.warn("{} could not be closed: {}", file, e.toString());
        }
    }
}
