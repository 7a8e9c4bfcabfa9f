package drover.inference.pytorch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Spoils files in the ways in which they come spoiled, by accident or with intent. */
final class Mutation {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int LENGTH = Long.BYTES;
    private static final List<String> TYPES =
            List.of("F64", "F32", "F16", "BF16", "I64", "I32", "U8", "BOOL", "I8", "F8_E4M3", "C64", "f32", "");
    private static final List<Long> NUMBERS =
            List.of(-1L, 0L, 1L, 2L, 3L, 7L, 1000L, 1_000_000L, 1L << 31, 1L << 32, 1L << 62, Long.MAX_VALUE);
    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "-1",
            "0",
            "1",
            "2",
            "3",
            "64",
            "1000000",
            "2147483647",
            "2147483648",
            "9223372036854775808",
            "1e308",
            "1e-300",
            "-0.5",
            "\"\"",
            "\"x\"",
            "[]",
            "{}",
            "[[]]",
            "[1]",
            "[32,32,32,32,32,32,32,32,32]");

    private final SplittableRandom random;

    Mutation(SplittableRandom random) {
        this.random = random;
    }

    /** A spoiled copy; the name's ending says what kind of file it is. */
    byte[] of(String name, byte[] file) throws IOException {
        if (random.nextInt(3) > 0) {
            if (name.endsWith(".safetensors")) {
                return random.nextInt(4) == 0 ? withStrangeNumbers(file) : withOtherHeader(file);
            }
            if (name.endsWith(".json")) {
                return withOtherValue(file);
            }
        }
        return withOtherBytes(file);
    }

    private byte[] withOtherBytes(byte[] file) {
        byte[] bytes = file.clone();
        return switch (random.nextInt(6)) {
            case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(1000));
            case 2 -> {
                // Where formats keep their lengths and sizes.
                bytes[random.nextInt(Math.min(64, bytes.length))] = (byte) random.nextInt();
                yield bytes;
            }
            case 3 -> {
                byte[] other = new byte[random.nextInt(200)];
                random.nextBytes(other);
                yield other;
            }
            case 4 -> "PK\u0003\u0004archive/data.pkl\u0080\u0002c".getBytes(StandardCharsets.ISO_8859_1);
            default -> {
                for (int i = 0; i < 1 + random.nextInt(20); i++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
                yield bytes;
            }
        };
    }

    /** Numbers that are none, or nearly. */
    private byte[] withStrangeNumbers(byte[] file) {
        byte[] bytes = file.clone();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int data = LENGTH + (int) buffer.getLong(0);
        int first = data + random.nextInt((bytes.length - data) / 2) / 4 * 4;
        int[] patterns = {0x7FC07E00, 0x7F807C00, 0xFF80FC00, 0x7F7F7BFF, 0};
        int pattern = patterns[random.nextInt(patterns.length)];
        for (int at = first; at + 4 <= bytes.length && at < first + 4000; at += 4) {
            buffer.putInt(at, pattern);
        }
        return bytes;
    }

    private byte[] withOtherHeader(byte[] file) throws JsonProcessingException {
        ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) buffer.getLong(0);
        ObjectNode header = (ObjectNode) JSON.readTree(new String(file, LENGTH, length, StandardCharsets.UTF_8));
        List<String> names = new ArrayList<>();
        header.fieldNames().forEachRemaining(names::add);
        names.remove("__metadata__");
        String name = pick(names);
        ObjectNode tensor = (ObjectNode) header.get(name);
        ArrayNode offsets = (ArrayNode) tensor.get("data_offsets");
        ArrayNode shape = (ArrayNode) tensor.get("shape");
        switch (random.nextInt(10)) {
            case 0 -> tensor.put("dtype", pick(TYPES));
            case 1 -> offsets.set(random.nextInt(2), JSON.getNodeFactory().numberNode((long) pick(NUMBERS)));
            case 2 ->
                offsets.set(0, JSON.getNodeFactory().numberNode(offsets.get(0).longValue() + 2));
            case 3 -> tensor.set("data_offsets", header.get(pick(names)).get("data_offsets"));
            case 4 -> header.remove(name);
            case 5 -> {
                header.remove(name);
                header.set(name + "x", tensor);
            }
            case 6 -> {
                ArrayNode reversed = JSON.createArrayNode();
                for (int i = shape.size() - 1; i >= 0; i--) {
                    reversed.add(shape.get(i));
                }
                tensor.set("shape", reversed);
            }
            case 7 -> tensor.set("shape", header.get(pick(names)).get("shape"));
            case 8 -> swap(header, name, pick(names));
            default -> {
                if (shape.isEmpty()) {
                    shape.add(pick(NUMBERS));
                } else {
                    shape.set(
                            random.nextInt(shape.size()), JSON.getNodeFactory().numberNode((long) pick(NUMBERS)));
                }
            }
        }
        byte[] json = JSON.writeValueAsBytes(header);
        byte[] data = Arrays.copyOfRange(file, LENGTH + length, file.length);
        return ByteBuffer.allocate(LENGTH + json.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(data)
                .array();
    }

    /** Each has the other's place and shape. */
    private static void swap(ObjectNode header, String one, String other) {
        JsonNode first = header.get(one);
        header.set(one, header.get(other));
        header.set(other, first);
    }

    private byte[] withOtherValue(byte[] file) throws IOException {
        JsonNode root = JSON.readTree(file);
        List<ObjectNode> objects = new ArrayList<>();
        collect(root, objects);
        objects.removeIf(ObjectNode::isEmpty);
        // The outermost is what most of them are about.
        ObjectNode object = random.nextBoolean() ? objects.getFirst() : pick(objects);
        List<String> keys = new ArrayList<>();
        object.fieldNames().forEachRemaining(keys::add);
        String key = pick(keys);
        if (random.nextInt(5) == 0) {
            object.remove(key);
        } else {
            object.set(key, JSON.readTree(pick(VALUES)));
        }
        return JSON.writeValueAsBytes(root);
    }

    private static void collect(JsonNode node, List<ObjectNode> objects) {
        if (node instanceof ObjectNode object) {
            objects.add(object);
        }
        node.forEach(child -> collect(child, objects));
    }

    private <T> T pick(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
