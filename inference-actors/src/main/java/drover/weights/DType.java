package drover.weights;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The element types of whole bytes that the safetensors format knows, by their names in the header. Those without a
 * counterpart in DJL may stand in a file, so that the tensors beside them can be used, but are not loaded.
 */
public enum DType {
    F64(8, DataType.FLOAT64),
    F32(4, DataType.FLOAT32),
    F16(2, DataType.FLOAT16),
    BF16(2, DataType.FLOAT32),
    I64(8, DataType.INT64),
    I32(4, DataType.INT32),
    U8(1, DataType.UINT8),
    BOOL(1, DataType.BOOLEAN),
    C64(8, null),
    U64(8, null),
    U32(4, null),
    U16(2, null),
    I16(2, null),
    I8(1, null),
    F8_E5M2(1, null),
    F8_E4M3(1, null),
    F8_E8M0(1, null);

    private final int bytes;
    private final @Nullable DataType djl;

    DType(int bytes, @Nullable DataType djl) {
        this.bytes = bytes;
        this.djl = djl;
    }

    /** Size of one element. */
    public int bytes() {
        return bytes;
    }

    /**
     * The type that an array has when none is asked for; empty for a type that cannot be loaded. It is the same type,
     * but for BF16: that becomes float32, without loss, because DJL 0.35.1's native layer aborts the process when it
     * meets bfloat16.
     */
    public Optional<DataType> dataType() {
        return Optional.ofNullable(djl);
    }

    /** The types that can be loaded, for messages. */
    static String loadable() {
        return Arrays.stream(values())
                .filter(type -> type.djl != null)
                .map(DType::name)
                .collect(Collectors.joining(", "));
    }

    /** Whether DJL's native layer can hold arrays of a type; on others it ends the process. */
    static boolean survivable(DataType type) {
        return switch (type) {
            case FLOAT64, FLOAT32, FLOAT16, INT64, INT32, INT8, UINT8, BOOLEAN -> true;
            default -> false;
        };
    }

    static Optional<DType> byName(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }
}
