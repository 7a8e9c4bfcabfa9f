package drover.horde;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.pekko.util.ByteString;

/**
 * Watches over what comes in for a file: that it stays within what was ordered, that the disk keeps its room, and how far
 * it has come. Fails the stream with {@link TooLarge} or {@link NoSpace}. Looks at the disk, so it may block; for one
 * stream.
 */
final class IntakeGauge {
    private final FileDownloader.Order order;
    private final PartFile part;
    private final ProgressSteps progress;
    private final long expected;
    private long bytes;
    private int looked = -1;

    /** More has come than was ordered. */
    static final class TooLarge extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** The disk would be fuller than it may be. */
    static final class NoSpace extends RuntimeException {
        private static final long serialVersionUID = 1;

        NoSpace(String message) {
            super(message);
        }
    }

    /**
     * A gauge for the rest of a file.
     *
     * @param offset where it begins
     * @param expected how many bytes there will be in all, at most
     */
    IntakeGauge(FileDownloader.Order order, PartFile part, ProgressSteps progress, long offset, long expected) {
        this.order = order;
        this.part = part;
        this.progress = progress;
        this.bytes = offset;
        this.expected = expected;
    }

    /** Lets a piece through. */
    ByteString pass(ByteString chunk) {
        bytes += chunk.size();
        if (bytes > order.maxBytes()) {
            throw new TooLarge();
        }
        progress.reached(bytes);
        if (looked != progress.told()) {
            looked = progress.told();
            requireSpace(expected - bytes + chunk.size());
        }
        return chunk;
    }

    /** Others write to the disk as well, so it is looked at again at every step. */
    private void requireSpace(long more) {
        try {
            long usable = part.usableSpace();
            if (usable - more < order.minFreeBytes()) {
                throw new NoSpace("of the disk's " + usable + " free bytes it takes " + more + ", and "
                        + order.minFreeBytes() + " have to stay free");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
