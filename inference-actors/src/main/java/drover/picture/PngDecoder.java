package drover.picture;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Reads PNG files back, with their text metadata. */
public final class PngDecoder {
    private static final long MAX_PIXELS = 64L << 20;

    private PngDecoder() {}

    /**
     * A picture with its texts.
     *
     * @param texts keyword to text
     */
    public record Decoded(Picture picture, Map<String, String> texts) {
        public Decoded {
            texts = Map.copyOf(texts);
        }
    }

    /**
     * Decodes a file; the size in its header is checked before its pixels are touched.
     *
     * @throws IOException if it is not PNG, is damaged or has more than 64 Mi pixels
     */
    public static Decoded decode(byte[] png) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(png))) {
            reader.setInput(in);
            long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
            if (pixels > MAX_PIXELS) {
                throw new IOException("the picture has " + pixels + " pixels; expected at most " + MAX_PIXELS);
            }
            Element tree = (Element) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
            Map<String, String> texts = new LinkedHashMap<>();
            collect(tree.getElementsByTagName("tEXtEntry"), "value", texts);
            collect(tree.getElementsByTagName("iTXtEntry"), "text", texts);
            return new Decoded(Picture.of(reader.read(0)), texts);
        } catch (RuntimeException e) {
            throw new IOException("not a good PNG file: " + e, e);
        } finally {
            reader.dispose();
        }
    }

    private static void collect(NodeList entries, String attribute, Map<String, String> texts) {
        for (int i = 0; i < entries.getLength(); i++) {
            if (entries.item(i) instanceof Element entry) {
                texts.put(entry.getAttribute("keyword"), entry.getAttribute(attribute));
            }
        }
    }
}
