package drover.diffusion;

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
     * @param of how many steps are executed
     * @param timestep the timestep at which the network was asked
     * @param latents the latents after the step; the sampler's own, copy to keep, change to steer
     * @param denoised the estimate of the final latents at this step; the sampler's own
     */
    @SuppressWarnings("ArrayRecordComponent") // Lent for the duration of the call, never compared.
    record Step(int index, int of, float timestep, float[] latents, float[] denoised) {}
}
