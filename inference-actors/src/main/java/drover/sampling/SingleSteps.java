package drover.sampling;

import drover.inference.EngineException;

/**
 * A sampler whose steps know nothing of one another: from each level to the next with what the model says at the first.
 *
 * @param stride one step
 */
record SingleSteps(Stride stride) implements SamplingMethod {
    /** From one level to the next. */
    @FunctionalInterface
    interface Stride {
        /**
         * Makes one step.
         *
         * @param model for further looks on the way
         * @param x latents at level {@code sigma}
         * @param denoised what the model says there
         * @param sigma the level
         * @param next the level to go to, maybe 0
         * @param noise fresh noise
         * @return latents at level {@code next}: an array that is neither argument
         */
        float[] advance(SigmaDenoiser model, float[] x, float[] denoised, double sigma, double next, NoiseSource noise)
                throws EngineException;
    }

    /** From one level to the next without fresh noise; see {@link Stride#advance}. */
    @FunctionalInterface
    interface Flow {
        float[] advance(SigmaDenoiser model, float[] x, float[] denoised, double sigma, double next)
                throws EngineException;
    }

    /** The sampler that follows the flow. */
    static SingleSteps following(Flow flow) {
        return new SingleSteps(
                (model, x, denoised, sigma, next, noise) -> flow.advance(model, x, denoised, sigma, next));
    }

    /** The sampler that follows the flow below the next level at every step, and comes up again with fresh noise. */
    static SingleSteps ancestral(Flow flow) {
        return new SingleSteps((model, x, denoised, sigma, next, noise) -> {
            AncestralStep split = AncestralStep.between(sigma, next);
            float[] below = flow.advance(model, x, denoised, sigma, split.down());
            return Latents.withNoise(below, split.up(), noise, sigma, next);
        });
    }

    @Override
    public float[] sample(SigmaDenoiser model, float[] start, double[] sigmas, NoiseSource noise, StepListener listener)
            throws EngineException {
        float[] x = start.clone();
        int steps = sigmas.length - 1;
        for (int i = 0; i < steps; i++) {
            float[] denoised = model.denoise(x, sigmas[i]);
            x = stride.advance(model, x, denoised, sigmas[i], sigmas[i + 1], noise);
            listener.onStep(StepListener.Step.of(i, steps, sigmas[i], x, denoised));
        }
        return x;
    }
}
