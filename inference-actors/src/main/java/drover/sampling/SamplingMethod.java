package drover.sampling;

import drover.inference.EngineException;

/**
 * One sampler. Latents are variance exploding, {@code x = x_0 + sigma noise}. Pure: the result depends on the arguments
 * alone. Coefficients are float64, latents float32, on the host: a latent is small beside a pass of a network.
 */
@FunctionalInterface
public interface SamplingMethod {
    /**
     * Runs from the first noise level to the last.
     *
     * @param model the denoiser
     * @param start latents at the first level; not changed
     * @param sigmas levels, falling, two or more; the last may be 0
     * @param noise used by stochastic samplers only
     * @param listener hears of every step
     * @return latents at the last level
     */
    float[] sample(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException;

    /**
     * In how many units {@link StepListener.Step#of} counts a run.
     *
     * @param steps one less than there are levels
     */
    default int units(int steps) {
        return steps;
    }
}
