package drover.diffusion;

import drover.inference.EngineException;

/** Arithmetic on latents that samplers share. */
final class Latents {
    private Latents() {}

    static float[] combine(float a, float[] x, float b, float[] y) {
        if (x.length != y.length) {
            throw new IllegalArgumentException("latents of " + x.length + " numbers, but noise of " + y.length);
        }
        float[] sum = new float[x.length];
        for (int k = 0; k < sum.length; k++) {
            sum[k] = a * x[k] + b * y[k];
        }
        return sum;
    }

    static float[] checked(float[] output, int length) throws EngineException.Unsupported {
        if (output.length != length) {
            throw new EngineException.Unsupported(
                    "the network gave " + output.length + " numbers for a latent of " + length);
        }
        return output;
    }
}
