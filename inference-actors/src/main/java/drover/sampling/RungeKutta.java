package drover.sampling;

import drover.inference.EngineException;
import drover.sampling.StepListener.Step;

/**
 * Samplers that follow the slope of the probability flow in sigma: Karras et al. 2022, algorithms 1 and 2, their
 * ancestral forms, and the one of latent consistency models.
 */
final class RungeKutta {
    private RungeKutta() {}

    /** Euler's method; in sigma space, deterministic DDIM (Song et al. 2020, equation 12, eta 0) is the same. */
    static float[] euler(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        for (int i = 0; i < steps; i++) {
            float[] denoised = model.denoise(x, sigmas[i]);
            x = Latents.euler(x, denoised, sigmas[i], sigmas[i + 1]);
            listener.onStep(Step.of(i, steps, sigmas[i], x, denoised));
        }
        return x;
    }

    /** Euler's method with fresh noise after every step. */
    static float[] eulerAncestral(
            SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        for (int i = 0; i < steps; i++) {
            float[] denoised = model.denoise(x, sigmas[i]);
            AncestralStep split = AncestralStep.between(sigmas[i], sigmas[i + 1]);
            x = Latents.euler(x, denoised, sigmas[i], split.down());
            x = Latents.withNoise(x, split.up(), noise, sigmas[i], sigmas[i + 1]);
            listener.onStep(Step.of(i, steps, sigmas[i], x, denoised));
        }
        return x;
    }

    /** Heun's method: the mean of the slopes at both ends. The last step, to 0, is Euler's. */
    static float[] heun(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        for (int i = 0; i < steps; i++) {
            double sigma = sigmas[i];
            double next = sigmas[i + 1];
            float[] denoised = model.denoise(x, sigma);
            float[] trial = Latents.euler(x, denoised, sigma, next);
            if (next > 0) {
                float[] slope = Latents.slope(x, denoised, sigma);
                float[] slopeThere = Latents.slope(trial, model.denoise(trial, next), next);
                double half = (next - sigma) / 2;
                x = Latents.combine(1, x, half, slope, half, slopeThere);
            } else {
                x = trial;
            }
            listener.onStep(Step.of(i, steps, sigma, x, denoised));
        }
        return x;
    }

    /** The midpoint method, with the midpoint in ln sigma. The last step, to 0, is Euler's. */
    static float[] dpm2(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        for (int i = 0; i < steps; i++) {
            float[] denoised = model.denoise(x, sigmas[i]);
            x = midpoint(model, x, denoised, sigmas[i], sigmas[i + 1]);
            listener.onStep(Step.of(i, steps, sigmas[i], x, denoised));
        }
        return x;
    }

    /** The midpoint method with fresh noise after every step. */
    static float[] dpm2Ancestral(
            SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        for (int i = 0; i < steps; i++) {
            float[] denoised = model.denoise(x, sigmas[i]);
            AncestralStep split = AncestralStep.between(sigmas[i], sigmas[i + 1]);
            x = midpoint(model, x, denoised, sigmas[i], split.down());
            x = Latents.withNoise(x, split.up(), noise, sigmas[i], sigmas[i + 1]);
            listener.onStep(Step.of(i, steps, sigmas[i], x, denoised));
        }
        return x;
    }

    private static float[] midpoint(SigmaDenoiser model, float[] x, float[] denoised, double sigma, double next)
            throws EngineException {
        if (next == 0) {
            return Latents.euler(x, denoised, sigma, next);
        }
        double middle = Math.sqrt(sigma * next);
        float[] half = Latents.euler(x, denoised, sigma, middle);
        float[] slope = Latents.slope(half, model.denoise(half, middle), middle);
        return Latents.combine(1, x, next - sigma, slope);
    }

    /** Luo et al. 2023, algorithm 3: the clean latents at once, then noise for the next level. */
    static float[] lcm(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        for (int i = 0; i < steps; i++) {
            float[] denoised = model.denoise(x, sigmas[i]);
            x = Latents.withNoise(denoised.clone(), sigmas[i + 1], noise, sigmas[i], sigmas[i + 1]);
            listener.onStep(Step.of(i, steps, sigmas[i], x, denoised));
        }
        return x;
    }
}
