package drover.diffusion;

import drover.inference.EngineException;

/**
 * The network, with guidance already applied, as a sampler sees it.
 */
@FunctionalInterface
public interface Denoiser {
    /**
     * Predicts the noise (or the velocity, whichever the model was trained for) in a latent.
     *
     * @param input the latent, scaled as the network expects it, row-major; not to be changed
     * @param timestep 0 to the number of training steps; may be fractional
     * @return the prediction, of the input's length
     */
    float[] predict(float[] input, float timestep) throws EngineException;
}
