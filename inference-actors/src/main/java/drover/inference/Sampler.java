package drover.inference;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The samplers a request can name, by the AI Horde's names. */
public enum Sampler {
    /** Denoising diffusion implicit models, deterministic (eta 0). */
    DDIM("DDIM"),
    /** Euler's method in sigma space. */
    EULER("k_euler");

    private final String hordeName;

    Sampler(String hordeName) {
        this.hordeName = hordeName;
    }

    /** The name on the wire and in picture metadata. */
    @JsonValue
    public String hordeName() {
        return hordeName;
    }

    /** Reads a name; case, and the Horde's {@code k_} prefix, do not matter. */
    public static Optional<Sampler> byName(String name) {
        String plain = plain(name);
        return Arrays.stream(values())
                .filter(s -> plain(s.hordeName).equals(plain))
                .findFirst();
    }

    /** All names, for messages: {@code DDIM, k_euler}. */
    public static String names() {
        return Arrays.stream(values()).map(Sampler::hordeName).collect(Collectors.joining(", "));
    }

    private static String plain(String name) {
        String lower = name.strip().toLowerCase(Locale.ROOT);
        return lower.startsWith("k_") ? lower.substring(2) : lower;
    }
}
