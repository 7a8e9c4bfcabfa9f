package drover.picture;

/**
 * Changes the size of pictures by separable filters (Keys, "Cubic convolution interpolation for digital image processing",
 * 1981). When a picture shrinks the filter is widened by as much, so that nothing is passed over. As in the reference
 * implementations of image models, colours are rounded to 8 bits after each of the two passes.
 */
public final class Resize {
    private static final int CHANNELS = 3;
    /** Keys' parameter; the value that reproduces quadratics. */
    private static final double A = -0.5;

    private static final double SUPPORT = 2;
    /** Weights are fixed-point numbers with this many binary places; two bits are room for weights beyond 1. */
    private static final int PLACES = Integer.SIZE - Byte.SIZE - 2;

    private Resize() {}

    /** The source pixels of one target pixel, and how much each counts. */
    @SuppressWarnings("ArrayRecordComponent") // Made and used here, never compared.
    private record Taps(int first, int[] weights) {}

    /** The picture in another size, by bicubic interpolation. */
    public static Picture bicubic(Picture picture, int width, int height) {
        byte[] rgb = picture.rgb();
        if (width != picture.width()) {
            rgb = horizontally(rgb, picture.width(), picture.height(), taps(picture.width(), width));
        }
        if (height != picture.height()) {
            rgb = vertically(rgb, width, taps(picture.height(), height));
        }
        return new Picture(width, height, rgb);
    }

    private static Taps[] taps(int from, int to) {
        double scale = (double) from / to;
        double stretch = Math.max(1, scale);
        double support = SUPPORT * stretch;
        Taps[] all = new Taps[to];
        for (int i = 0; i < to; i++) {
            double centre = (i + 0.5) * scale;
            int first = Math.max(0, (int) (centre - support + 0.5));
            int end = Math.min(from, (int) (centre + support + 0.5));
            double[] exact = new double[end - first];
            double sum = 0;
            for (int k = 0; k < exact.length; k++) {
                exact[k] = cubic((k + first - centre + 0.5) / stretch);
                sum += exact[k];
            }
            int[] weights = new int[exact.length];
            for (int k = 0; k < exact.length; k++) {
                weights[k] = (int) Math.round(exact[k] / sum * (1 << PLACES));
            }
            all[i] = new Taps(first, weights);
        }
        return all;
    }

    private static double cubic(double distance) {
        double x = Math.abs(distance);
        if (x < 1) {
            return ((A + 2) * x - (A + 3)) * x * x + 1;
        }
        return x < 2 ? A * (((x - 5) * x + 8) * x - 4) : 0;
    }

    private static byte[] horizontally(byte[] rgb, int width, int height, Taps[] taps) {
        byte[] out = new byte[CHANNELS * taps.length * height];
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (Taps tap : taps) {
                int from = CHANNELS * (y * width + tap.first());
                for (int channel = 0; channel < CHANNELS; channel++) {
                    out[at++] = sum(rgb, from + channel, CHANNELS, tap.weights());
                }
            }
        }
        return out;
    }

    private static byte[] vertically(byte[] rgb, int width, Taps[] taps) {
        int row = CHANNELS * width;
        byte[] out = new byte[row * taps.length];
        int at = 0;
        for (Taps tap : taps) {
            for (int x = 0; x < row; x++) {
                out[at++] = sum(rgb, tap.first() * row + x, row, tap.weights());
            }
        }
        return out;
    }

    private static byte sum(byte[] rgb, int from, int stride, int[] weights) {
        int sum = 1 << (PLACES - 1);
        int at = from;
        for (int weight : weights) {
            sum += (rgb[at] & 0xff) * weight;
            at += stride;
        }
        return (byte) Math.clamp(sum >> PLACES, 0, 255);
    }
}
