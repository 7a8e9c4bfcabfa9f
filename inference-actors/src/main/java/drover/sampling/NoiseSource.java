package drover.sampling;

/** Where a stochastic sampler takes its noise from. One run; not for several threads at once. */
@FunctionalInterface
public interface NoiseSource {
    /**
     * Standard normal numbers for the way from one noise level to a lower one. A source may ignore the levels, or hand
     * out the increments of one Brownian motion over sigma, scaled to unit variance.
     *
     * @param sigma the level before
     * @param next the level after, below {@code sigma}
     * @param count how many numbers
     */
    float[] between(double sigma, double next, int count);

    /** Independent numbers from a stream, whatever the levels. */
    static NoiseSource independent(GaussianNoise stream) {
        return (sigma, next, count) -> stream.next(count);
    }
}
