package drover.inference;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Where inputs of jobs are kept until they run, and results between the process that makes them and whoever fetches
 * them. What belongs to a job goes with it. Safe for use by many threads.
 */
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
     * Writes what a job is made from, such as its source picture, as wholly and as safely as {@link #put} does, before the
     * job is accepted. Writing the same name again replaces it.
     *
     * @param name 1 to 32 lower-case letters, digits and hyphens
     * @throws IOException if it could not be written
     */
    AssetRef putInput(JobId job, String name, String mediaType, byte[] bytes) throws IOException;

    /**
     * Removes the inputs of a job that was not accepted after all. Nothing happens if there are none.
     *
     * @throws IOException if some of it may still be there
     */
    void removeInputs(JobId job) throws IOException;

    /**
     * Opens a stored result or input; the caller closes it.
     *
     * @throws java.nio.file.NoSuchFileException if it is not there
     */
    InputStream open(AssetRef ref) throws IOException;

    /**
     * Whether the result or input is there, with the length it should have.
     *
     * @throws java.io.UncheckedIOException if that cannot be told, because the store cannot be read now
     */
    boolean holds(AssetRef ref);

    /**
     * The small form of a result, if {@link #keepThumbnail} has kept it.
     *
     * @throws IOException if it cannot be read
     */
    default Optional<byte[]> thumbnail(AssetRef of) throws IOException {
        return Optional.empty();
    }

    /**
     * Keeps a small form of a result beside it; it goes with its job. It can be made again, so a store may as well keep
     * none.
     *
     * @throws IOException if it could not be written
     */
    default void keepThumbnail(AssetRef of, byte[] file) throws IOException {}
}
