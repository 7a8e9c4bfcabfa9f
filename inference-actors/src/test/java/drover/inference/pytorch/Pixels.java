package drover.inference.pytorch;

import drover.picture.Picture;
import drover.picture.PngEncoder;
import java.util.Map;

/** Pictures made and looked at by tests. */
final class Pixels {
    private Pixels() {}

    /** How a picture is painted by a test. */
    interface Colour {
        /** 0xRRGGBB. */
        int at(int x, int y);
    }

    static Picture painted(int width, int height, Colour colour) {
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < width * height; i++) {
            int value = colour.at(i % width, i / width);
            rgb[3 * i] = (byte) (value >> 16);
            rgb[3 * i + 1] = (byte) (value >> 8);
            rgb[3 * i + 2] = (byte) value;
        }
        return new Picture(width, height, rgb);
    }

    /** Soft colours that change everywhere. */
    static Picture gradient(int width, int height) {
        return painted(width, height, (x, y) -> ((255 * x / width) << 16) | ((255 * y / height) << 8) | 128);
    }

    static byte[] png(Picture picture) {
        return PngEncoder.encode(picture, Map.of());
    }

    /** Of any byte of two pictures of one size. */
    static int largestDifference(Picture one, Picture other) {
        int largest = 0;
        for (int i = 0; i < one.rgb().length; i++) {
            largest = Math.max(largest, Math.abs((one.rgb()[i] & 0xFF) - (other.rgb()[i] & 0xFF)));
        }
        return largest;
    }

    static double meanDifference(Picture one, Picture other) {
        double sum = 0;
        for (int i = 0; i < one.rgb().length; i++) {
            sum += Math.abs((one.rgb()[i] & 0xFF) - (other.rgb()[i] & 0xFF));
        }
        return sum / one.rgb().length;
    }
}
