package drover.weights;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Writes safetensors files of random numbers, in float16 as most checkpoints are: for measuring what a network costs
 * without having one. The numbers are of a size that keeps a network's activations finite; they repeat after a while, so
 * that writing is as fast as the disk.
 */
public final class RandomWeights {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int BLOCK = 1 << 20;
    private static final int ALIGNMENT = 8;
    /** Roughly what the tables of trained text encoders have. */
    private static final double EMBEDDING = 0.03;

    private final SplittableRandom random;
    private final Map<Fill, ByteBuffer> blocks = new HashMap<>();

    private RandomWeights(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** What a tensor is filled with: numbers evenly from {@code middle - spread} to {@code middle + spread}. */
    private record Fill(double middle, double spread) {
        static Fill of(String name, List<Long> shape) {
            if (shape.size() == 1) {
                return new Fill(name.endsWith(".weight") ? 1 : 0, 0);
            }
            if (name.contains("embedding.weight")) {
                return new Fill(0, EMBEDDING);
            }
            // Keeps the variance from layer to layer (He et al., 2015, without the gain of ReLU).
            double fanIn = (double) elements(shape) / shape.getFirst();
            return new Fill(0, Math.sqrt(3 / fanIn));
        }
    }

    /**
     * Writes a file.
     *
     * @param file must not exist
     * @param shapes of the tensors, by their names
     * @return its length in bytes
     */
    public static long write(Path file, Map<String, List<Long>> shapes, long seed) throws IOException {
        return new RandomWeights(seed).write(file, shapes);
    }

    /** Bytes of the tensors of such a file. */
    public static long bytes(Map<String, List<Long>> shapes) {
        return shapes.values().stream()
                .mapToLong(shape -> elements(shape) * DType.F16.bytes())
                .sum();
    }

    private long write(Path file, Map<String, List<Long>> shapes) throws IOException {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            byte[] header = header(shapes);
            ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            write(out, length.putLong(header.length).flip());
            write(out, ByteBuffer.wrap(header));
            for (Map.Entry<String, List<Long>> tensor : shapes.entrySet()) {
                ByteBuffer block = blocks.computeIfAbsent(Fill.of(tensor.getKey(), tensor.getValue()), this::block);
                long left = elements(tensor.getValue()) * DType.F16.bytes();
                while (left > 0) {
                    int some = (int) Math.min(left, block.capacity());
                    write(out, block.duplicate().limit(some));
                    left -= some;
                }
            }
            return out.size();
        }
    }

    private static byte[] header(Map<String, List<Long>> shapes) throws IOException {
        ObjectNode header = JSON.createObjectNode();
        long at = 0;
        for (Map.Entry<String, List<Long>> tensor : shapes.entrySet()) {
            long end = at + elements(tensor.getValue()) * DType.F16.bytes();
            ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", DType.F16.name());
            entry.set("shape", JSON.valueToTree(tensor.getValue()));
            entry.putArray("data_offsets").add(at).add(end);
            at = end;
        }
        byte[] json = JSON.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(json, Math.ceilDiv(json.length, ALIGNMENT) * ALIGNMENT);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }

    private ByteBuffer block(Fill fill) {
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK * DType.F16.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < BLOCK; i++) {
            double value = fill.middle() + fill.spread() * (2 * random.nextDouble() - 1);
            block.putShort(Float.floatToFloat16((float) value));
        }
        return block.flip();
    }

    private static void write(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    private static long elements(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }
}
