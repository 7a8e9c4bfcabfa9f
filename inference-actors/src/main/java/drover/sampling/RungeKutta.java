package drover.sampling;

import drover.inference.EngineException;

/**
 * Steps along the slope of the probability flow in sigma (Karras et al. 2022, algorithms 1 and 2), and the one of latent
 * consistency models. They are {@link SingleSteps}' strides.
 */
final class RungeKutta {
    private RungeKutta() {}

    /** Euler's method; in sigma space, deterministic DDIM (Song et al. 2020, equation 12, eta 0) is the same. */
    static float[] euler(SigmaDenoiser model, float[] x, float[] denoised, double sigma, double next) {
        return Latents.euler(x, denoised, sigma, next);
    }

    /** Heun's method: the mean of the slopes at both ends. The last step, to 0, is Euler's. */
    static float[] heun(SigmaDenoiser model, float[] x, float[] denoised, double sigma, double next)
            throws EngineException {
        float[] trial = Latents.euler(x, denoised, sigma, next);
        if (next == 0) {
            return trial;
        }
        float[] slope = Latents.slope(x, denoised, sigma);
        float[] slopeThere = Latents.slope(trial, model.denoise(trial, next), next);
        double half = (next - sigma) / 2;
        return Latents.combine(1, x, half, slope, half, slopeThere);
    }

    /** The midpoint method, with the midpoint in ln sigma. The last step, to 0, is Euler's. */
    static float[] midpoint(SigmaDenoiser model, float[] x, float[] denoised, double sigma, double next)
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
    static float[] consistency(
            SigmaDenoiser model, float[] x, float[] denoised, double sigma, double next, NoiseSource noise) {
        return Latents.withNoise(denoised.clone(), next, noise, sigma, next);
    }
}
