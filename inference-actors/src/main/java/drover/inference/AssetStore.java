package drover.inference;

import java.io.IOException;
import java.io.InputStream;

/** Where results are kept between the process that makes them and whoever fetches them. Safe for use by many threads. */
public interface AssetStore {
    /**
     * Writes one result so that it is wholly there or not at all, and on disk when the method returns. Writing the same
     * attempt and index again replaces it.
     *
     * @param index which result of the attempt, from 0
     * @throws IOException if it could not be written
     */
    AssetRef put(AttemptId attempt, int index, Artifact artifact) throws IOException;

    /**
     * Opens a stored result; the caller closes it.
     *
     * @throws java.nio.file.NoSuchFileException if it is not there
     */
    InputStream open(AssetRef ref) throws IOException;

    /**
     * Whether the result is there, with the length it should have.
     *
     * @throws java.io.UncheckedIOException if that cannot be told, because the store cannot be read now
     */
    boolean holds(AssetRef ref);
}
