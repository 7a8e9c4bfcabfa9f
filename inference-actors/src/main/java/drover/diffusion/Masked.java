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

    /**
     * The input of the network for each picture: the latent's channels, the mask, the picture's channels.
     *
     * @param latents of one picture or several
     * @param elements how many numbers one has
     */
    float[] beside(float[] latents, int elements) {
        int pictures = latents.length / elements;
        int width = elements + channels.length;
        float[] all = new float[pictures * width];
        for (int i = 0; i < pictures; i++) {
            System.arraycopy(latents, i * elements, all, i * width, elements);
            System.arraycopy(channels, 0, all, i * width + elements, channels.length);
        }
        return all;
    }
}
