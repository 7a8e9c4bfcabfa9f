package drover.picture;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes pictures that strangers send: PNG, JPEG and WebP, told apart by their bytes. A picture's size is read from its
 * header and checked before memory is taken for its pixels, and texts and colour profiles are never unpacked, so that a
 * small file cannot become a large burden. Which way up it was taken is honoured; colours are taken as sRGB.
 */
public final class SourceImages {
    private static final int WEBP_EXTENDED_AT = 12;
    private static final byte[] WEBP_EXTENDED = {'V', 'P', '8', 'X'};
    private static final int WEBP_ANIMATED = 0x02;

    private SourceImages() {}

    /**
     * What is taken.
     *
     * @param maxSide longest side in pixels
     * @param maxBytes longest file
     */
    public record Limits(int maxSide, long maxBytes) {
        /** What the AI Horde lets a picture be. */
        public static final Limits HORDE = new Limits(3072, 64L << 20);

        public Limits {
            if (maxSide < 1 || maxBytes < 1) {
                throw new IllegalArgumentException(
                        "limits must be at least 1, but were " + maxSide + " pixels and " + maxBytes + " bytes");
            }
        }
    }

    /**
     * What a header says.
     *
     * @param width pixels, upright
     * @param height pixels, upright
     */
    public record Header(ImageFormat format, int width, int height) {}

    /**
     * A decoded picture.
     *
     * @param picture its colours, whatever its transparency
     * @param transparency where it is transparent; empty for a picture without such a channel
     */
    public record Decoded(Picture picture, Optional<Mask> transparency) {}

    /** Reads the header alone, and checks it against the limits. */
    public static Header inspect(byte[] bytes, Limits limits) throws BadImageException {
        return read(bytes, limits, false).header;
    }

    /** Decodes a picture; see {@link #decodeWithTransparency}. */
    public static Picture decode(byte[] bytes, Limits limits) throws BadImageException {
        return decodeWithTransparency(bytes, limits).picture();
    }

    /**
     * Decodes a picture.
     *
     * @throws BadImageException if it is none, is damaged, or is beyond the limits
     */
    public static Decoded decodeWithTransparency(byte[] bytes, Limits limits) throws BadImageException {
        return read(bytes, limits, true).decoded.orElseThrow(() -> new BadImageException("the picture has no pixels"));
    }

    /** Which way up a picture was taken, by the numbers of Exif: 1 is upright, as is a picture that does not say. */
    public static int exifOrientation(byte[] bytes) {
        return ImageFormat.of(bytes)
                .map(format -> ExifOrientation.orientation(bytes, format))
                .orElse(ExifOrientation.NORMAL);
    }

    private record Read(Header header, Optional<Decoded> decoded) {}

