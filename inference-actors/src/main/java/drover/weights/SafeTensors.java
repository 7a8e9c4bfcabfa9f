package drover.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import drover.weights.WeightsException.Damaged;
import drover.weights.WeightsException.Missing;
import drover.weights.WeightsException.Unreadable;
import drover.weights.WeightsException.Unsupported;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One safetensors file, mapped into memory whatever its size. Layout: the header's length (8 bytes, little-endian), the
 * header (JSON), the data. A file that has been cut short since it was opened is noticed before each tensor; one that is
 * cut at the very moment of a copy ends the process, as with any mapping, so models are replaced by renaming.
 */
public final class SafeTensors implements Weights {
    private static final Logger LOG = LoggerFactory.getLogger(SafeTensors.class);
    private static final int LENGTH_BYTES = 8;
    /** A Java buffer holds at most 2 GiB; larger tensors are copied piece by piece, with little memory beside. */
    private static final long MAX_PIECE_BYTES = 1L << 27;

    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final List<String> PICKLES = List.of(".ckpt", ".bin", ".pt", ".pth", ".pkl", ".pickle");

    private final Path file;
    private final FileChannel channel;
    private final Arena arena;
    private final long mappedBytes;
    private final MemorySegment data;
    private final SafeTensorsHeader header;
    private final long maxPieceBytes;
    /** Loading reads, closing writes: the mapping must not go while libtorch copies from it. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    private boolean closed;

    private SafeTensors(
            Path file,
            FileChannel channel,
            Arena arena,
            long mappedBytes,
            MemorySegment data,
            SafeTensorsHeader header,
            long maxPieceBytes) {
        this.file = file;
        this.channel = channel;
        this.arena = arena;
        this.mappedBytes = mappedBytes;
        this.data = data;
        this.header = header;
        this.maxPieceBytes = maxPieceBytes;
    }

    /**
     * Maps a file and checks its header against the format and the file's length.
     *
     * @throws WeightsException if anything is not as the format demands; the message names the tensor
     */
    public static SafeTensors open(Path file) throws WeightsException {
        return open(file, MAX_PIECE_BYTES);
    }

