package drover.picture;

import java.util.Arrays;

/**
 * How much of each pixel is painted anew.
 *
 * @param width pixels
 * @param height pixels
 * @param values row by row: 0 is kept, 1 is painted anew
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over once, never compared; a copy would be waste.
public record Mask(int width, int height, float[] values) {
    private static final float HALF = 0.5f;

    public Mask {
        if (width < 1 || height < 1 || values.length != (long) width * height) {
            throw new IllegalArgumentException(
                    "a mask of " + width + "x" + height + " pixels cannot have " + values.length + " values");
        }
    }

    /** White is painted anew: by luma (ITU-R BT.601), as picture libraries make grey of colours. */
    public static Mask ofLuma(Picture picture) {
        byte[] rgb = picture.rgb();
        float[] values = new float[picture.width() * picture.height()];
        for (int i = 0; i < values.length; i++) {
            int red = rgb[3 * i] & 0xFF;
            int green = rgb[3 * i + 1] & 0xFF;
            int blue = rgb[3 * i + 2] & 0xFF;
            values[i] = (299 * red + 587 * green + 114 * blue) / 255_000f;
        }
        return new Mask(picture.width(), picture.height(), values);
    }

    /** All of it is painted anew. */
    public static Mask everything(int width, int height) {
        float[] values = new float[width * height];
        Arrays.fill(values, 1);
        return new Mask(width, height, values);
    }

    /** Whether there is anything to paint. */
    public boolean repaintsAnything() {
        for (float value : values) {
            if (value >= HALF) {
                return true;
            }
        }
        return false;
    }

    /** At another size. */
    public Mask resized(int toWidth, int toHeight) {
        if (toWidth == width && toHeight == height) {
            return this;
        }
        float[] resized = Resampling.plane(values, width, height, toWidth, toHeight);
        for (int i = 0; i < resized.length; i++) {
            resized[i] = Math.clamp(resized[i], 0f, 1f);
        }
        return new Mask(toWidth, toHeight, resized);
    }

    /**
     * One number for each cell of a latent: 1 if any pixel under it is half or more to be painted anew, else 0. So no pixel
     * that is to go is left in what the network is told to keep.
     *
     * @param factor pixels per cell in each direction
     */
    public float[] cells(int factor) {
        int across = width / factor;
        float[] cells = new float[across * (height / factor)];
        for (int i = 0; i < cells.length; i++) {
            int left = i % across * factor;
            int top = i / across * factor;
            for (int y = top; y < top + factor; y++) {
                for (int x = left; x < left + factor; x++) {
                    if (values[y * width + x] >= HALF) {
                        cells[i] = 1;
                    }
                }
            }
        }
        return cells;
    }

    /**
     * What is painted anew of one picture, over what is kept of another; both of the mask's size.
     *
     * @return where the mask is 0, the kept picture's bytes
     */
    public Picture composite(Picture anew, Picture kept) {
        byte[] rgb = kept.rgb().clone();
        for (int i = 0; i < values.length; i++) {
            float share = values[i];
            for (int at = 3 * i; share > 0 && at < 3 * i + 3; at++) {
                rgb[at] = (byte) Math.round(share * (anew.rgb()[at] & 0xFF) + (1 - share) * (rgb[at] & 0xFF));
            }
        }
        return new Picture(width, height, rgb);
    }
}
