package drover.imaging;

import drover.diffusion.Picture;

/**
 * Resizing by Lanczos' windowed sinc with three lobes, widened where a picture becomes smaller, so that every pixel of the
 * source counts: the convolution-based resizing of Pillow, whose LANCZOS the AI Horde's reference worker uses. Rows first,
 * then columns; bytes are rounded once after each, as there.
 */
public final class Resampling {
    private static final double LOBES = 3;

    private Resampling() {}

    /** A picture at another size. */
    public static Picture lanczos(Picture picture, int width, int height) {
        if (width == picture.width() && height == picture.height()) {
            return picture;
        }
        byte[] rgb = new byte[3 * width * height];
        for (int channel = 0; channel < 3; channel++) {
            float[] plane = new float[picture.width() * picture.height()];
            for (int i = 0; i < plane.length; i++) {
                plane[i] = picture.rgb()[3 * i + channel] & 0xFF;
            }
            float[] rows = across(plane, picture.width(), picture.height(), width);
            round(rows);
            float[] both = transposed(
                    across(transposed(rows, width, picture.height()), picture.height(), width, height), height, width);
            round(both);
            for (int i = 0; i < both.length; i++) {
                rgb[3 * i + channel] = (byte) (int) both[i];
            }
        }
        return new Picture(width, height, rgb);
    }

    /** Numbers at another size, not rounded; they may leave their range a little where they change suddenly. */
    static float[] plane(float[] values, int width, int height, int toWidth, int toHeight) {
        float[] rows = across(values, width, height, toWidth);
        return transposed(across(transposed(rows, toWidth, height), height, toWidth, toHeight), toHeight, toWidth);
    }

    private static void round(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.clamp((float) Math.floor(values[i] + 0.5f), 0f, 255f);
        }
    }

    /** Every row from {@code width} numbers to {@code toWidth}. */
    private static float[] across(float[] values, int width, int height, int toWidth) {
        double scale = (double) width / toWidth;
        double stretch = Math.max(scale, 1);
        double support = LOBES * stretch;
        float[] result = new float[toWidth * height];
        for (int x = 0; x < toWidth; x++) {
            double centre = (x + 0.5) * scale;
            int first = Math.max(0, (int) (centre - support + 0.5));
            int last = Math.min(width, (int) (centre + support + 0.5));
            double[] weights = new double[last - first];
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                weights[i] = kernel((first + i - centre + 0.5) / stretch);
                sum += weights[i];
            }
            for (int y = 0; y < height; y++) {
                double value = 0;
                for (int i = 0; i < weights.length; i++) {
                    value += weights[i] * values[y * width + first + i];
                }
                result[y * toWidth + x] = (float) (value / sum);
            }
        }
        return result;
    }

    private static float[] transposed(float[] values, int width, int height) {
        float[] result = new float[values.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                result[x * height + y] = values[y * width + x];
            }
        }
        return result;
    }

    private static double kernel(double x) {
        return Math.abs(x) < LOBES ? sinc(x) * sinc(x / LOBES) : 0;
    }

    private static double sinc(double x) {
        double angle = Math.PI * x;
        return angle == 0 ? 1 : Math.sin(angle) / angle;
    }
}
