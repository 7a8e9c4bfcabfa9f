package drover.graph;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a network has answered, by the names of its outputs. The arrays belong to the scope that was handed in. */
public final class Outputs {
    private final Map<String, NDArray> arrays;

    Outputs(Map<String, NDArray> arrays) {
        this.arrays = Map.copyOf(arrays);
    }

    /** The output of that name, which the graph must have declared. */
    public NDArray get(String output) {
        @Nullable NDArray array = arrays.get(output);
        if (array == null) {
            throw new IllegalArgumentException("there is no output " + output + "; there are " + arrays.keySet());
        }
        return array;
    }
}
