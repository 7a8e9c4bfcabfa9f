package drover.diffusion;

import drover.inference.EngineException;

/** Whether the parts of a model fit together. */
final class PipelineFit {
    private PipelineFit() {}

    /** Compares what the parts take and give. */
    static void check(ModelSource model, PromptEncoder.Plan text, UNetConfig unet, VaeConfig vae)
            throws EngineException {
        int latent = vae.latentChannels();
        boolean fits = unet.inChannels() == latent || unet.inChannels() == inpaintingChannels(latent);
        if (!fits || unet.outChannels() != latent) {
            throw new EngineException.Unsupported(model.path() + ": the unet takes " + unet.inChannels() + " and gives "
                    + unet.outChannels() + " channels; expected " + latent + ", the vae's latent_channels, or "
                    + inpaintingChannels(latent) + " to take for inpainting, and " + latent + " to give");
        }
        if (unet.contextWidth() != text.width()) {
            throw new EngineException.BadModel(model.path() + ": the unet's cross_attention_dim is "
                    + unet.contextWidth() + "; expected the text encoders' hidden_size, " + text.width());
        }
        int pooled = unet.added().map(UNetConfig.AddedEmbedding::pooledWidth).orElse(0);
        if (pooled != text.pooledWidth()) {
            throw new EngineException.BadModel(model.path() + ": the unet takes pooled embeddings of width " + pooled
                    + "; the text encoders make them of width " + text.pooledWidth());
        }
    }

    /** The latent, a mask, and the latent of the picture under the mask. */
    private static int inpaintingChannels(int latent) {
        return 2 * latent + 1;
    }
}
