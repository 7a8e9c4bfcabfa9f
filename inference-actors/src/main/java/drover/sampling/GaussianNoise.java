package drover.sampling;

/**
 * Standard normal numbers that depend on the seed and their place alone: the same on every machine, device and run,
 * however many are drawn at a time. Philox4x32-10 with the method of Box and Muller (1958), computed by {@link
 * StrictMath}, whose results are fixed to the last bit. Each object is one stream; not for several threads at once.
 */
public final class GaussianNoise {
    private static final int PER_BLOCK = 4;
    private static final double TO_UNIT = 0x1p-32;

    private final long seed;
    private final int family;
    private final int member;
    private long place;
    private float[] block = new float[PER_BLOCK];

    /** The first stream of that seed, from its start. */
    public GaussianNoise(long seed) {
        this(seed, 0, 0);
    }

    /** Another stream of that seed: each of 2^64 has numbers of its own. */
    GaussianNoise(long seed, int family, int member) {
        this.seed = seed;
        this.family = family;
        this.member = member;
    }

    /** The next {@code count} numbers. */
    public float[] next(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            int lane = (int) (place % PER_BLOCK);
            if (lane == 0) {
                block = normals(place / PER_BLOCK);
            }
            numbers[i] = block[lane];
            place++;
        }
        return numbers;
    }

    private float[] normals(long index) {
        int[] bits = Philox.block((int) index, (int) (index >>> 32), family, member, (int) seed, (int) (seed >>> 32));
        float[] normals = new float[PER_BLOCK];
        for (int i = 0; i < PER_BLOCK; i += 2) {
            double radius = StrictMath.sqrt(-2 * StrictMath.log(unit(bits[i])));
            double angle = 2 * StrictMath.PI * unit(bits[i + 1]);
            normals[i] = (float) (radius * StrictMath.cos(angle));
            normals[i + 1] = (float) (radius * StrictMath.sin(angle));
        }
        return normals;
    }

    /** In the middle of one of 2^32 equal parts, so never 0, where the logarithm ends. */
    private static double unit(int bits) {
        return (Integer.toUnsignedLong(bits) + 0.5) * TO_UNIT;
    }
}
