package drover.diffusion;

/**
 * The sizes that SDXL's network is told, in pixels (Podell et al., 2023, section 2.2). Other networks have no use for
 * them.
 *
 * @param originalHeight height of the picture before it was made to fit
 * @param originalWidth width of that
 * @param cropTop what was cut off at the top
 * @param cropLeft what was cut off at the left
 * @param targetHeight height to aim at
 * @param targetWidth width to aim at
 */
public record PictureSizes(
        int originalHeight, int originalWidth, int cropTop, int cropLeft, int targetHeight, int targetWidth) {
    /** A picture that was never larger or smaller. */
    public static PictureSizes of(int width, int height) {
        return new PictureSizes(height, width, 0, 0, height, width);
    }

    /** In the network's order. */
    float[] numbers() {
        return new float[] {originalHeight, originalWidth, cropTop, cropLeft, targetHeight, targetWidth};
    }
}