    static SafeTensors open(Path file, long maxPieceBytes) throws WeightsException {
        refusePickle(file);
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new Unsupported(file + " is not a regular file");
        }
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            Arena arena = Arena.ofShared();
            boolean done = false;
            try {
                SafeTensors opened = map(file, channel, arena, maxPieceBytes);
                done = true;
                return opened;
            } finally {
                if (!done) {
                    arena.close();
                    channel.close();
                }
            }
        } catch (NoSuchFileException e) {
            throw new Missing("there is no file " + file);
        } catch (IOException e) {
            throw new Unreadable(file, e);
        }
    }

    private static SafeTensors map(Path file, FileChannel channel, Arena arena, long maxPieceBytes)
            throws IOException, WeightsException {
        long size = channel.size();
        if (size < LENGTH_BYTES) {
            throw new Damaged(
                    file,
                    size == 0
                            ? "is empty; get the file again"
                            : "has " + size + " bytes, of which the header's length alone takes " + LENGTH_BYTES
                                    + "; get the file again");
        }
        MemorySegment whole = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
        long headerBytes = headerBytes(file, whole);
        byte[] json = whole.asSlice(LENGTH_BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment data = whole.asSlice(LENGTH_BYTES + headerBytes);
        SafeTensorsHeader header = SafeTensorsHeader.parse(file, json, data.byteSize());
        return new SafeTensors(file, channel, arena, size, data, header, maxPieceBytes);
    }

    private static long headerBytes(Path file, MemorySegment whole) throws Damaged {
        long length = whole.get(LENGTH, 0);
        if (length < 0 || length > SafeTensorsHeader.MAX_BYTES || length > whole.byteSize() - LENGTH_BYTES) {
            throw new Damaged(
                    file,
                    "claims a header of %s bytes; expected at most %d, and there are %d bytes after the length%s"
                            .formatted(
                                    Long.toUnsignedString(length),
                                    SafeTensorsHeader.MAX_BYTES,
                                    whole.byteSize() - LENGTH_BYTES,
                                    advice(whole, length)));
        }
        return length;
    }

    private static String advice(MemorySegment whole, long length) {
        boolean possible = length >= 0 && length <= SafeTensorsHeader.MAX_BYTES;
        String otherwise = possible ? "the file is cut short; get it again" : "it is no safetensors file";
        return "; " + FileLooks.of(whole).orElse(otherwise);
    }

    static void refusePickle(Path file) throws Unsupported {
        Path name = file.getFileName();
        String lower = name == null ? "" : name.toString().toLowerCase(Locale.ROOT);
        if (PICKLES.stream().anyMatch(lower::endsWith)) {
            throw new Unsupported(file
                    + " is a pickle: reading it could run any program hidden inside, so it is refused; convert it to"
                    + " safetensors, or get the model in that format");
        }
    }

    /** Where it is. */
    public Path path() {
        return file;
    }

    /** The {@code __metadata__} of the header; empty if there is none. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    @Override
    public Set<String> names() {
        return header.tensors().keySet();
    }

    @Override
    public Optional<TensorInfo> find(String name) {
        return Optional.ofNullable(header.tensors().get(name));
    }

    @Override
    public NDArray load(NDManager manager, String name, DataType type) throws WeightsException {
        TensorInfo tensor = find(name).orElseThrow(() -> new Missing(file + " has no tensor " + name));
        if (tensor.type().dataType().isEmpty()) {
            throw new Unsupported("%s: tensor %s has type %s; these can be loaded: %s"
                    .formatted(file, name, tensor.type(), DType.loadable()));
        }
        if (!DType.survivable(type)) {
            throw new IllegalArgumentException("tensor " + name + " is wanted as " + type
                    + ", a type on which DJL's native layer aborts the process; ask for another and convert in the"
                    + " graph");
        }
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException(file + " has been closed; tensor " + name + " cannot be loaded");
            }
            checkLength(tensor);
            if (tensor.bytes() == 0) {
                return manager.create(tensor.djlShape(), type);
            }
            NDArray loaded = tensor.bytes() <= maxPieceBytes
                    ? copy(manager, tensor.begin(), tensor.djlShape(), tensor.type(), type)
                    : copyInPieces(manager, tensor, type);
            // A copied page stays in the system's cache, but counts no longer as this process's, beside its copy.
            data.asSlice(tensor.begin(), tensor.bytes()).unload();
            return loaded;
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Pages of a mapping beyond the file's end cannot be touched: the operating system would end the process. */
    private void checkLength(TensorInfo tensor) throws WeightsException {
        try {
            if (channel.size() < mappedBytes) {
                throw new Damaged(
                        file,
                        "has been cut to " + channel.size() + " bytes since it was opened with " + mappedBytes
                                + "; tensor " + tensor.name() + " is not read");
            }
        } catch (IOException e) {
            throw new Unreadable(file, e);
        }
    }

    /** A view on the mapping, copied or converted at once: nothing outlives the mapping. */
    private NDArray copy(NDManager manager, long begin, Shape shape, DType stored, DataType wanted) {
        MemorySegment bytes = data.asSlice(begin, shape.size() * stored.bytes());
        return switch (stored) {
            case BF16 -> {
                try (Arena scratch = Arena.ofConfined()) {
                    yield copy(manager, widened(bytes, scratch), shape, DataType.FLOAT32, wanted);
                }
            }
            case BOOL -> {
                // A byte other than 0 and 1 is no Boolean to libtorch; as a number it becomes one by conversion.
                try (NDArray truth = copy(manager, bytes, shape, DataType.UINT8, DataType.BOOLEAN)) {
                    yield convert(truth, wanted);
                }
            }
            default -> copy(manager, bytes, shape, stored.dataType().orElseThrow(), wanted);
        };
    }

    private static NDArray copy(NDManager manager, MemorySegment bytes, Shape shape, DataType read, DataType wanted) {
        try (NDArray view = manager.create(bytes.asByteBuffer().order(ByteOrder.nativeOrder()), shape, read)) {
            return convert(view, wanted);
        }
    }

    private static NDArray convert(NDArray array, DataType wanted) {
        return array.getDataType() == wanted ? array.duplicate() : array.toType(wanted, true);
    }

    /** bfloat16 is the upper half of float32. */
    private static MemorySegment widened(MemorySegment halves, Arena arena) {
        long count = halves.byteSize() / DType.BF16.bytes();
        MemorySegment wide = arena.allocate(ValueLayout.JAVA_INT, count);
        for (long i = 0; i < count; i++) {
            wide.setAtIndex(ValueLayout.JAVA_INT, i, halves.getAtIndex(HALF, i) << 16);
        }
        return wide;
    }

    private NDArray copyInPieces(NDManager manager, TensorInfo tensor, DataType wanted) {
        long elements = tensor.djlShape().size();
        long perPiece = Math.max(1, maxPieceBytes / tensor.type().bytes());
        NDArray whole = manager.create(new Shape(elements), wanted);
        for (long from = 0; from < elements; from += perPiece) {
            long to = Math.min(elements, from + perPiece);
            long begin = tensor.begin() + from * tensor.type().bytes();
            try (NDArray piece = copy(manager, begin, new Shape(to - from), tensor.type(), wanted)) {
                whole.set(new NDIndex("{}:{}", from, to), piece);
            }
        }
        try (whole) {
            return whole.reshape(tensor.djlShape());
        }
    }

    @Override
    public NonFinite nonFinite(String name) throws WeightsException {
        TensorInfo tensor = find(name).orElseThrow(() -> new Missing(file + " has no tensor " + name));
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException(file + " has been closed; tensor " + name + " cannot be looked at");
            }
            checkLength(tensor);
            MemorySegment numbers = data.asSlice(tensor.begin(), tensor.bytes());
            NonFinite found = NonFinite.in(numbers, tensor.type());
            numbers.unload();
            return found;
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public long bytes() {
        return data.byteSize();
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                arena.close();
                channel.close();
            }
        } catch (IOException e) {
            // The mapping is gone; a descriptor that was only read loses nothing.
            LOG.warn("{} could not be closed: {}", file, e.toString());
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
