package drover.sampling;

import drover.inference.EngineException;

/**
 * A denoiser that paints a part of the latents anew and knows the rest: before each look what is kept is put back with as
 * much noise as there is, and after it what is kept counts as found. So a network that was never told of masks paints what
 * fits to the rest.
 */
public final class MaskedDenoiser implements SigmaDenoiser {
    private final SigmaDenoiser model;
    private final float[] repaint;
    private final float[] clean;
    private final float[] noise;

    /**
     * A mask before a model.
     *
     * @param repaint one number for each cell of a channel: 1 where it is painted anew, 0 where it is kept
     * @param clean latents of the picture, of as many channels and pictures as are denoised
     * @param noise standard normal, as many numbers
     */
    public MaskedDenoiser(SigmaDenoiser model, float[] repaint, float[] clean, float[] noise) {
        this.model = model;
        this.repaint = repaint;
        this.clean = clean;
        this.noise = noise;
    }

    @Override
    public float[] denoise(float[] x, double sigma) throws EngineException {
        float[] noisy = Latents.combine(1, clean, sigma, noise);
        return mixed(model.denoise(mixed(x, noisy), sigma), clean);
    }

    private float[] mixed(float[] anew, float[] kept) {
        float[] result = new float[anew.length];
        for (int i = 0; i < result.length; i++) {
            float share = repaint[i % repaint.length];
            result[i] = share * anew[i] + (1 - share) * kept[i];
        }
        return result;
    }
}
