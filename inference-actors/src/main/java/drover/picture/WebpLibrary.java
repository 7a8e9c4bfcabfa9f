package drover.picture;

import com.luciad.imageio.webp.WebPImageWriterSpi;
import com.luciad.imageio.webp.WebPWriteParam;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageWriter;

/**
 * libwebp in this process. The Java library unpacks it into a folder for temporary files, looks through all of that folder
 * for what earlier processes have left, and leaves its own file there when the process is killed, as GPU processes are. So
 * it is given a folder of its own, which is removed as soon as the library is loaded.
 */
public final class WebpLibrary {
    private static final String FOLDER = "com.luciad.imageio.webp.tmpdir";

    private WebpLibrary() {}

    /** Loaded when this class is first used, and once. */
    private static final class Loaded {
        private static final WebPImageWriterSpi WRITERS = unpack();

        private Loaded() {}

        private static WebPImageWriterSpi unpack() {
            try {
                Path folder = Files.createTempDirectory("drover-webp");
                System.setProperty(FOLDER, folder.toString());
                try {
                    new WebPWriteParam(Locale.ROOT).setMethod(0);
                    return new WebPImageWriterSpi();
                } finally {
                    System.clearProperty(FOLDER);
                    delete(folder);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "libwebp could not be unpacked; is the folder for temporary files writable? " + e.getMessage(),
                        e);
            }
        }
    }

    /** Loads it, unless that has been done. To be called before anything else reads or writes WebP. */
    public static void load() {
        writer().dispose();
    }

    static ImageWriter writer() {
        return Loaded.WRITERS.createWriterInstance(null);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
