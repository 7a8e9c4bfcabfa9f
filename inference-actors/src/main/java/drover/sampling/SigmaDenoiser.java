package drover.sampling;

import drover.inference.EngineException;

/** A model as a sampler sees it: the best guess at what is under the noise. */
@FunctionalInterface
public interface SigmaDenoiser {
    /**
     * The expectation of x_0 given {@code x = x_0 + sigma noise}.
     *
     * @param x latents, row-major; not to be changed
     * @param sigma how much noise there is beside a signal of one, above 0
     * @return clean latents, of the length of {@code x}
     */
    float[] denoise(float[] x, double sigma) throws EngineException;
}
