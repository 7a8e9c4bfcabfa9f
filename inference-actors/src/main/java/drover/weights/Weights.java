package drover.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Optional;
import java.util.Set;

/**
 * A set of named tensors on disk. Safe to use from several threads. Closing it gives the mapping back, unless somebody
 * has a {@linkplain #lease lease} of it; arrays that were loaded stay valid, because loading copies.
 */
public sealed interface Weights extends AutoCloseable permits SafeTensors, Checkpoint, RenamedWeights {
    /** All names, in the order of the files' headers. */
    Set<String> names();

    /** What is known of a tensor, if it is there. */
    Optional<TensorInfo> find(String name);

    /**
     * Copies a tensor into a new array owned by {@code manager}, on the manager's device, converted to {@code type}
     * by libtorch. The bytes do not pass through the Java heap.
     *
     * @param type not bfloat16, on which DJL 0.35.1's native layer aborts the process: convert in the graph instead
     * @throws WeightsException if there is no such tensor, or its type cannot be loaded
     */
    NDArray load(NDManager manager, String name, DataType type) throws WeightsException;

    /** As {@link #load(NDManager, String, DataType)}, keeping the type in the file (BF16 becomes float32). */
    default NDArray load(NDManager manager, String name) throws WeightsException {
        TensorInfo info = find(name).orElseThrow(() -> new WeightsException.Missing("there is no tensor " + name));
        // A type without counterpart is refused by the loading itself, which can say where it stands.
        return load(manager, name, info.type().dataType().orElse(DataType.FLOAT32));
    }

    /**
     * Looks at every number of a tensor.
     *
     * @throws WeightsException if there is no such tensor
     */
    NonFinite nonFinite(String name) throws WeightsException;

    /** The right to use the mapped files in place, beyond the closing of these weights. */
    Lease lease();

    /** Keeps the files mapped until it is closed. */
    interface Lease extends AutoCloseable {
        /**
         * A tensor as it lies in the file, without a copy: its pages are the system's cache, and so are shared with
         * every process that uses the file. They have all been touched, so that nobody waits for the disk later. The
         * array must be freed before the lease is closed, and must not be written to: that would end the process.
         *
         * @return empty if it cannot be used so, and has to be {@linkplain Weights#load loaded}: the manager's device
         *     is a GPU, the tensor has another type or order in the file or begins at no multiple of its elements' size,
         *     or it has 2 GiB or no bytes at all
         * @throws WeightsException as of loading
         */
        Optional<NDArray> view(NDManager manager, String name, DataType type) throws WeightsException;

        /** Gives the mapping back. Safe to call twice. */
        @Override
        void close();
    }

    /** What a tensor is called in the file, for messages. */
    default String nameInFile(String name) {
        return name;
    }

    /** Bytes of all tensors as stored. */
    long bytes();

    /** Unmaps the files, if there is no lease of them. Safe to call twice. */
    @Override
    void close();
}
