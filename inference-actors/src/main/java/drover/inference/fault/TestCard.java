package drover.inference.fault;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** A picture that is made of a seed and nothing else: eight colour bars. */
final class TestCard {
    private static final int BARS = 8;

    private TestCard() {}

    /** The picture as PNG; the same arguments give the same bytes. */
    static byte[] png(int width, int height, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] colours = new int[BARS];
        for (int i = 0; i < BARS; i++) {
            colours[i] = random.nextInt(0x1000000);
        }
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, colours[(int) ((long) x * BARS / width)]);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        // Not written through ImageIO's disk cache: that would be one more thing that can fail.
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            if (!ImageIO.write(image, "png", out)) {
                throw new IllegalStateException("this Java has no PNG writer (module java.desktop)");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a picture could not be encoded in memory", e);
        }
        return bytes.toByteArray();
    }
}
