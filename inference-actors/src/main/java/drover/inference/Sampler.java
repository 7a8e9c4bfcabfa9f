package drover.inference;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The samplers a request can name, by the AI Horde's names. */
public enum Sampler {
    /** Linear multistep, order 4. */
    LMS("k_lms", "LMS"),
    /** Heun's method, two calls a step. */
    HEUN("k_heun", "Heun"),
    /** Euler's method in sigma space. */
    EULER("k_euler", "Euler"),
    /** Euler's method with fresh noise after every step. */
    EULER_ANCESTRAL("k_euler_a", "Euler a"),
    /** The midpoint method, two calls a step. */
    DPM_2("k_dpm_2", "DPM2"),
    /** The midpoint method with fresh noise after every step. */
    DPM_2_ANCESTRAL("k_dpm_2_a", "DPM2 a"),
    /** DPM-Solver-fast: as many calls as steps. */
    DPM_FAST("k_dpm_fast", "DPM fast"),
    /** DPM-Solver with steps of its own choice; the number asked for is ignored. */
    DPM_ADAPTIVE("k_dpm_adaptive", "DPM adaptive"),
    /** DPM-Solver++(2M). */
    DPMPP_2M("k_dpmpp_2m", "DPM++ 2M"),
    /** DPM-Solver++(2S) with fresh noise after every step, two calls a step. */
    DPMPP_2S_ANCESTRAL("k_dpmpp_2s_a", "DPM++ 2S a"),
    /** DPM-Solver++ as a stochastic differential equation, two calls a step. */
    DPMPP_SDE("k_dpmpp_sde", "DPM++ SDE"),
    /** Denoising diffusion implicit models, deterministic (eta 0). */
    DDIM("DDIM", "DDIM"),
    /** What the AI Horde's name stands for: DPM-Solver++(2M). */
    DPM_SOLVER("dpmsolver", "DPM++ 2M"),
    /** Latent consistency models. */
    LCM("lcm", "LCM"),
    /** UniPC of order 2 with B(h) = h. */
    UNI_PC("uni_pc", "UniPC"),
    /** UniPC of order 2 with B(h) = e^h - 1. */
    UNI_PC_BH2("uni_pc_bh2", "UniPC bh2");

    private final String hordeName;
    private final String commonName;

    Sampler(String hordeName, String commonName) {
        this.hordeName = hordeName;
        this.commonName = commonName;
    }

    /** The name on the wire and in picture metadata. */
    @JsonValue
    public String hordeName() {
        return hordeName;
    }

    /** The name in A1111-style tools. */
    public String commonName() {
        return commonName;
    }

    /** Reads a name; case, and the Horde's {@code k_} prefix, do not matter. */
    public static Optional<Sampler> byName(String name) {
        String plain = plain(name);
        return Arrays.stream(values())
                .filter(s -> plain(s.hordeName).equals(plain))
                .findFirst();
    }

    /** All names, for messages: {@code k_lms, k_heun, …}. */
    public static String names() {
        return Arrays.stream(values()).map(Sampler::hordeName).collect(Collectors.joining(", "));
    }

    private static String plain(String name) {
        String lower = name.strip().toLowerCase(Locale.ROOT);
        return lower.startsWith("k_") ? lower.substring(2) : lower;
    }
}
