package drover.picture;

import java.awt.image.BufferedImage;

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
        return ofPlanes(planes, 1, 0, width, height);
    }

    /** As {@link #ofPlanes(float[], int, int)}, from planes of which {@code value · scale + shift} is in [0, 1]. */
    public static Picture ofPlanes(float[] planes, float scale, float shift, int width, int height) {
        int pixels = width * height;
        byte[] rgb = new byte[planes.length];
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int i = 0; i < pixels; i++) {
                double value = Math.clamp(planes[channel * pixels + i] * scale + shift, 0f, 1f);
                rgb[i * CHANNELS + channel] = (byte) (int) Math.rint(value * 255);
            }
        }
        return new Picture(width, height, rgb);
    }

    /** The picture as Java's own libraries want it, without an alpha channel. */
    public BufferedImage image() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int at = CHANNELS * (y * width + x);
                row[x] = ((rgb[at] & 0xff) << 16) | ((rgb[at + 1] & 0xff) << 8) | (rgb[at + 2] & 0xff);
            }
            image.setRGB(0, y, width, 1, row, 0, width);
        }
        return image;
    }

    /** The colours of an image; an alpha channel is left out. */
    public static Picture of(BufferedImage image) {
        int width = image.getWidth();
        byte[] rgb = new byte[CHANNELS * width * image.getHeight()];
        int at = 0;
        for (int pixel : image.getRGB(0, 0, width, image.getHeight(), null, 0, width)) {
            rgb[at++] = (byte) (pixel >> 16);
            rgb[at++] = (byte) (pixel >> 8);
            rgb[at++] = (byte) pixel;
        }
        return new Picture(width, image.getHeight(), rgb);
    }
}
