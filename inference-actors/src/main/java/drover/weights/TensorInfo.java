package drover.weights;

import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * What a header says about one tensor.
 *
 * @param name the tensor's name
 * @param type the element type as stored
 * @param shape the dimensions; empty for a scalar
 * @param begin offset of the first byte within the data section
 * @param end offset after the last byte within the data section
 */
public record TensorInfo(String name, DType type, List<Long> shape, long begin, long end) {
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** Bytes that the tensor takes in the file. */
    public long bytes() {
        return end - begin;
    }

    /** The dimensions as DJL wants them. */
    public Shape djlShape() {
        return new Shape(shape);
    }
}
