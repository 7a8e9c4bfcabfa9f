package drover.diffusion;

import drover.diffusion.NoiseSchedule.Spacing;
import drover.inference.EngineException;

/**
 * Denoising diffusion implicit models, deterministic (eta 0): Song et al. 2020, equation 12. Latents are variance
 * preserving: {@code x_t = sqrt(alpha_t) x_0 + sqrt(1 - alpha_t) noise}, where alpha_t is the cumulative product.
 */
public final class DdimSampler implements DiffusionSampler {
    private final float[] timesteps;
    private final float[] alphas;
    private final float[] previousAlphas;
    private final NoiseSchedule.Prediction prediction;
    private final float clip;

    /**
     * Plans a run.
     *
     * @param steps 1 to the schedule's training steps
     */
    public DdimSampler(NoiseSchedule schedule, int steps) throws EngineException {
        double[] exact = schedule.timesteps(steps, Spacing.LEADING);
        float[] cumprod = schedule.alphasCumprod();
        // Before the first noise level there is either no noise at all or as much as at the first.
        float finalAlpha = schedule.config().flag("set_alpha_to_one", true) ? 1 : cumprod[0];
        int stride = schedule.trainSteps() / steps;
        this.timesteps = new float[steps];
        this.alphas = new float[steps];
        this.previousAlphas = new float[steps];
        for (int i = 0; i < steps; i++) {
            int timestep = (int) Math.rint(exact[i]);
            int previous = timestep - stride;
            timesteps[i] = timestep;
            alphas[i] = cumprod[timestep];
            previousAlphas[i] = previous >= 0 ? cumprod[previous] : finalAlpha;
        }
        this.prediction = schedule.prediction();
        // Absent means no: Stable Diffusion pipelines turn clipping off when the configuration does not say.
        this.clip = schedule.config().flag("clip_sample", false)
                ? (float) schedule.config().number("clip_sample_range", 1)
                : Float.POSITIVE_INFINITY;
    }

    @Override
    public float[] timesteps() {
        return timesteps.clone();
    }

    @Override
    public float initNoiseSigma() {
        return 1;
    }

    @Override
    public float[] addNoise(float[] clean, float[] noise, int index) {
        float signal = (float) Math.sqrt(alphas[index]);
        float spread = (float) Math.sqrt(1 - alphas[index]);
        return Latents.combine(signal, clean, spread, noise);
    }

    @Override
    public float[] sample(float[] start, int first, Denoiser denoiser, StepListener listener) throws EngineException {
        float[] x = start.clone();
        for (int i = first; i < timesteps.length; i++) {
            float a = (float) Math.sqrt(alphas[i]);
            float b = (float) Math.sqrt(1 - alphas[i]);
            float aPrevious = (float) Math.sqrt(previousAlphas[i]);
            float bPrevious = (float) Math.sqrt(1 - previousAlphas[i]);
            float[] output = Latents.checked(denoiser.predict(x.clone(), timesteps[i]), x.length);
            float[] denoised = new float[x.length];
            for (int k = 0; k < x.length; k++) {
                float noise = switch (prediction) {
                    case EPSILON -> output[k];
                    case V_PREDICTION -> a * output[k] + b * x[k];
                };
                float clean = switch (prediction) {
                    case EPSILON -> (x[k] - b * noise) / a;
                    case V_PREDICTION -> a * x[k] - b * output[k];
                };
                denoised[k] = Math.clamp(clean, -clip, clip);
                x[k] = aPrevious * denoised[k] + bPrevious * noise;
            }
            listener.onStep(new StepListener.Step(i - first, timesteps.length - first, timesteps[i], x, denoised));
        }
        return x;
    }
}
