package drover.sampling;

/** Arithmetic on latents: coefficients in float64, every result rounded once. */
final class Latents {
    private Latents() {}

    /** {@code a x + b y}. */
    static float[] combine(double a, float[] x, double b, float[] y) {
        sameLength(x, y);
        float[] sum = new float[x.length];
        for (int k = 0; k < sum.length; k++) {
            sum[k] = (float) (a * x[k] + b * y[k]);
        }
        return sum;
    }

    /** {@code a x + b y + c z}. */
    static float[] combine(double a, float[] x, double b, float[] y, double c, float[] z) {
        sameLength(x, y);
        sameLength(x, z);
        float[] sum = new float[x.length];
        for (int k = 0; k < sum.length; k++) {
            sum[k] = (float) (a * x[k] + b * y[k] + c * z[k]);
        }
        return sum;
    }

    /** {@code factor x}. */
    static float[] scale(double factor, float[] x) {
        float[] scaled = new float[x.length];
        for (int k = 0; k < scaled.length; k++) {
            scaled[k] = (float) (factor * x[k]);
        }
        return scaled;
    }

    /** {@code x + scale noise}; draws nothing where the scale is 0. */
    static float[] withNoise(float[] x, double scale, NoiseSource noise, double sigma, double next) {
        return scale == 0 ? x : combine(1, x, scale, noise.between(sigma, next, x.length));
    }

    /** {@code (x - denoised) / sigma}: the noise, and the slope of the probability flow (Karras et al. 2022, eq. 3). */
    static float[] slope(float[] x, float[] denoised, double sigma) {
        return combine(1 / sigma, x, -1 / sigma, denoised);
    }

    /** One step along the slope: {@code x + (next - sigma) slope}. */
    static float[] euler(float[] x, float[] denoised, double sigma, double next) {
        double keep = next / sigma;
        return combine(keep, x, 1 - keep, denoised);
    }

    private static void sameLength(float[] x, float[] y) {
        if (x.length != y.length) {
            throw new IllegalArgumentException("latents of " + x.length + " numbers, but other ones of " + y.length);
        }
    }
}
