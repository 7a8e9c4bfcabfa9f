package drover.inference.pytorch;

import drover.inference.EngineException;
import java.util.Locale;

/**
 * Whether the Java heap has room for the pictures of a request. They are all there before the first is written, because
 * a job's position goes through its phases once; so all of them count, and what one more takes while it is decoded or
 * encoded.
 *
 * @param bytes what the heap may grow to
 */
record HeapRoom(long bytes) {
    /** Of a finished picture, per pixel. */
    private static final long FINISHED = 3;
    /** Of the one that is decoded (planes of floats, then bytes) or encoded (integers, then a file), per pixel. */
    private static final long IN_WORK = 16;
    /** What pictures may take; the rest is for what the process itself needs. */
    private static final double SHARE = 0.75;

    private static final double MIB = 1 << 20;

    /**
     * Checks before anything is computed.
     *
     * @param scale how many times as large pictures become in the end
     * @throws EngineException.Unsupported if there is not the room
     */
    void check(int count, int width, int height, int scale) throws EngineException.Unsupported {
        double pixels = (double) width * scale * height * scale;
        double needed = pixels * (IN_WORK + FINISHED * (count - 1.0));
        double room = bytes * SHARE;
        if (needed > room) {
            throw new EngineException.Unsupported(String.format(
                    Locale.ROOT,
                    "%d picture(s) of %.0fx%.0f pixels take %.0f MiB of this process's heap, but it has %.0f MiB for"
                            + " pictures; ask for fewer or smaller ones, or raise drover.nodes.heap",
                    count,
                    (double) width * scale,
                    (double) height * scale,
                    needed / MIB,
                    room / MIB));
        }
    }
}
