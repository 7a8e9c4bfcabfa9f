package drover.diffusion;

import drover.diffusion.StableDiffusion.LatentSize;
import java.util.Arrays;

/**
 * Decodes latents in overlapping pieces, so that memory stays bounded however large a picture is: a decoder's outermost
 * layers take some 3 GB for each megapixel. Where pieces overlap, one goes over into the other linearly. The norms see a
 * piece instead of the picture, so the result differs a little from that of decoding at once; pictures that are small
 * enough are decoded at once.
 *
 * @param channels of a picture
 * @param factor pixels per latent
 * @param piece longest side of a piece, in latents
 * @param overlap of two pieces, in latents; less than half a piece
 */
record TiledDecoding(int channels, int factor, int piece, int overlap) {
    /** 1152 pixels for a factor of 8: what models are asked for most is decoded at once. */
    private static final int PIECE = 144;

    private static final int OVERLAP = 24;

    /** A decoder. */
    interface Decoder {
        /** Turns {@code [channels, height, width]} latents into {@code [3, H, W]}. */
        float[] decode(float[] latents, LatentSize size);
    }

    static TiledDecoding of(VaeConfig config) {
        return new TiledDecoding(config.pictureChannels(), config.factor(), PIECE, OVERLAP);
    }

    float[] decode(float[] latents, LatentSize size, Decoder decoder) {
        if (size.height() <= piece && size.width() <= piece) {
            return decoder.decode(latents, size);
        }
        int height = size.height() * factor;
        int width = size.width() * factor;
        float[] sum = new float[channels * height * width];
        float[] weights = new float[height * width];
        for (int top : starts(size.height())) {
            for (int left : starts(size.width())) {
                LatentSize part =
                        new LatentSize(size.channels(), Math.min(piece, size.height()), Math.min(piece, size.width()));
                float[] decoded = decoder.decode(cut(latents, size, part, top, left), part);
                add(decoded, part, sum, weights, width, top * factor, left * factor);
            }
        }
        for (int i = 0; i < sum.length; i++) {
            sum[i] /= weights[i % weights.length];
        }
        return sum;
    }

    /** Where pieces begin along a side: as few as overlap enough, evenly spread. */
    private int[] starts(int length) {
        if (length <= piece) {
            return new int[1];
        }
        int count = Math.ceilDiv(length - overlap, piece - overlap);
        int[] starts = new int[count];
        Arrays.setAll(starts, i -> Math.toIntExact((long) i * (length - piece) / (count - 1)));
        return starts;
    }

    private static float[] cut(float[] latents, LatentSize size, LatentSize part, int top, int left) {
        float[] values = new float[part.elements()];
        for (int row = 0; row < part.channels() * part.height(); row++) {
            int channel = row / part.height();
            int y = top + row % part.height();
            int from = (channel * size.height() + y) * size.width() + left;
            System.arraycopy(latents, from, values, row * part.width(), part.width());
        }
        return values;
    }

    private void add(float[] decoded, LatentSize part, float[] sum, float[] weights, int width, int top, int left) {
        int partHeight = part.height() * factor;
        int partWidth = part.width() * factor;
        int pixels = weights.length;
        for (int y = 0; y < partHeight; y++) {
            float down = ramp(y, partHeight);
            for (int x = 0; x < partWidth; x++) {
                float weight = down * ramp(x, partWidth);
                int at = (top + y) * width + left + x;
                weights[at] += weight;
                for (int c = 0; c < channels; c++) {
                    sum[c * pixels + at] += weight * decoded[(c * partHeight + y) * partWidth + x];
                }
            }
        }
    }

    /** Rises over the overlap from either end. */
    private float ramp(int at, int length) {
        int from = Math.min(at, length - 1 - at) + 1;
        return Math.min(1, from / (float) (overlap * factor + 1));
    }
}
