package drover.picture;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Edges by Canny's method (1986): smoothed by a Gaussian of 5x5 with sigma 1.4, Sobel's gradients, thinned to where they are
 * greatest along their direction, and followed from strong ones through weak ones.
 */
public final class Canny {
    /** OpenCV's customary thresholds for ControlNet, on sums of absolute gradients of bytes. */
    public static final double LOW = 100;

    public static final double HIGH = 200;

    private static final double SIGMA = 1.4;
    private static final int RADIUS = 2;
    private static final double TAN_22 = Math.tan(Math.PI / 8);
    private static final double TAN_67 = Math.tan(3 * Math.PI / 8);

    private Canny() {}

    /**
     * White edges on black.
     *
     * @param low a gradient above this goes on an edge
     * @param high a gradient above this begins one
     */
    public static Picture edges(Picture picture, double low, double high) {
        int width = picture.width();
        int height = picture.height();
        float[] grey = Mask.ofLuma(picture).values();
        for (int i = 0; i < grey.length; i++) {
            grey[i] *= 255;
        }
        float[] smooth = blurred(grey, width, height);
        float[] across = new float[smooth.length];
        float[] down = new float[smooth.length];
        float[] strength = new float[smooth.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int i = y * width + x;
                across[i] = sobel(smooth, width, height, x, y, 1, 0);
                down[i] = sobel(smooth, width, height, x, y, 0, 1);
                strength[i] = Math.abs(across[i]) + Math.abs(down[i]);
            }
        }
        boolean[] edge = followed(thinned(strength, across, down, width, height), width, low, high);
        byte[] rgb = new byte[3 * edge.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = edge[i / 3] ? (byte) 255 : 0;
        }
        return new Picture(width, height, rgb);
    }

    private static float[] blurred(float[] values, int width, int height) {
        double[] kernel = new double[2 * RADIUS + 1];
        double sum = 0;
        for (int i = 0; i < kernel.length; i++) {
            int d = i - RADIUS;
            kernel[i] = Math.exp(-d * d / (2 * SIGMA * SIGMA));
            sum += kernel[i];
        }
        float[] rows = new float[values.length];
        float[] both = new float[values.length];
        for (int pass = 0; pass < 2; pass++) {
            float[] from = pass == 0 ? values : rows;
            float[] to = pass == 0 ? rows : both;
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    double value = 0;
                    for (int d = -RADIUS; d <= RADIUS; d++) {
                        value += kernel[d + RADIUS]
                                * (pass == 0 ? at(from, width, height, x + d, y) : at(from, width, height, x, y + d));
                    }
                    to[y * width + x] = (float) (value / sum);
                }
            }
        }
        return both;
    }

    /** The gradient in the direction (dx, dy), one of them 1, the other 0. */
    private static float sobel(float[] values, int width, int height, int x, int y, int dx, int dy) {
        float sum = 0;
        for (int side = -1; side <= 1; side++) {
            float ahead = at(values, width, height, x + dx + side * dy, y + dy + side * dx);
            float behind = at(values, width, height, x - dx + side * dy, y - dy + side * dx);
            sum += (side == 0 ? 2 : 1) * (ahead - behind);
        }
        return sum;
    }

    /** What lies beyond an edge of the picture is like what lies on it. */
    private static float at(float[] values, int width, int height, int x, int y) {
        return values[Math.clamp(y, 0, height - 1) * width + Math.clamp(x, 0, width - 1)];
    }

    /** Gradients that are greater than the one before and no less than the one behind, along their direction. */
    private static float[] thinned(float[] strength, float[] across, float[] down, int width, int height) {
        float[] thin = new float[strength.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int i = y * width + x;
                double slope = Math.abs(down[i]) / Math.max(Math.abs(across[i]), 1e-9);
                int dx = slope > TAN_67 ? 0 : 1;
                int dy = slope < TAN_22 ? 0 : 1;
                if (dx == 1 && dy == 1 && across[i] * down[i] < 0) {
                    dy = -1;
                }
                boolean greatest = strength[i] > inside(strength, width, height, x - dx, y - dy)
                        && strength[i] >= inside(strength, width, height, x + dx, y + dy);
                thin[i] = greatest ? strength[i] : 0;
            }
        }
        return thin;
    }

    private static float inside(float[] values, int width, int height, int x, int y) {
        return x < 0 || y < 0 || x >= width || y >= height ? 0 : values[y * width + x];
    }

    private static boolean[] followed(float[] thin, int width, double low, double high) {
        boolean[] edge = new boolean[thin.length];
        Deque<Integer> open = new ArrayDeque<>();
        for (int i = 0; i < thin.length; i++) {
            if (thin[i] > high) {
                edge[i] = true;
                open.add(i);
            }
        }
        int height = thin.length / width;
        while (!open.isEmpty()) {
            int i = open.pop();
            for (int y = Math.max(0, i / width - 1); y <= Math.min(height - 1, i / width + 1); y++) {
                for (int x = Math.max(0, i % width - 1); x <= Math.min(width - 1, i % width + 1); x++) {
                    int near = y * width + x;
                    if (!edge[near] && thin[near] > low) {
                        edge[near] = true;
                        open.push(near);
                    }
                }
            }
        }
        return edge;
    }
}
