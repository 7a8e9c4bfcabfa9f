package drover.picture;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.plugins.jpeg.JPEGImageWriteParam;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes JPEG files, the same bytes for the same input. */
public final class JpegEncoder {
    /** The most pixels that a side may have. */
    public static final int MAX_SIDE = 65_500;

    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);
    private static final short APP0 = (short) 0xffe0;
    private static final short APP1 = (short) 0xffe1;
    private static final int START = 2;
    /** A segment's length has 16 bits and counts itself. */
    private static final int MAX_EXIF = 0xffff - Short.BYTES - EXIF.length;

    private JpegEncoder() {}

    /**
     * Encodes a picture.
     *
     * @param quality 1 to 100
     * @param texts what the picture was made from, by the keywords of {@link TextKeys}; written as Exif data. JPEG has
     *     room for 64 KiB of it: what does not fit is left out, the JSON first
     */
    public static byte[] encode(Picture picture, int quality, Map<String, String> texts) {
        byte[] plain = encode(picture, quality);
        return ExifTexts.of(texts, MAX_EXIF).map(exif -> with(exif, plain)).orElse(plain);
    }

    private static byte[] encode(Picture picture, int quality) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(quality / 100f);
            if (param instanceof JPEGImageWriteParam jpeg) {
                jpeg.setOptimizeHuffmanTables(true);
            }
            writer.setOutput(out);
            writer.write(null, new IIOImage(picture.image(), null, null), param);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /** Exif data comes first in a file, but for the segment by which it says that it is a JPEG file. */
    private static byte[] with(byte[] exif, byte[] jpeg) {
        ByteBuffer in = ByteBuffer.wrap(jpeg);
        int at = in.getShort(START) == APP0
                ? START + Short.BYTES + Short.toUnsignedInt(in.getShort(START + Short.BYTES))
                : START;
        int length = Short.BYTES + EXIF.length + exif.length;
        return ByteBuffer.allocate(jpeg.length + Short.BYTES + length)
                .put(jpeg, 0, at)
                .putShort(APP1)
                .putShort((short) length)
                .put(EXIF)
                .put(exif)
                .put(jpeg, at, jpeg.length - at)
                .array();
    }
}
