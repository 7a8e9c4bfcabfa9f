package drover.picture;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.imageio.ImageReader;

/**
 * JPEG files of four inks (cyan, magenta, yellow and black), as presses and some photo programs want them. Java's reader
 * gives their numbers as they are stored. Like every tool of the field this takes them as Adobe's programs write them: 255
 * is no ink at all. Colour profiles are not followed, so colours are nearly right.
 */
final class InkJpeg {
    private static final int INKS = 4;
    /** What begins a picture: baseline, extended and progressive. */
    private static final int[] FRAMES = {0xFFC0, 0xFFC1, 0xFFC2};

    /** Behind one byte of precision, and two each of height and width. */
    private static final int COMPONENTS_AT = 5;

    private static final int ADOBES = 0xFFEE;
    private static final int SCAN = 0xFFDA;
    private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.US_ASCII);
    /** Behind the name: two bytes of a version, two and two of flags. */
    private static final int TRANSFORM_AT = ADOBE.length + 6;
    /** The first three are luma and chroma of the inks. */
    private static final int YCCK = 2;

    private InkJpeg() {}

    /** Whether a JPEG file has four colour components. Java's reader takes the fourth for transparency. */
    static boolean is(byte[] file) {
        for (int marker : FRAMES) {
            int content = content(file, marker, new byte[0]);
            if (content > 0 && content + COMPONENTS_AT < file.length) {
                return file[content + COMPONENTS_AT] == INKS;
            }
        }
        return false;
    }

    static BufferedImage read(ImageReader reader, byte[] file) throws IOException {
        Raster raster = reader.readRaster(0, null);
        if (raster.getNumBands() != INKS) {
            throw new IOException("it has " + raster.getNumBands() + " colour components; expected 1, 3 or 4");
        }
        boolean ycck = transform(file) == YCCK;
        int width = raster.getWidth();
        BufferedImage image = new BufferedImage(width, raster.getHeight(), BufferedImage.TYPE_INT_RGB);
        int[] inks = new int[INKS * width];
        int[] row = new int[width];
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(0, y, width, 1, inks);
            for (int x = 0; x < width; x++) {
                row[x] = rgb(inks[INKS * x], inks[INKS * x + 1], inks[INKS * x + 2], inks[INKS * x + 3], ycck);
            }
            image.setRGB(0, y, width, 1, row, 0, width);
        }
        return image;
    }

    /** What is left of white behind each ink and behind black. Luma and chroma are ITU-R BT.601's, as JFIF says. */
    private static int rgb(int first, int second, int third, int black, boolean ycck) {
        if (!ycck) {
            return behind(first, black) << 16 | behind(second, black) << 8 | behind(third, black);
        }
        double red = first + 1.402 * (third - 128);
        double green = first - 0.344136 * (second - 128) - 0.714136 * (third - 128);
        double blue = first + 1.772 * (second - 128);
        return behind(255 - red, black) << 16 | behind(255 - green, black) << 8 | behind(255 - blue, black);
    }

    private static int behind(double ink, int black) {
        return (int) Math.rint(Math.clamp(ink, 0.0, 255.0) * black / 255);
    }

    /** What Adobe's segment says of the first three numbers; 0 if there is none. */
    private static int transform(byte[] file) {
        int content = content(file, ADOBES, ADOBE);
        return content > 0 && content + TRANSFORM_AT < file.length ? file[content + TRANSFORM_AT] : 0;
    }

    /** Where the first segment of that marker has its content, which begins so; -1 if there is none before the pixels. */
    private static int content(byte[] file, int marker, byte[] beginning) {
        ByteBuffer in = ByteBuffer.wrap(file);
        int at = 2;
        while (at + 4 <= file.length) {
            int found = in.getShort(at) & 0xFFFF;
            int length = in.getShort(at + 2) & 0xFFFF;
            if (found < 0xFF00 || found == SCAN || length < 2) {
                return -1;
            }
            if (found == marker && ImageFormat.holds(file, at + 4, beginning)) {
                return at + 4;
            }
            at += 2 + length;
        }
        return -1;
    }
}
