package drover.sampling;

/**
 * The counter-based generator Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011):
 * any block of four numbers follows from the key and the block's place alone.
 */
final class Philox {
    private static final int ROUNDS = 10;
    private static final int MULTIPLIER_0 = 0xD2511F53;
    private static final int MULTIPLIER_1 = 0xCD9E8D57;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;

    private Philox() {}

    /**
     * Four random 32-bit words.
     *
     * @param c0 the counter's lowest word, and so on upwards
     * @param k0 the key's lower word
     */
    static int[] block(int c0, int c1, int c2, int c3, int k0, int k1) {
        int key0 = k0;
        int key1 = k1;
        int[] x = {c0, c1, c2, c3};
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = Integer.toUnsignedLong(MULTIPLIER_0) * Integer.toUnsignedLong(x[0]);
            long product1 = Integer.toUnsignedLong(MULTIPLIER_1) * Integer.toUnsignedLong(x[2]);
            int high0 = (int) (product0 >>> 32);
            int high1 = (int) (product1 >>> 32);
            x = new int[] {high1 ^ x[1] ^ key0, (int) product1, high0 ^ x[3] ^ key1, (int) product0};
            key0 += WEYL_0;
            key1 += WEYL_1;
        }
        return x;
    }
}
