package drover.picture;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a picture was made from as Exif data (CIPA DC-008, a TIFF 6.0 structure), for formats that have no texts of
 * their own: {@link TextKeys#A1111} becomes the user comment, where A1111-style tools look for it, and {@link
 * TextKeys#JSON} the image description.
 */
final class ExifTexts {
    private static final int IMAGE_DESCRIPTION = 0x010e;
    private static final int EXIF_IFD = 0x8769;
    private static final int EXIF_VERSION = 0x9000;
    private static final int USER_COMMENT = 0x9286;

    private static final short ASCII = 2;
    private static final short LONG = 4;
    private static final short UNDEFINED = 7;

    private static final int HEADER = 8;
    private static final int INLINE = 4;
    /** Says that UTF-16 follows, in the byte order of the whole. */
    private static final byte[] UNICODE = {'U', 'N', 'I', 'C', 'O', 'D', 'E', 0};

    private ExifTexts() {}

    @SuppressWarnings("ArrayRecordComponent") // Made and used here, never compared.
    private record Field(int tag, short type, int count, byte[] value) {}

    /**
     * The data, from its byte order mark on.
     *
     * @param texts keyword to text; other keywords than the two are left out
     * @param most how many bytes it may have. The description goes first if it would be more, then everything
     * @return empty if there is nothing to write
     */
    static Optional<byte[]> of(Map<String, String> texts, int most) {
        return of(texts.get(TextKeys.A1111), texts.get(TextKeys.JSON))
                .filter(all -> all.length <= most)
                .or(() -> of(texts.get(TextKeys.A1111), null).filter(some -> some.length <= most));
    }

    private static Optional<byte[]> of(@Nullable String comment, @Nullable String description) {
        if (comment == null && description == null) {
            return Optional.empty();
        }
        List<Field> image = new ArrayList<>();
        if (description != null) {
            byte[] text = (ascii(description) + '\0').getBytes(StandardCharsets.US_ASCII);
            image.add(new Field(IMAGE_DESCRIPTION, ASCII, text.length, text));
        }
        if (comment != null) {
            // Where the second directory begins is known only when the first one is complete, so it is laid out twice.
            Field pointer = new Field(EXIF_IFD, LONG, 1, new byte[INLINE]);
            image.add(pointer);
            int second = HEADER + directory(image, HEADER).length;
            image.set(image.indexOf(pointer), new Field(EXIF_IFD, LONG, 1, bytes(second)));
        }
        byte[] first = directory(image, HEADER);
        byte[] second = comment == null ? new byte[0] : directory(comments(comment), HEADER + first.length);
        return Optional.of(ByteBuffer.allocate(HEADER + first.length + second.length)
                .put((byte) 'M')
                .put((byte) 'M')
                .putShort((short) 42)
                .putInt(HEADER)
                .put(first)
                .put(second)
                .array());
    }

    private static List<Field> comments(String comment) {
        byte[] text = comment.getBytes(StandardCharsets.UTF_16BE);
        byte[] value = ByteBuffer.allocate(UNICODE.length + text.length)
                .put(UNICODE)
                .put(text)
                .array();
        return List.of(
                new Field(EXIF_VERSION, UNDEFINED, INLINE, "0232".getBytes(StandardCharsets.US_ASCII)),
                new Field(USER_COMMENT, UNDEFINED, value.length, value));
    }

    /** A directory and, behind it, the values that do not fit into it; of an even length. */
    private static byte[] directory(List<Field> fields, int offset) {
        int table = Short.BYTES + 12 * fields.size() + Integer.BYTES;
        int size = table + fields.stream().mapToInt(ExifTexts::outside).sum();
        ByteBuffer out = ByteBuffer.allocate(size).putShort((short) fields.size());
        int value = table;
        for (Field field : fields) {
            out.putShort((short) field.tag()).putShort(field.type()).putInt(field.count());
            if (outside(field) == 0) {
                out.put(field.value()).put(new byte[INLINE - field.value().length]);
            } else {
                out.putInt(offset + value).put(value, field.value());
                value += outside(field);
            }
        }
        return out.putInt(0).array();
    }

    private static int outside(Field field) {
        int length = field.value().length;
        return length <= INLINE ? 0 : length + (length & 1);
    }

    private static byte[] bytes(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    }

    /** A description is ASCII; in JSON every other character can be written so, and NUL would end it. */
    private static String ascii(String json) {
        StringBuilder text = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c >= ' ' && c <= '~') {
                text.append(c);
            } else {
                text.append("\\u%04x".formatted((int) c));
            }
        }
        return text.toString();
    }
}
