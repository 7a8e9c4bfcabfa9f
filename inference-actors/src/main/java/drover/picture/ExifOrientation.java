package drover.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Finds out which way up a picture was taken (Exif 2.3, section 4.6.4, tag 0x0112). What is damaged says nothing; it is no
 * reason to refuse a picture.
 */
final class ExifOrientation {
    /** Upright. */
    static final int NORMAL = 1;

    private static final int MAX_ORIENTATION = 8;
    private static final int ORIENTATION_TAG = 0x0112;
    private static final int SHORT = 3;
    private static final int ENTRY_BYTES = 12;
    private static final byte[] PREFIX = {'E', 'x', 'i', 'f', 0, 0};

    private ExifOrientation() {}

    /** 1 to 8. */
    static int orientation(byte[] bytes, ImageFormat format) {
        try {
            Optional<ByteBuffer> tiff = switch (format) {
                case JPEG -> inJpeg(bytes);
                case PNG -> inPng(bytes);
                case WEBP -> inWebp(bytes);
            };
            return tiff.map(ExifOrientation::orientation).orElse(NORMAL);
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            return NORMAL;
        }
    }

    /** Segments from the start of the picture to its data: a marker, a length that counts itself, the content. */
    private static Optional<ByteBuffer> inJpeg(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int at = 2;
        while (at + 4 <= bytes.length && (in.get(at) & 0xFF) == 0xFF) {
            int marker = in.get(at + 1) & 0xFF;
            int length = in.getShort(at + 2) & 0xFFFF;
            if (marker == 0xDA || length < 2) {
                break;
            }
            if (marker == 0xE1 && ImageFormat.holds(bytes, at + 4, PREFIX)) {
                return Optional.of(in.slice(at + 4 + PREFIX.length, length - 2 - PREFIX.length));
            }
            at += 2 + length;
        }
        return Optional.empty();
    }

    /** Chunks of length, type, content and checksum. */
    private static Optional<ByteBuffer> inPng(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int at = 8;
        while (at + 8 <= bytes.length) {
            int length = in.getInt(at);
            if (type(bytes, at + 4).equals("eXIf")) {
                return Optional.of(in.slice(at + 8, length));
            }
            at = next(at, length, 12);
        }
        return Optional.empty();
    }

    /** Chunks of type, length and content, which begin at even places. */
    private static Optional<ByteBuffer> inWebp(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int at = 12;
        while (at + 8 <= bytes.length) {
            int length = in.getInt(at + 4);
            if (type(bytes, at).equals("EXIF")) {
                // Some writers keep JPEG's prefix.
                int skipped = ImageFormat.holds(bytes, at + 8, PREFIX) ? PREFIX.length : 0;
                return Optional.of(in.slice(at + 8 + skipped, length - skipped));
            }
            at = next(at, length + (length & 1), 8);
        }
        return Optional.empty();
    }

    private static int next(int at, int length, int around) {
        if (length < 0) {
            throw new IllegalArgumentException("a chunk of " + length + " bytes");
        }
        long next = (long) at + around + length;
        return next > Integer.MAX_VALUE ? Integer.MAX_VALUE - around : (int) next;
    }

    private static String type(byte[] bytes, int at) {
        return new String(bytes, at, 4, StandardCharsets.ISO_8859_1);
    }

    private static int orientation(ByteBuffer tiff) {
        short order = tiff.order(ByteOrder.BIG_ENDIAN).getShort(0);
        tiff.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = tiff.getInt(4);
        int entries = tiff.getShort(directory) & 0xFFFF;
        for (int i = 0; i < entries; i++) {
            int entry = directory + 2 + i * ENTRY_BYTES;
            if ((tiff.getShort(entry) & 0xFFFF) == ORIENTATION_TAG && tiff.getShort(entry + 2) == SHORT) {
                int value = tiff.getShort(entry + 8) & 0xFFFF;
                return value >= NORMAL && value <= MAX_ORIENTATION ? value : NORMAL;
            }
        }
        return NORMAL;
    }
}