    private static Read read(byte[] bytes, Limits limits, boolean pixels) throws BadImageException {
        if (bytes.length > limits.maxBytes()) {
            throw new BadImageException(
                    "the picture has " + bytes.length + " bytes; at most " + limits.maxBytes() + " are taken");
        }
        ImageFormat format = ImageFormat.of(bytes)
                .orElseThrow(() -> new BadImageException("the picture is neither PNG nor JPEG nor WebP"));
        refuseAnimation(bytes, format);
        ImageReader reader = reader(format);
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            reader.setInput(in, true, true);
            int width = reader.getWidth(0);
            int height = reader.getHeight(0);
            if (Math.max(width, height) > limits.maxSide() || Math.min(width, height) < 1) {
                throw new BadImageException("the picture is " + width + "x" + height + " pixels; at most "
                        + limits.maxSide() + " a side are taken");
            }
            int orientation = ExifOrientation.orientation(bytes, format);
            boolean lies = orientation > 4;
            Header header = new Header(format, lies ? height : width, lies ? width : height);
            Optional<Decoded> decoded =
                    pixels ? Optional.of(upright(image(reader, bytes, format), orientation)) : Optional.empty();
            return new Read(header, decoded);
        } catch (IOException | RuntimeException e) {
            throw new BadImageException(
                    "the picture is " + format + " by its first bytes, but cannot be read: " + e.getMessage(), e);
        } finally {
            reader.dispose();
        }
    }

    private static ImageReader reader(ImageFormat format) throws BadImageException {
        if (format == ImageFormat.WEBP) {
            WebpLibrary.load();
        }
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.readerName());
        if (!readers.hasNext()) {
            throw new BadImageException(format + " pictures cannot be read on this machine; send PNG or JPEG");
        }
        return readers.next();
    }

    /** An extended WebP file says in its first chunk whether it is one of several pictures. */
    private static void refuseAnimation(byte[] bytes, ImageFormat format) throws BadImageException {
        boolean extended = format == ImageFormat.WEBP && ImageFormat.holds(bytes, WEBP_EXTENDED_AT, WEBP_EXTENDED);
        int flags = WEBP_EXTENDED_AT + WEBP_EXTENDED.length + Integer.BYTES;
        if (extended && bytes.length > flags && (bytes[flags] & WEBP_ANIMATED) != 0) {
            throw new BadImageException("the picture is an animated WebP; send one picture of it");
        }
    }

    private static BufferedImage image(ImageReader reader, byte[] bytes, ImageFormat format) throws IOException {
        return format == ImageFormat.JPEG && InkJpeg.is(bytes) ? InkJpeg.read(reader, bytes) : reader.read(0);
    }

    private static Decoded upright(BufferedImage image, int orientation) {
        int width = image.getWidth();
        int height = image.getHeight();
        boolean lies = orientation > 4;
        int[] argb = new int[width];
        byte[] rgb = new byte[3 * width * height];
        boolean alpha = image.getColorModel().hasAlpha();
        float[] transparency = new float[alpha ? width * height : 0];
        Rows rows = Rows.of(image);
        int toWidth = lies ? height : width;
        for (int y = 0; y < height; y++) {
            rows.row(y, argb);
            for (int x = 0; x < width; x++) {
                int to = place(x, y, width, height, orientation, toWidth);
                rgb[3 * to] = (byte) (argb[x] >> 16);
                rgb[3 * to + 1] = (byte) (argb[x] >> 8);
                rgb[3 * to + 2] = (byte) argb[x];
                if (alpha) {
                    transparency[to] = 1 - (argb[x] >>> 24) / 255f;
                }
            }
        }
        int toHeight = lies ? width : height;
        Picture picture = new Picture(toWidth, toHeight, rgb);
        return new Decoded(picture, alpha ? Optional.of(new Mask(toWidth, toHeight, transparency)) : Optional.empty());
    }

    /** Where a stored pixel belongs when the picture is upright; Exif 2.3, table of orientations. */
    private static int place(int x, int y, int width, int height, int orientation, int toWidth) {
        int right = width - 1 - x;
        int below = height - 1 - y;
        return switch (orientation) {
            case 2 -> y * toWidth + right;
            case 3 -> below * toWidth + right;
            case 4 -> below * toWidth + x;
            case 5 -> x * toWidth + y;
            case 6 -> x * toWidth + below;
            case 7 -> right * toWidth + below;
            case 8 -> right * toWidth + y;
            default -> y * toWidth + x;
        };
    }

    /** Rows of pixels as ARGB. */
    private interface Rows {
        void row(int y, int[] argb);

        /** Java takes greys for light, not for what a screen shows, and would brighten them; so their bytes are read. */
        static Rows of(BufferedImage image) {
            Raster raster = image.getRaster();
            int type = raster.getDataBuffer().getDataType();
            boolean grey = raster.getNumBands() <= 2
                    && !(image.getColorModel() instanceof IndexColorModel)
                    && (type == DataBuffer.TYPE_BYTE || type == DataBuffer.TYPE_USHORT)
                    && image.getColorModel().getComponentSize(0) >= 8;
            if (!grey) {
                return (y, argb) -> image.getRGB(0, y, image.getWidth(), 1, argb, 0, image.getWidth());
            }
            int shift = type == DataBuffer.TYPE_USHORT ? 8 : 0;
            int bands = raster.getNumBands();
            int[] samples = new int[bands * raster.getWidth()];
            return (y, argb) -> {
                raster.getPixels(0, y, raster.getWidth(), 1, samples);
                for (int x = 0; x < raster.getWidth(); x++) {
                    int value = samples[bands * x] >> shift;
                    int opaque = bands == 2 ? samples[bands * x + 1] >> shift : 0xFF;
                    argb[x] = opaque << 24 | value << 16 | value << 8 | value;
                }
            };
        }
    }
}
