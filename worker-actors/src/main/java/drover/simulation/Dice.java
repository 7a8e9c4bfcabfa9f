package drover.simulation;

import java.util.SplittableRandom;

/** Randomness of its own for each part of a run, so that taking one part out does not change what befalls the others. */
final class Dice {
    private Dice() {}

    /** The dice of one part, named by numbers. */
    static SplittableRandom of(long seed, long... name) {
        long mixed = seed;
        for (long part : name) {
            mixed = mix(mixed ^ mix(part + 0x9E3779B97F4A7C15L));
        }
        return new SplittableRandom(mixed);
    }

    /** Between these two, both included. */
    static long between(SplittableRandom random, long least, long most) {
        return least >= most ? least : random.nextLong(least, most + 1);
    }

    /** Between these two, small values being as likely as large ones on a logarithmic scale. */
    static long spread(SplittableRandom random, long least, long most) {
        return Math.round(least * Math.pow((double) most / least, random.nextDouble()));
    }

    static boolean chance(SplittableRandom random, double probability) {
        return random.nextDouble() < probability;
    }

    /** One of them. */
    static <T> T pick(SplittableRandom random, T[] from) {
        return from[random.nextInt(from.length)];
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood, 2014). */
    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
