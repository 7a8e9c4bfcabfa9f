package drover.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Reads small tensors to the Java heap, without native code, for those who only look at a file. */
public final class SmallTensor {
    private static final long MAX_BYTES = 1 << 20;

    private SmallTensor() {}

    /**
     * Reads the numbers of a tensor.
     *
     * @param path of the file
     * @param file the same, opened, so that its header has been checked
     * @return empty if there is no such tensor, or it is large or of no floating point type
     */
    public static Optional<float[]> floats(Path path, SafeTensors file, String name) throws WeightsException {
        Optional<TensorInfo> found = file.find(name).filter(tensor -> tensor.bytes() <= MAX_BYTES);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        TensorInfo tensor = found.get();
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(tensor.bytes())).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long at = channel.size() - file.bytes() + tensor.begin();
            int read;
            do {
                read = channel.read(bytes, at + bytes.position());
            } while (read > 0 && bytes.hasRemaining());
        } catch (IOException e) {
            throw new WeightsException.Unreadable(path, e);
        }
        float[] values =
                new float[Math.toIntExact(tensor.bytes() / tensor.type().bytes())];
        for (int i = 0; i < values.length; i++) {
            int at = i * tensor.type().bytes();
            switch (tensor.type()) {
                case F64 -> values[i] = (float) bytes.getDouble(at);
                case F32 -> values[i] = bytes.getFloat(at);
                case F16 -> values[i] = Float.float16ToFloat(bytes.getShort(at));
                case BF16 -> values[i] = Float.intBitsToFloat(bytes.getShort(at) << 16);
                default -> {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(values);
    }
}
