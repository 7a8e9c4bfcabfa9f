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
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One safetensors file, mapped into memory whatever its size. Layout: the header's length (8 bytes, little-endian), the
 * header (JSON), the data. A file that has been cut short since it was opened is noticed before each tensor; one that
 * is cut while a tensor is copied, or while a {@linkplain Lease lease} is in use, ends the process, as with any mapping,
 * so models are replaced by renaming.
 */
public final class SafeTensors implements Weights {
    private static final int LENGTH_BYTES = 8;
    /** A Java buffer holds at most 2 GiB; larger tensors are copied piece by piece, with little memory beside. */
    private static final long MAX_PIECE_BYTES = 1L << 27;

    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final List<String> PICKLES = List.of(".ckpt", ".bin", ".pt", ".pth", ".pkl", ".pickle");

    private final Mapping.Share share;
    private final MemorySegment data;
    private final SafeTensorsHeader header;
    private final long maxPieceBytes;

    private SafeTensors(Mapping.Share share, MemorySegment data, SafeTensorsHeader header, long maxPieceBytes) {
        this.share = share;
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
            Mapping.Share share = Mapping.open(file);
            boolean done = false;
            try {
                SafeTensors opened = parse(share, maxPieceBytes);
                done = true;
                return opened;
            } finally {
                if (!done) {
                    share.close();
                }
            }
        } catch (NoSuchFileException e) {
            throw new Missing("there is no file " + file);
        } catch (IOException e) {
            throw new Unreadable(file, e);
        }
    }

    private static SafeTensors parse(Mapping.Share share, long maxPieceBytes) throws WeightsException {
        Path file = share.file();
        MemorySegment whole = share.bytes();
        long size = whole.byteSize();
        if (size < LENGTH_BYTES) {
            throw new Damaged(
                    file,
                    size == 0
                            ? "is empty; get the file again"
                            : "has " + size + " bytes, of which the header's length alone takes " + LENGTH_BYTES
                                    + "; get the file again");
        }
        long headerBytes = headerBytes(file, whole);
        byte[] json = whole.asSlice(LENGTH_BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment data = whole.asSlice(LENGTH_BYTES + headerBytes);
        SafeTensorsHeader header = SafeTensorsHeader.parse(file, json, data.byteSize());
        return new SafeTensors(share, data, header, maxPieceBytes);
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
        return share.file();
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
        TensorInfo tensor = loadable(name, type);
        try (Mapping.Share held = share.another()) {
            held.requireWhole(name);
            if (tensor.bytes() == 0) {
                return manager.create(tensor.djlShape(), type);
            }
            NDArray loaded = tensor.bytes() <= maxPieceBytes
                    ? copy(manager, tensor.begin(), tensor.djlShape(), tensor.type(), type)
                    : copyInPieces(manager, tensor, type);
            // A copied page stays in the system's cache, but counts no longer as this process's, beside its copy.
            bytes(tensor).unload();
            return loaded;
        }
    }

    private TensorInfo tensor(String name) throws Missing {
        return find(name).orElseThrow(() -> new Missing(path() + " has no tensor " + name));
    }

    private TensorInfo loadable(String name, DataType wanted) throws WeightsException {
        TensorInfo tensor = tensor(name);
        if (tensor.type().dataType().isEmpty()) {
            throw new Unsupported("%s: tensor %s has type %s; these can be loaded: %s"
                    .formatted(path(), name, tensor.type(), DType.loadable()));
        }
        if (!DType.survivable(wanted)) {
            throw new IllegalArgumentException("tensor " + name + " is wanted as " + wanted
                    + ", a type on which DJL's native layer aborts the process; ask for another and convert in the"
                    + " graph");
        }
        return tensor;
    }

    private MemorySegment bytes(TensorInfo tensor) {
        return data.asSlice(tensor.begin(), tensor.bytes());
    }

    @Override
    public Lease lease() {
        return new Mapped(share.another());
    }

    /** Hands out arrays that libtorch finds in the mapping. */
    private final class Mapped implements Lease {
        private final Mapping.Share held;

        private Mapped(Mapping.Share held) {
            this.held = held;
        }

        @Override
        public Optional<NDArray> view(NDManager manager, String name, DataType type) throws WeightsException {
            TensorInfo tensor = loadable(name, type);
            MemorySegment bytes = bytes(tensor);
            if (manager.getDevice().isGpu() || !isAsWanted(tensor, type) || !fits(bytes, tensor.type())) {
                return Optional.empty();
            }
            // It would be closed under libtorch, were it not for the share.
            try (Mapping.Share reading = held.another()) {
                reading.requireWhole(name);
                bytes.load();
                return Optional.of(array(manager, bytes, tensor.djlShape(), type));
            }
        }

        private static boolean isAsWanted(TensorInfo tensor, DataType wanted) {
            return switch (tensor.type()) {
                // Of the first the type that counts is another; bytes of the second may be neither 0 nor 1.
                case BF16, BOOL -> false;
                default -> tensor.type().dataType().equals(Optional.of(wanted));
            };
        }

        private static boolean fits(MemorySegment bytes, DType type) {
            return bytes.byteSize() > 0 && bytes.byteSize() <= Integer.MAX_VALUE && bytes.address() % type.bytes() == 0;
        }

        @Override
        public void close() {
            held.close();
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
        try (NDArray view = array(manager, bytes, shape, read)) {
            return convert(view, wanted);
        }
    }

    /** On the CPU the array is those bytes themselves. */
    private static NDArray array(NDManager manager, MemorySegment bytes, Shape shape, DataType type) {
        return manager.create(bytes.asByteBuffer().order(ByteOrder.nativeOrder()), shape, type);
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
        TensorInfo tensor = tensor(name);
        try (Mapping.Share held = share.another()) {
            held.requireWhole(name);
            MemorySegment numbers = bytes(tensor);
            NonFinite found = NonFinite.in(numbers, tensor.type());
            numbers.unload();
            return found;
        }
    }

    @Override
    public long bytes() {
        return data.byteSize();
    }

    @Override
    public void close() {
        share.close();
    }

    @Override
    public String toString() {
        return path().toString();
    }
}
