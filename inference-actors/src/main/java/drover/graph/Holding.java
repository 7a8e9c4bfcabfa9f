package drover.graph;

import ai.djl.ndarray.types.DataType;
import drover.weights.DType;

/** In which type the weights of a network stay in memory. */
public enum Holding {
    /** In the type that the network computes in. */
    AS_COMPUTED,
    /**
     * What the file has in float16 stays float16 under a network that computes in float32: each layer widens its own
     * weights whenever it runs. Widening loses nothing, so the numbers are the same to the last bit; the weights take half
     * the memory, and each pass has to widen all of them.
     */
    AS_STORED;

    /** The type in which a weight is held. */
    DataType held(DataType computed, DType stored) {
        boolean half = this == AS_STORED && computed == DataType.FLOAT32 && stored == DType.F16;
        return half ? DataType.FLOAT16 : computed;
    }

    /** The script that can be run with weights that are held so. */
    public Script fitting(Script script) {
        return this == AS_STORED ? script.widening() : script;
    }
}
