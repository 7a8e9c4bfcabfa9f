package drover.picture;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes small pictures of large ones, as WebP files. Safe for use by many threads. */
public final class Thumbnails {
    /** The longer side has that many pixels, unless the picture is smaller. */
    public static final int SIDE = 256;

    public static final String MEDIA_TYPE = "image/webp";

    private static final SourceImages.Limits LIMITS = new SourceImages.Limits(8192, 256L << 20);
    private static final int QUALITY = 80;
    private static final int EFFORT = 4;

    /** Made when the first thumbnail is: it loads a native library. */
    private @Nullable WebpEncoder encoder;

    /**
     * The thumbnail of a picture file.
     *
     * @throws BadImageException if it is none, or has more than 8192 pixels a side
     */
    public byte[] of(byte[] file) throws BadImageException {
        Picture picture = SourceImages.decode(file, LIMITS);
        int longer = Math.max(picture.width(), picture.height());
        Picture small = longer <= SIDE
                ? picture
                : Resampling.bicubic(picture, scaled(picture.width(), longer), scaled(picture.height(), longer));
        return encoder().lossy(small, QUALITY, EFFORT, Map.of());
    }

    private static int scaled(int side, int longer) {
        return Math.max(1, (int) Math.round((double) side * SIDE / longer));
    }

    private synchronized WebpEncoder encoder() {
        WebpEncoder known = encoder;
        if (known == null) {
            known = new WebpEncoder();
            encoder = known;
        }
        return known;
    }
}
