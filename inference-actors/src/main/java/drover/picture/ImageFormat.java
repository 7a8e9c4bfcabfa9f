package drover.picture;

import java.util.Arrays;
import java.util.Optional;

/** The formats in which pictures are taken, told apart by their first bytes. */
public enum ImageFormat {
    PNG("png", "image/png"),
    JPEG("jpeg", "image/jpeg"),
    WEBP("webp", "image/webp");

    private static final byte[] PNG_MAGIC = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final byte[] JPEG_MAGIC = {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF};
    private static final byte[] RIFF_MAGIC = {'R', 'I', 'F', 'F'};
    private static final byte[] WEBP_MAGIC = {'W', 'E', 'B', 'P'};

    private final String readerName;
    private final String mediaType;

    ImageFormat(String readerName, String mediaType) {
        this.readerName = readerName;
        this.mediaType = mediaType;
    }

    /** What the library calls it. */
    String readerName() {
        return readerName;
    }

    /** Such as {@code image/png}. */
    public String mediaType() {
        return mediaType;
    }

    /** The format of a file; whatever follows its first bytes may still be wrong. */
    public static Optional<ImageFormat> of(byte[] bytes) {
        if (holds(bytes, 0, PNG_MAGIC)) {
            return Optional.of(PNG);
        }
        if (holds(bytes, 0, JPEG_MAGIC)) {
            return Optional.of(JPEG);
        }
        return holds(bytes, 0, RIFF_MAGIC) && holds(bytes, 8, WEBP_MAGIC) ? Optional.of(WEBP) : Optional.empty();
    }

    static boolean holds(byte[] bytes, int at, byte[] wanted) {
        return bytes.length >= at + wanted.length
                && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
    }
}
