package drover.sampling;

import drover.inference.EngineException;
import drover.sampling.StepListener.Step;

/**
 * DPM-Solver (Lu et al. 2022) of order 2 as a multistep method: the noise of two steps, extrapolated to the middle of
 * the step. The last level must be above 0.
 *
 * @param firstOrderLast whether the last step has order 1, which is steadier where there are few
 */
record DpmSolverMultistep(boolean firstOrderLast) implements SamplingMethod {
    @Override
    public float[] sample(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        float[] previous = x;
        for (int i = 0; i < steps; i++) {
            double sigma = sigmas[i];
            double next = sigmas[i + 1];
            float[] denoised = model.denoise(x, sigma);
            float[] slope = Latents.slope(x, denoised, sigma);
            float[] used = slope;
            // A step of no width is none, and has no middle.
            if (i > 0 && next < sigma && !(firstOrderLast && i == steps - 1)) {
                double r = Math.log(sigmas[i - 1] / sigma) / Math.log(sigma / next);
                used = Latents.combine(1 + 1 / (2 * r), slope, -1 / (2 * r), previous);
            }
            x = Latents.combine(1, x, next - sigma, used);
            previous = slope;
            listener.onStep(Step.of(i, steps, sigma, x, denoised));
        }
        return x;
    }
}
