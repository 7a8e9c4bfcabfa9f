package drover.safety;

import drover.inference.EngineException;
import drover.picture.Picture;

/** Looks at pictures, one at a time, and takes as long as it takes. Used and closed by one thread. */
public interface PictureChecker extends AutoCloseable {
    /**
     * What was seen.
     *
     * @param nsfw whether the picture is not safe for work
     * @param specialCare whether there is something in it, such as a child, that makes this a grave matter
     */
    record Findings(boolean nsfw, boolean specialCare) {}

    /**
     * Looks at a picture.
     *
     * @throws EngineException if that was not possible
     */
    Findings look(Picture picture) throws EngineException;

    @Override
    void close();

    /** Makes a checker, which may take seconds. */
    @FunctionalInterface
    interface Opener {
        /**
         * Opens it; the caller closes it.
         *
         * @throws EngineException if it cannot be opened here
         */
        PictureChecker open() throws EngineException;
    }
}
