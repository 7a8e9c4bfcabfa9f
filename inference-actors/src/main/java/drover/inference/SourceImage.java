package drover.inference;

import java.util.Optional;

/**
 * A picture to start from.
 *
 * @param image PNG, JPEG or WebP; an input of the job
 * @param mask where to paint anew: white is repainted, black is kept, between them both are mixed; absent means that the
 *     picture's transparency says it
 * @param strength how much of the schedule is run, {@value #LEAST_STRENGTH} to 1: 1 leaves nothing of what is repainted
 * @param mode what is done with it
 */
public record SourceImage(AssetRef image, Optional<AssetRef> mask, double strength, Mode mode) {
    public static final double LEAST_STRENGTH = 0.01;

    public SourceImage {
        if (!(strength >= LEAST_STRENGTH && strength <= 1)) {
            throw new IllegalArgumentException("strength must be 0.01 to 1, but was " + strength);
        }
    }

    /** What is done with a source. */
    public enum Mode {
        /** All of it is painted over; with a mask, only what the mask shows. */
        IMG2IMG,
        /** What the mask shows is painted anew, the rest is kept to the pixel. Outpainting is the same. */
        INPAINTING
    }
}
