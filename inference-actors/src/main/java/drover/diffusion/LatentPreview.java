package drover.diffusion;

import drover.inference.Preview;
import drover.picture.Picture;
import java.util.Optional;

/**
 * A cheap look at latents, without the VAE: red, green and blue are each a sum of a cell's four numbers, with factors that
 * were fitted to what the VAE makes of them. Eight pixels of the picture a side become one. The factors are those that
 * ComfyUI's previews use.
 */
public final class LatentPreview {
    private static final int CHANNELS = 4;

    /** What latents mean, which is the VAE's doing. */
    public enum Space {
        /** Of Stable Diffusion 1 and 2. */
        STABLE_DIFFUSION,
        /** Of SDXL. */
        STABLE_DIFFUSION_XL;

        /** The space in which a network paints; empty if it is another one. */
        public static Optional<Space> of(UNetConfig network) {
            if (network.outChannels() != CHANNELS) {
                return Optional.empty();
            }
            return Optional.of(network.added().isPresent() ? STABLE_DIFFUSION_XL : STABLE_DIFFUSION);
        }

        /** Of red, green and blue, for each number of a cell; and what is added at the end. */
        private float[][] factors() {
            return switch (this) {
                case STABLE_DIFFUSION ->
                    new float[][] {
                        {0.3512f, 0.2297f, 0.3227f},
                        {0.3250f, 0.4974f, 0.2350f},
                        {-0.2829f, 0.1762f, 0.2721f},
                        {-0.2120f, -0.2616f, -0.7177f},
                        {0, 0, 0}
                    };
                case STABLE_DIFFUSION_XL ->
                    new float[][] {
                        {0.3651f, 0.4232f, 0.4341f},
                        {-0.2533f, -0.0042f, 0.1068f},
                        {0.1076f, 0.1111f, -0.0362f},
                        {-0.3165f, -0.2492f, -0.2188f},
                        {0.1084f, -0.0175f, -0.0011f}
                    };
            };
        }
    }

    private LatentPreview() {}

    /**
     * A picture of at most {@link Preview#MAX_SIDE} pixels a side.
     *
     * @param latents as the network paints them, {@code [4, height, width]}; what comes after is not looked at
     */
    public static Picture of(Space space, float[] latents, int height, int width) {
        float[][] factors = space.factors();
        int cell = Math.ceilDiv(Math.max(height, width), Preview.MAX_SIDE);
        int rows = Math.ceilDiv(height, cell);
        int columns = Math.ceilDiv(width, cell);
        byte[] rgb = new byte[3 * rows * columns];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                float[] sum = factors[CHANNELS].clone();
                for (int channel = 0; channel < CHANNELS; channel++) {
                    float mean = mean(latents, channel * height, row * cell, column * cell, cell, height, width);
                    for (int color = 0; color < 3; color++) {
                        sum[color] += mean * factors[channel][color];
                    }
                }
                for (int color = 0; color < 3; color++) {
                    // From -1 and 1 to 0 and 255; what is no number becomes black.
                    rgb[3 * (row * columns + column) + color] =
                            (byte) Math.clamp(Math.round((sum[color] + 1) * 127.5f), 0, 255);
                }
            }
        }
        return new Picture(columns, rows, rgb);
    }

    /** Of a square of cells, as far as it lies within. */
    private static float mean(float[] latents, int firstRow, int row, int column, int side, int height, int width) {
        int lastRow = Math.min(row + side, height);
        int lastColumn = Math.min(column + side, width);
        float sum = 0;
        for (int y = row; y < lastRow; y++) {
            for (int x = column; x < lastColumn; x++) {
                sum += latents[(firstRow + y) * width + x];
            }
        }
        return sum / ((lastRow - row) * (lastColumn - column));
    }
}
