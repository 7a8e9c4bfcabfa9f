package drover.sampling;

import drover.inference.EngineException;

/** Hears of every finished step of a sampler: for progress, cancellation and previews. */
@FunctionalInterface
public interface StepListener {
    /** Hears nothing. */
    StepListener NONE = step -> {};

    /**
     * Hears of a step.
     *
     * @throws EngineException to stop the sampler, for example after a cancellation
     */
    void onStep(Step step) throws EngineException;

    /**
     * One finished step.
     *
     * @param index from 0, counted over the steps that are executed
     * @param done how much of the run is done, in units; never falls, and is {@code of} at the end
     * @param of units of the run, at least 1
     * @param sigma the noise level at which the step began
     * @param latents the latents after the step; the sampler's own, copy to keep, change to steer
     * @param denoised the estimate of the final latents at this step; the sampler's own
     */
    @SuppressWarnings("ArrayRecordComponent") // Lent for the duration of the call, never compared.
    record Step(int index, int done, int of, double sigma, float[] latents, float[] denoised) {
        /** A step of a sampler whose units are its steps. */
        static Step of(int index, int of, double sigma, float[] latents, float[] denoised) {
            return new Step(index, index + 1, of, sigma, latents, denoised);
        }
    }
}
