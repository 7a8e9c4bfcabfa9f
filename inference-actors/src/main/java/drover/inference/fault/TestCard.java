package drover.inference.fault;

import drover.picture.Picture;
import java.util.SplittableRandom;

/** A picture that is made of a seed and nothing else: eight colour bars. */
final class TestCard {
    private static final int BARS = 8;
    private static final int CHANNELS = 3;

    private TestCard() {}

    /** The picture; the same arguments give the same pixels. */
    static Picture of(int width, int height, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] colours = new int[BARS];
        for (int i = 0; i < BARS; i++) {
            colours[i] = random.nextInt(0x1000000);
        }
        byte[] rgb = new byte[CHANNELS * width * height];
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int colour = colours[(int) ((long) x * BARS / width)];
                rgb[at++] = (byte) (colour >> 16);
                rgb[at++] = (byte) (colour >> 8);
                rgb[at++] = (byte) colour;
            }
        }
        return new Picture(width, height, rgb);
    }
}
