package drover.source.models;

import java.util.Locale;

/** Families of image models. */
public enum Baseline {
    STABLE_DIFFUSION_1(512, false, 1, false, 1),
    STABLE_DIFFUSION_2(768, false, 1, false, 1),
    STABLE_DIFFUSION_XL(1024, false, 1, false, 2),
    STABLE_CASCADE(1024, true, 1, false, 4),
    FLUX(1024, true, 5, true, 8),
    QWEN_IMAGE(1024, true, 10, true, 12),
    Z_IMAGE(1024, false, 8, true, 8),
    /** The Horde counts it as Stable Diffusion 1. */
    OTHER(512, false, 1, false, 1);

    private final int nativeSide;
    private final boolean large;
    private final int batchDivisor;
    private final boolean threefoldTime;
    private final int kudosFactor;

    Baseline(int nativeSide, boolean large, int batchDivisor, boolean threefoldTime, int kudosFactor) {
        this.nativeSide = nativeSide;
        this.large = large;
        this.batchDivisor = batchDivisor;
        this.threefoldTime = threefoldTime;
        this.kudosFactor = kudosFactor;
    }

    /** Reads a reference's {@code baseline}, of the old writing ({@code stable diffusion 1}) or the new one. */
    public static Baseline of(String text) {
        String name = text.strip().toLowerCase(Locale.ROOT).replace(' ', '_');
        return switch (name) {
            case "stable_diffusion_1" -> STABLE_DIFFUSION_1;
            case "stable_diffusion_2", "stable_diffusion_2_512", "stable_diffusion_2_768" -> STABLE_DIFFUSION_2;
            case "stable_diffusion_xl" -> STABLE_DIFFUSION_XL;
            case "stable_cascade" -> STABLE_CASCADE;
            case "flux_1", "flux_schnell", "flux_dev" -> FLUX;
            case "qwen_image" -> QWEN_IMAGE;
            case "z_image_turbo" -> Z_IMAGE;
            default -> OTHER;
        };
    }

    /** Pixels of the square that its models are made for. */
    public int nativePixels() {
        return nativeSide * nativeSide;
    }

    /** Whether words such as {@code ALL} leave its models out unless {@code load_large_models} is on. */
    public boolean large() {
        return large;
    }

    /** By what a batch is meant to be smaller; the server means to do that, too, but does not. */
    public int batchDivisor() {
        return batchDivisor;
    }

    /** Whether the server gives jobs for it three times the time. */
    public boolean threefoldTime() {
        return threefoldTime;
    }

    /** How many times the kudos of Stable Diffusion 1 a picture earns. */
    public int kudosFactor() {
        return kudosFactor;
    }
}
