package drover.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How many of a tensor's numbers are none: one is enough to make a whole picture black.
 *
 * @param nan that are NaN
 * @param infinite that are infinite
 */
public record NonFinite(long nan, long infinite) {
    static final NonFinite NONE = new NonFinite(0, 0);

    private static final int NAMED = 5;
    private static final ValueLayout.OfLong EIGHT = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Whether every number is one. */
    public boolean isEmpty() {
        return nan == 0 && infinite == 0;
    }

    /** Counts them; types that know neither NaN nor infinity have none. */
    static NonFinite in(MemorySegment data, DType type) {
        return switch (type) {
            case F64 -> in(data, Long.SIZE, 0x7FF0_0000_0000_0000L);
            case F32 -> in(data, Integer.SIZE, 0x7F80_0000L);
            case F16 -> in(data, Short.SIZE, 0x7C00L);
            case BF16 -> in(data, Short.SIZE, 0x7F80L);
            default -> NONE;
        };
    }

    /**
     * Looks at eight bytes at a time. A number is none if all bits of its exponent are set; then, and only then, adding
     * one to the exponent's lowest bit carries into the place of the sign, which has been cleared.
     *
     * @param width bits of a number
     * @param exponent the bits of its exponent
     */
    private static NonFinite in(MemorySegment data, int width, long exponent) {
        long exponents = repeated(exponent, width);
        long lowest = repeated(Long.lowestOneBit(exponent), width);
        long signs = repeated(1L << (width - 1), width);
        long nan = 0;
        long infinite = 0;
        long whole = data.byteSize() / Long.BYTES * Long.BYTES;
        for (long at = 0; at < data.byteSize(); at += Long.BYTES) {
            long bits = at < whole ? data.get(EIGHT, at) : rest(data, at);
            if ((((bits & exponents) + lowest) & signs) == 0) {
                continue;
            }
            for (int shift = 0; shift < Long.SIZE; shift += width) {
                long number = bits >>> shift;
                if ((number & exponent) == exponent) {
                    boolean infinity = (number & (Long.lowestOneBit(exponent) - 1)) == 0;
                    infinite += infinity ? 1 : 0;
                    nan += infinity ? 0 : 1;
                }
            }
        }
        return new NonFinite(nan, infinite);
    }

    private static long repeated(long bits, int width) {
        long all = 0;
        for (int shift = 0; shift < Long.SIZE; shift += width) {
            all |= bits << shift;
        }
        return all;
    }

    /** The last few bytes, and zeros, which are numbers. */
    private static long rest(MemorySegment data, long at) {
        long bits = 0;
        for (long i = data.byteSize() - 1; i >= at; i--) {
            bits = (bits << Byte.SIZE) | (data.get(ValueLayout.JAVA_BYTE, i) & 0xFF);
        }
        return bits;
    }

    /**
     * Looks at every number of some tensors; as fast as the disk can be read.
     *
     * @param names of tensors that are there
     * @return which tensors have how many, such as {@code conv_in.weight has 1 NaN and 2 infinite of its 320 numbers};
     *     empty if all numbers are numbers
     */
    public static Optional<String> complaint(Weights weights, Collection<String> names) throws WeightsException {
        Map<String, String> inFile = new LinkedHashMap<>();
        names.forEach(name -> inFile.putIfAbsent(weights.nameInFile(name), name));
        List<String> bad = new ArrayList<>();
        for (Map.Entry<String, String> entry : inFile.entrySet()) {
            NonFinite found = weights.nonFinite(entry.getValue());
            if (!found.isEmpty()) {
                long of = weights.find(entry.getValue())
                        .map(info -> info.bytes() / info.type().bytes())
                        .orElse(0L);
                bad.add(entry.getKey() + " has " + found.words() + " of its " + of + " numbers");
            }
        }
        if (bad.isEmpty()) {
            return Optional.empty();
        }
        String more = bad.size() <= NAMED ? "" : " (and " + (bad.size() - NAMED) + " more tensors)";
        return Optional.of(String.join("; ", bad.subList(0, Math.min(NAMED, bad.size()))) + more);
    }

    private String words() {
        String infinities = infinite + " infinite";
        String nans = nan + " NaN";
        if (nan == 0) {
            return infinities;
        }
        return infinite == 0 ? nans : nans + " and " + infinities;
    }
}
