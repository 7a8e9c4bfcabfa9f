package drover.speed;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The type in which a network is measured. */
public enum Computing {
    /** 32 bits. */
    FLOAT32(DataType.FLOAT32),
    /** 16 bits; for GPUs. */
    FLOAT16(DataType.FLOAT16);

    private final DataType type;

    Computing(DataType type) {
        this.type = type;
    }

    DataType type() {
        return type;
    }

    /** What the command line calls it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one of that name. */
    public static Optional<Computing> named(String text) {
        return Arrays.stream(values()).filter(it -> it.text().equals(text)).findFirst();
    }
}
