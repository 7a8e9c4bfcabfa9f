package drover.graph;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The type in which networks compute. What is too fine for 16 bits is wider all the same: angles of the time embedding,
 * sums within norms, softmax and products, and whole networks that were trained to need it, such as SDXL's autoencoder.
 * There is no bfloat16: DJL 0.35.1's native layer ends the process when it meets an array of it.
 */
public enum Precision {
    /** 32 bits. */
    FLOAT32(DataType.FLOAT32),
    /** 16 bits: half the memory, and on GPUs several times the speed. A network may leave its range (±65504). */
    FLOAT16(DataType.FLOAT16);

    private final DataType type;

    Precision(DataType type) {
        this.type = type;
    }

    /** The one for a device: 16 bits on GPUs, which all that libtorch supports can compute with; 32 on processors. */
    public static Precision usual(boolean gpu) {
        return gpu ? FLOAT16 : FLOAT32;
    }

    /** The type of arrays. */
    public DataType type() {
        return type;
    }

    /** What configuration and command line call it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one of that name. */
    public static Optional<Precision> named(String text) {
        return Arrays.stream(values()).filter(it -> it.text().equals(text)).findFirst();
    }
}
