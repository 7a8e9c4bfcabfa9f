package drover.picture;

import com.luciad.imageio.webp.WebPWriteParam;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.imageio.IIOImage;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Writes WebP files by libwebp, the same bytes for the same input. Safe for use by many threads; meant to be kept, because
 * the library never frees the native memory of a set of parameters, of which this makes one for each combination only.
 */
public final class WebpEncoder {
    /** The most pixels that a side may have. */
    public static final int MAX_SIDE = 16_383;
    /** The highest effort. */
    public static final int MAX_EFFORT = 6;

    private static final int RIFF_HEADER = 12;
    private static final int CHUNK_HEADER = 8;
    private static final int CANVAS = 10;
    private static final int FLAG_EXIF = 0x08;
    private static final int MAX_EXIF = 1 << 24;

    private final Map<Parameters, WebPWriteParam> made = new ConcurrentHashMap<>();

    private record Parameters(boolean lossless, float quality, int effort) {
        private WebPWriteParam toNative() {
            WebPWriteParam param = new WebPWriteParam(Locale.ROOT);
            ImageWriteParam common = param;
            common.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            common.setCompressionType(lossless ? "Lossless" : "Lossy");
            common.setCompressionQuality(quality);
            param.setMethod(effort);
            return param;
        }
    }

    /** Loads libwebp, which takes some hundredths of a second the first time in a process. */
    public WebpEncoder() {
        WebpLibrary.load();
    }

    /**
     * Encodes a picture with losses.
     *
     * @param quality 1 to 100
     * @param effort 0 (fast) to 6 (small)
     * @param texts what the picture was made from, by the keywords of {@link TextKeys}; written as Exif data
     */
    public byte[] lossy(Picture picture, int quality, int effort, Map<String, String> texts) {
        return encode(picture, new Parameters(false, quality / 100f, effort), texts);
    }

    /**
     * Encodes a picture without any loss.
     *
     * @param effort 0 (fast) to 6 (small)
     * @param texts as for {@link #lossy}
     */
    public byte[] lossless(Picture picture, int effort, Map<String, String> texts) {
        // What is the quality of a lossy file is for a lossless one a second measure of effort.
        return encode(picture, new Parameters(true, effort / (float) MAX_EFFORT, effort), texts);
    }

    private byte[] encode(Picture picture, Parameters parameters, Map<String, String> texts) {
        ImageWriter writer = WebpLibrary.writer();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(
                    null,
                    new IIOImage(picture.image(), null, null),
                    made.computeIfAbsent(parameters, Parameters::toNative));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        byte[] plain = bytes.toByteArray();
        return ExifTexts.of(texts, MAX_EXIF)
                .map(exif -> with(exif, plain, picture))
                .orElse(plain);
    }

    /** Makes an extended file of a simple one: the canvas, the picture as it was, the Exif data. */
    private static byte[] with(byte[] exif, byte[] simple, Picture picture) {
        int picked = simple.length - RIFF_HEADER;
        int padded = exif.length + (exif.length & 1);
        int size = RIFF_HEADER + CHUNK_HEADER + CANVAS + picked + CHUNK_HEADER + padded;
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.put(tag("RIFF")).putInt(size - CHUNK_HEADER).put(tag("WEBP"));
        out.put(tag("VP8X")).putInt(CANVAS).putInt(FLAG_EXIF);
        put24(out, picture.width() - 1);
        put24(out, picture.height() - 1);
        out.put(simple, RIFF_HEADER, picked);
        out.put(tag("EXIF")).putInt(exif.length).put(exif);
        return out.array();
    }

    private static void put24(ByteBuffer out, int number) {
        out.put((byte) number).put((byte) (number >> 8)).put((byte) (number >> 16));
    }

    private static byte[] tag(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }
}
