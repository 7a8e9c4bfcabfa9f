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

/** Reads PNG files with their text metadata, for tests. */
final class PngReader {
    private PngReader() {}

    /**
     * A picture with its texts.
     *
     * @param texts keyword to text
     */
    record Decoded(Picture picture, Map<String, String> texts) {
        Decoded {
            texts = Map.copyOf(texts);
        }
    }

    static Decoded decode(byte[] png) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(png))) {
            reader.setInput(in);
            Element tree = (Element) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
            Map<String, String> texts = new LinkedHashMap<>();
            collect(tree.getElementsByTagName("tEXtEntry"), "value", texts);
            collect(tree.getElementsByTagName("iTXtEntry"), "text", texts);
            return new Decoded(Picture.of(reader.read(0)), texts);
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
