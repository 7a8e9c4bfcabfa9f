package drover.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds safetensors files, good and bad. */
public final class SafeTensorsFile {
    private final List<String> entries = new ArrayList<>();
    private final List<byte[]> data = new ArrayList<>();
    private long end;

    /** Appends a tensor. */
    public SafeTensorsFile tensor(String name, String type, List<Long> shape, byte[] bytes) {
        entries.add("\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(name, type, shape, end, end + bytes.length));
        data.add(bytes.clone());
        end += bytes.length;
        return this;
    }

    /** Appends a float32 tensor. */
    public SafeTensorsFile floats(String name, List<Long> shape, float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return tensor(name, "F32", shape, buffer.array());
    }

    /** Appends any header entry. */
    public SafeTensorsFile entry(String json) {
        entries.add(json);
        return this;
    }

    /** The header alone. */
    public String header() {
        return "{" + String.join(",", entries) + "}";
    }

    /** The whole file. */
    public byte[] bytes() {
        return file(header(), data());
    }

    private byte[] data() {
        int size = data.stream().mapToInt(bytes -> bytes.length).sum();
        ByteBuffer all = ByteBuffer.allocate(size);
        data.forEach(all::put);
        return all.array();
    }

    /**
     * Writes the whole file, with blanks after the header.
     *
     * @param beyond how far the data begin beyond a multiple of 64 bytes
     */
    public Path write(Path file, int beyond) throws IOException {
        int length = Long.BYTES + header().getBytes(StandardCharsets.UTF_8).length;
        String blanks = " ".repeat(Math.floorMod(beyond - length, 64));
        return Files.write(file, file(header() + blanks, data()));
    }

    /** Writes the whole file. */
    public Path write(Path file) throws IOException {
        return Files.write(file, bytes());
    }

    /** A file of this header and these data, right or wrong. */
    public static byte[] file(String header, byte[] data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return file(json.length, json, data);
    }

    /** A file that claims this header length. */
    public static byte[] file(long headerLength, byte[] json, byte[] data) {
        return ByteBuffer.allocate(8 + json.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(headerLength)
                .put(json)
                .put(data)
                .array();
    }

    /** A copy without the last {@code count} bytes. */
    public static byte[] withoutLast(byte[] file, int count) {
        return Arrays.copyOf(file, file.length - count);
    }
}
