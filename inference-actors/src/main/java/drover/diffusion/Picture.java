package drover.diffusion;

/**
 * Pixels.
 *
 * @param width pixels
 * @param height pixels
 * @param rgb row by row, three bytes a pixel
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over once, never compared; a copy of a picture would be waste.
public record Picture(int width, int height, byte[] rgb) {
    private static final int CHANNELS = 3;

    public Picture {
        if (width < 1 || height < 1 || rgb.length != (long) CHANNELS * width * height) {
            throw new IllegalArgumentException(
                    "a picture of " + width + "x" + height + " pixels cannot have " + rgb.length + " bytes");
        }
    }

    /**
     * From a network's output.
     *
     * @param planes red, green and blue planes of values in [0, 1], row-major; what lies outside is clamped, halves are
     *     rounded to even, NaN is black
     */
    public static Picture ofPlanes(float[] planes, int width, int height) {
        int pixels = width * height;
        byte[] rgb = new byte[planes.length];
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int i = 0; i < pixels; i++) {
                double value = Math.clamp(planes[channel * pixels + i], 0f, 1f);
                rgb[i * CHANNELS + channel] = (byte) (int) Math.rint(value * 255);
            }
        }
        return new Picture(width, height, rgb);
    }
}
