package drover.diffusion;

import drover.inference.EngineException;
import drover.inference.Sampler;

/**
 * A way from noise to latents in a fixed number of steps. Immutable; computes in float32 on the host, so that the same
 * network output gives the same latents on every machine (a latent is small beside a step of the network). Latents are
 * row-major arrays of any shape.
 */
public sealed interface DiffusionSampler permits DdimSampler, EulerSampler {
    /**
     * The sampler of that name.
     *
     * @param steps 1 to the schedule's training steps
     */
    static DiffusionSampler of(Sampler sampler, NoiseSchedule schedule, int steps) throws EngineException {
        return switch (sampler) {
            case DDIM -> new DdimSampler(schedule, steps);
            case EULER -> EulerSampler.plan(schedule, steps);
        };
    }

    /** The timesteps at which the network is asked, falling. */
    float[] timesteps();

    /** What standard normal noise is multiplied with to give the starting latents of a full run. */
    float initNoiseSigma();

    /** Clean latents with as much noise as there is before step {@code index}: the start of an image-to-image run. */
    float[] addNoise(float[] clean, float[] noise, int index);

    /**
     * Runs steps {@code first} to the last.
     *
     * @param start latents before step {@code first}; not changed
     * @param first 0 for a full run, {@link #firstStep} for image-to-image
     * @return the final latents
     */
    float[] sample(float[] start, int first, Denoiser denoiser, StepListener listener) throws EngineException;

    /** How many steps there are. */
    default int steps() {
        return timesteps().length;
    }

    /** The first step of an image-to-image run: {@code steps - int(steps * strength)}, strength in (0, 1]. */
    default int firstStep(double strength) {
        return Math.max(0, steps() - Math.min(steps(), (int) (steps() * strength)));
    }
}
