package drover.sampling;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One Brownian motion W over sigma. Its values at the places of a fixed binary tree over ln sigma follow from the seed
 * and the place alone, so a run of other steps sees the same motion, and pictures of a seed stay alike. Between two
 * places of the tree, W is drawn from the Brownian bridge over them, keyed by the level itself.
 *
 * <p>The tree's cells are 0.17 % of a level wide, narrower than half a step of 500. Not for several threads at once.
 */
public final class BrownianTree implements NoiseSource {
    private static final double LOWEST = -20 * Math.log(2);
    private static final double HIGHEST = 20 * Math.log(2);
    private static final int DEPTH = 14;
    /** Streams of the seed: places of the tree have their number in it, from 1; bridges have their level. */
    private static final int PLACES = 1;

    private static final int BRIDGES = 2;

    private final long seed;
    /** W at the places of the tree that the last call passed, by ln sigma: the next call is near. */
    private final Map<Double, float[]> known = new HashMap<>();

    private final Set<Double> passed = new HashSet<>();

    private int count = -1;

    /** The motion of that seed. */
    public BrownianTree(long seed) {
        this.seed = seed;
    }

    @Override
    public float[] between(double sigma, double next, int count) {
        if (this.count != count) {
            known.clear();
            this.count = count;
        }
        passed.clear();
        float[] from = at(sigma);
        float[] to = at(next);
        known.keySet().retainAll(passed);
        double scale = 1 / Math.sqrt(sigma - next);
        return Latents.combine(scale, from, -scale, to);
    }

    private float[] at(double sigma) {
        double place = Math.log(sigma);
        if (!(place > LOWEST && place < HIGHEST)) {
            throw new IllegalArgumentException("there is no Brownian motion at sigma " + sigma);
        }
        double low = LOWEST;
        double high = HIGHEST;
        float[] below = known.computeIfAbsent(low, key -> new float[count]);
        float[] above = known.computeIfAbsent(
                high, key -> Latents.scale(Math.sqrt(Math.exp(HIGHEST) - Math.exp(LOWEST)), place(1)));
        passed.add(low);
        passed.add(high);
        long number = 1;
        for (int depth = 0; depth < DEPTH; depth++) {
            double middle = (low + high) / 2;
            long child = 2 * number;
            float @Nullable [] there = known.get(middle);
            if (there == null) {
                there = bridge(low, below, high, above, middle, place(child));
                known.put(middle, there);
            }
            passed.add(middle);
            if (place < middle) {
                high = middle;
                above = there;
                number = child;
            } else {
                low = middle;
                below = there;
                number = child + 1;
            }
        }
        if (place == low) {
            return below;
        }
        long bits = Double.doubleToLongBits(sigma);
        return bridge(
                low, below, high, above, place, new GaussianNoise(seed, BRIDGES, Long.hashCode(bits)).next(count));
    }

    private float[] place(long number) {
        return new GaussianNoise(seed, PLACES, (int) number).next(count);
    }

    /** W between two places where it is known (Karatzas and Shreve 1991, section 5.6.B). */
    private static float[] bridge(
            double low, float[] below, double high, float[] above, double middle, float[] normal) {
        double a = Math.exp(low);
        double b = Math.exp(middle);
        double c = Math.exp(high);
        double share = (b - a) / (c - a);
        double deviation = Math.sqrt((c - b) * (b - a) / (c - a));
        return Latents.combine(1 - share, below, share, above, deviation, normal);
    }
}
