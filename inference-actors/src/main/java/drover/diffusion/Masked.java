package drover.diffusion;

/**
 * What a network for inpainting sees beside the latent (Rombach et al., 2022, section 4.5).
 */
public final class Masked {
    private final float[] channels;

    /**
     * A mask over a picture.
     *
     * @param repaint one number for each pixel of the latent: 1 where it is painted anew, 0 where it is kept
     * @param latents of the picture, grey where it is painted anew
     */
    public Masked(float[] repaint, float[] latents) {
        this.channels = new float[repaint.length + latents.length];
        System.arraycopy(repaint, 0, channels, 0, repaint.length);
        System.arraycopy(latents, 0, channels, repaint.length, latents.length);
    }

    /** The input of the network: the latent's channels, the mask, the picture's channels. */
    float[] beside(float[] latent) {
        float[] all = new float[latent.length + channels.length];
        System.arraycopy(latent, 0, all, 0, latent.length);
        System.arraycopy(channels, 0, all, latent.length, channels.length);
        return all;
    }
}
