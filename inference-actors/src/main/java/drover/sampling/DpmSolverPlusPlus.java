package drover.sampling;

import drover.inference.EngineException;
import drover.sampling.StepListener.Step;

/**
 * DPM-Solver++ (Lu et al. 2022): exponential integrators of the denoised latents over {@code t = -ln sigma}, order 2. One
 * is a sampler of its own, which needs the step before; the others are {@link SingleSteps}' strides.
 */
final class DpmSolverPlusPlus {
    private DpmSolverPlusPlus() {}

    /** {@code sigma_t / sigma_s x - (e^-h - 1) denoised}, the paper's equation 9 of first order. */
    private static float[] advance(float[] x, float[] denoised, double sigma, double next) {
        return Latents.euler(x, denoised, sigma, next);
    }

    /** Algorithm 2 (2M): two steps' denoised latents, extrapolated to the middle of the step. */
    static float[] multistep(
            SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        float[] previous = x;
        for (int i = 0; i < steps; i++) {
            double sigma = sigmas[i];
            double next = sigmas[i + 1];
            float[] denoised = model.denoise(x, sigma);
            float[] used = denoised;
            if (i > 0 && next > 0) {
                double h = Math.log(sigma / next);
                double r = Math.log(sigmas[i - 1] / sigma) / h;
                used = Latents.combine(1 + 1 / (2 * r), denoised, -1 / (2 * r), previous);
            }
            x = advance(x, used, sigma, next);
            previous = denoised;
            listener.onStep(Step.of(i, steps, sigma, x, denoised));
        }
        return x;
    }

    /** Algorithm 1 (2S) with r = 1/2. */
    static float[] singlestep(SigmaDenoiser model, float[] x, float[] denoised, double sigma, double next)
            throws EngineException {
        if (next == 0) {
            return advance(x, denoised, sigma, next);
        }
        double middle = Math.sqrt(sigma * next);
        float[] used = model.denoise(advance(x, denoised, sigma, middle), middle);
        return advance(x, used, sigma, next);
    }

    /**
     * The stochastic form with r = 1/2. Both halves of a step draw from the source, the second one over the whole step,
     * so the source should be a Brownian motion.
     */
    static float[] stochastic(
            SigmaDenoiser model, float[] x, float[] denoised, double sigma, double next, NoiseSource noise)
            throws EngineException {
        if (next == 0) {
            return advance(x, denoised, sigma, next);
        }
        double middle = Math.sqrt(sigma * next);
        AncestralStep half = AncestralStep.between(sigma, middle);
        float[] trial = advance(x, denoised, sigma, half.down());
        trial = Latents.withNoise(trial, half.up(), noise, sigma, middle);
        // With r = 1/2 the weight of the first estimate, 1 - 1 / (2 r), is 0.
        float[] used = model.denoise(trial, middle);
        AncestralStep whole = AncestralStep.between(sigma, next);
        float[] below = advance(x, used, sigma, whole.down());
        return Latents.withNoise(below, whole.up(), noise, sigma, next);
    }
}
