package drover.diffusion;

import drover.inference.EngineException;
import drover.sampling.SamplingPlan;
import drover.sampling.SigmaDenoiser;

/** What a network was trained to predict, and how it becomes the denoiser that samplers work with. */
public enum Prediction {
    /** The noise. */
    EPSILON,
    /** The velocity of Salimans and Ho, "Progressive Distillation" (2022). */
    V_PREDICTION;

    /** A network, with guidance already applied. */
    @FunctionalInterface
    public interface Predictor {
        /**
         * One pass.
         *
         * @param input the latent, scaled to unit variance, row-major; not to be changed
         * @param timestep 0 to the number of training steps; may be fractional
         * @return the prediction, of the input's length
         */
        float[] predict(float[] input, float timestep) throws EngineException;
    }

    /** The denoiser that a network makes, told the timesteps of a plan. */
    public SigmaDenoiser denoiser(Predictor network, SamplingPlan plan) {
        return (x, sigma) -> {
            double scale = 1 / Math.sqrt(sigma * sigma + 1);
            float[] input = new float[x.length];
            for (int k = 0; k < x.length; k++) {
                input[k] = (float) (x[k] * scale);
            }
            float[] output = network.predict(input, plan.timestep(sigma));
            if (output.length != x.length) {
                throw new EngineException.Unsupported(
                        "the network gave " + output.length + " numbers for a latent of " + x.length);
            }
            return denoised(x, output, sigma, scale);
        };
    }

    private float[] denoised(float[] x, float[] output, double sigma, double scale) {
        double ofLatent = switch (this) {
            case EPSILON -> 1;
            case V_PREDICTION -> scale * scale;
        };
        double ofOutput = switch (this) {
            case EPSILON -> -sigma;
            case V_PREDICTION -> -sigma * scale;
        };
        float[] denoised = new float[x.length];
        for (int k = 0; k < x.length; k++) {
            denoised[k] = (float) (ofLatent * x[k] + ofOutput * output[k]);
        }
        return denoised;
    }
}
