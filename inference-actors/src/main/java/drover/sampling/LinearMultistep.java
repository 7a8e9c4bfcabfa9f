package drover.sampling;

import drover.inference.EngineException;
import drover.sampling.StepListener.Step;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The method of Adams and Bashforth on uneven levels, order 4: the last slopes are joined by a polynomial in sigma,
 * which is integrated exactly.
 *
 * @param endsDenoised whether a last step to 0 gives the denoised latents (ComfyUI, so the AI Horde) rather than the
 *     integral (k-diffusion, diffusers)
 */
record LinearMultistep(boolean endsDenoised) implements SamplingMethod {
    private static final int ORDER = 4;
    /** Gauss and Legendre's two places on [-1, 1], exact up to degree 3, which is all that four slopes make. */
    private static final double[] PLACES = {-1 / Math.sqrt(3), 1 / Math.sqrt(3)};

    @Override
    public float[] sample(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        Deque<float[]> slopes = new ArrayDeque<>(); // The newest first.
        for (int i = 0; i < steps; i++) {
            float[] denoised = model.denoise(x, sigmas[i]);
            slopes.addFirst(Latents.slope(x, denoised, sigmas[i]));
            if (slopes.size() > ORDER) {
                slopes.removeLast();
            }
            if (endsDenoised && sigmas[i + 1] == 0) {
                x = denoised.clone();
            } else {
                int j = 0;
                for (float[] slope : slopes) {
                    x = Latents.combine(1, x, coefficient(sigmas, i, slopes.size(), j), slope);
                    j++;
                }
            }
            listener.onStep(Step.of(i, steps, sigmas[i], x, denoised));
        }
        return x;
    }

    /** The integral of the j-th Lagrange polynomial over the last {@code order} levels, from level i to level i + 1. */
    private static double coefficient(double[] sigmas, int i, int order, int j) {
        double middle = (sigmas[i + 1] + sigmas[i]) / 2;
        double half = (sigmas[i + 1] - sigmas[i]) / 2;
        double sum = 0;
        for (double place : PLACES) {
            double at = middle + half * place;
            double product = 1;
            for (int k = 0; k < order; k++) {
                if (k != j) {
                    product *= (at - sigmas[i - k]) / (sigmas[i - j] - sigmas[i - k]);
                }
            }
            sum += product;
        }
        return sum * half;
    }
}
