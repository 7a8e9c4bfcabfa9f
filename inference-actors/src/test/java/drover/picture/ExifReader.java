package drover.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Finds Exif data in files and takes it apart, for tests. */
final class ExifReader {
    private static final int SUB_DIRECTORY = 0x8769;

    private ExifReader() {}

    /** The Exif data of a JPEG file, from its byte order mark on. */
    static Optional<byte[]> inJpeg(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file);
        for (int at = 2; in.getShort(at) != (short) 0xffda; at += 2 + Short.toUnsignedInt(in.getShort(at + 2))) {
            if (in.getShort(at) == (short) 0xffe1) {
                byte[] exif = new byte[Short.toUnsignedInt(in.getShort(at + 2)) - 8];
                in.get(at + 10, exif);
                return Optional.of(exif);
            }
        }
        return Optional.empty();
    }

    /** The Exif data of a WebP file. */
    static Optional<byte[]> inWebp(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 12; at < file.length; ) {
            int length = in.getInt(at + 4);
            if (new String(file, at, 4, StandardCharsets.US_ASCII).equals("EXIF")) {
                byte[] exif = new byte[length];
                in.get(at + 8, exif);
                return Optional.of(exif);
            }
            at += 8 + length + (length & 1);
        }
        return Optional.empty();
    }

    /** Every value by its tag, those of the sub-directory too. */
    static Map<Integer, byte[]> values(byte[] exif) {
        ByteBuffer in = ByteBuffer.wrap(exif);
        if (in.getInt(0) != 0x4d4d002a) {
            throw new IllegalArgumentException("no TIFF header");
        }
        Map<Integer, byte[]> values = new LinkedHashMap<>();
        collect(in, in.getInt(4), values);
        return values;
    }

    private static void collect(ByteBuffer in, int directory, Map<Integer, byte[]> values) {
        int last = 0;
        for (int i = 0; i < in.getShort(directory); i++) {
            int entry = directory + 2 + 12 * i;
            int tag = Short.toUnsignedInt(in.getShort(entry));
            if (tag <= last) {
                throw new IllegalArgumentException("tags are out of order");
            }
            last = tag;
            int count = in.getInt(entry + 4);
            int bytes = in.getShort(entry + 2) == 4 ? 4 * count : count;
            byte[] value = new byte[bytes];
            in.get(bytes <= 4 ? entry + 8 : in.getInt(entry + 8), value);
            values.put(tag, value);
            if (tag == SUB_DIRECTORY) {
                collect(in, in.getInt(entry + 8), values);
            }
        }
    }

    /** The user comment; empty if there is none. */
    static Optional<String> comment(byte[] exif) {
        return Optional.ofNullable(values(exif).get(0x9286)).map(value -> {
            if (!new String(value, 0, 8, StandardCharsets.US_ASCII).equals("UNICODE\0")) {
                throw new IllegalArgumentException("not marked as UTF-16");
            }
            return new String(value, 8, value.length - 8, StandardCharsets.UTF_16BE);
        });
    }

    /** The image description, without the NUL at its end; empty if there is none. */
    static Optional<String> description(byte[] exif) {
        return Optional.ofNullable(values(exif).get(0x010e))
                .map(value -> new String(value, 0, value.length - 1, StandardCharsets.US_ASCII));
    }
}
