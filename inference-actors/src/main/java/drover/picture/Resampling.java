package drover.picture;

/**
 * Resizing by a filter that is widened where a picture becomes smaller, so that every pixel of the source counts: the
 * convolution-based resizing of Pillow, whose LANCZOS (a windowed sinc with three lobes) the AI Horde's reference worker
 * uses, and whose BICUBIC (Keys, 1981) CLIP's picture encoders were trained with. Rows first, then columns; bytes are
 * rounded once after each, as there.
 */
public final class Resampling {
    private static final double LOBES = 3;
    /** Keys' parameter; the value that reproduces quadratics. */
    private static final double A = -0.5;

    private Resampling() {}

    private enum Filter {
        LANCZOS(LOBES) {
            @Override
            double at(double x) {
                return Math.abs(x) < LOBES ? sinc(x) * sinc(x / LOBES) : 0;
            }
        },
        BICUBIC(2) {
            @Override
            double at(double distance) {
                double x = Math.abs(distance);
                if (x < 1) {
                    return ((A + 2) * x - (A + 3)) * x * x + 1;
                }
                return x < 2 ? A * (((x - 5) * x + 8) * x - 4) : 0;
            }
        };

        private final double support;

        Filter(double support) {
            this.support = support;
        }

        abstract double at(double x);
    }

    /** A picture at another size. */
    public static Picture lanczos(Picture picture, int width, int height) {
        return resized(picture, width, height, Filter.LANCZOS);
    }

    /** A picture at another size, as CLIP's picture encoders want it. */
    public static Picture bicubic(Picture picture, int width, int height) {
        return resized(picture, width, height, Filter.BICUBIC);
    }

    private static Picture resized(Picture picture, int width, int height, Filter filter) {
        if (width == picture.width() && height == picture.height()) {
            return picture;
        }
        byte[] rgb = new byte[3 * width * height];
        for (int channel = 0; channel < 3; channel++) {
            float[] plane = new float[picture.width() * picture.height()];
            for (int i = 0; i < plane.length; i++) {
                plane[i] = picture.rgb()[3 * i + channel] & 0xFF;
            }
            float[] rows = across(plane, picture.width(), picture.height(), width, filter);
            round(rows);
            float[] both = transposed(
                    across(transposed(rows, width, picture.height()), picture.height(), width, height, filter),
                    height,
                    width);
            round(both);
            for (int i = 0; i < both.length; i++) {
                rgb[3 * i + channel] = (byte) (int) both[i];
            }
        }
        return new Picture(width, height, rgb);
    }

    /** Numbers at another size, not rounded; they may leave their range a little where they change suddenly. */
    static float[] plane(float[] values, int width, int height, int toWidth, int toHeight) {
        float[] rows = across(values, width, height, toWidth, Filter.LANCZOS);
        return transposed(
                across(transposed(rows, toWidth, height), height, toWidth, toHeight, Filter.LANCZOS),
                toHeight,
                toWidth);
    }

    private static void round(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.clamp((float) Math.floor(values[i] + 0.5f), 0f, 255f);
        }
    }

    /** Every row from {@code width} numbers to {@code toWidth}. */
    private static float[] across(float[] values, int width, int height, int toWidth, Filter filter) {
        double scale = (double) width / toWidth;
        double stretch = Math.max(scale, 1);
        double support = filter.support * stretch;
        float[] result = new float[toWidth * height];
        for (int x = 0; x < toWidth; x++) {
            double centre = (x + 0.5) * scale;
            int first = Math.max(0, (int) (centre - support + 0.5));
            int last = Math.min(width, (int) (centre + support + 0.5));
            double[] weights = new double[last - first];
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                weights[i] = filter.at((first + i - centre + 0.5) / stretch);
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

    private static double sinc(double x) {
        double angle = Math.PI * x;
        return angle == 0 ? 1 : Math.sin(angle) / angle;
    }
}
