package drover.graph;

import ai.djl.ndarray.types.DataType;

/** The numbers by which serialized scripts name element types (c10::ScalarType). */
final class ScalarTypes {
    private ScalarTypes() {}

    static int number(DataType type) {
        return switch (type) {
            case FLOAT16 -> 5;
            case FLOAT32 -> 6;
            case FLOAT64 -> 7;
            case BFLOAT16 -> 15;
            default -> throw new IllegalArgumentException("a graph computes in floats, not in " + type);
        };
    }
}
