package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import drover.inference.EngineException;
import java.util.List;

/**
 * Settings of an {@code AutoencoderKL}, from its {@code config.json}.
 *
 * @param pictureChannels 3 for RGB
 * @param latentChannels channels of a latent
 * @param channels of each block, from the outermost to the innermost
 * @param layers residual blocks of each encoder block; decoder blocks have one more
 * @param groups of the group norms
 * @param midAttention whether the middle has attention
 * @param quantConv whether the encoder ends with a 1x1 convolution of the moments
 * @param postQuantConv whether the decoder starts with a 1x1 convolution of the latent
 * @param scalingFactor what an encoded picture is multiplied with to give the latents that the UNet knows
 * @param forceUpcast whether float16 is too narrow for it
 */
public record VaeConfig(
        int pictureChannels,
        int latentChannels,
        List<Integer> channels,
        int layers,
        int groups,
        boolean midAttention,
        boolean quantConv,
        boolean postQuantConv,
        double scalingFactor,
        boolean forceUpcast) {

    public VaeConfig {
        channels = List.copyOf(channels);
    }

    /** The type to compute in: float16 is too narrow for some autoencoders, SDXL's among them. */
    DataType dtype(DataType wanted) {
        return forceUpcast && wanted == DataType.FLOAT16 ? DataType.FLOAT32 : wanted;
    }

    /** Pixels per latent in each direction: every block but the last halves the size. */
    public int factor() {
        return 1 << (channels.size() - 1);
    }

    /** Reads and checks {@code vae/config.json}. */
    public static VaeConfig of(ConfigFile config) throws EngineException {
        config.supportsOnly("_class_name", "AutoencoderKL");
        config.supportsOnly("act_fn", "silu");
        ConfigChecks.unused(config, "latents_mean", "latents_std", "shift_factor");
        List<Integer> channels = config.integers("block_out_channels");
        ConfigChecks.blockTypes(config, "down_block_types", channels.size(), List.of("DownEncoderBlock2D"));
        ConfigChecks.blockTypes(config, "up_block_types", channels.size(), List.of("UpDecoderBlock2D"));
        int pictureChannels = config.integer("in_channels");
        config.supportsOnly("out_channels", pictureChannels);
        VaeConfig read = new VaeConfig(
                pictureChannels,
                config.integer("latent_channels"),
                channels,
                config.integer("layers_per_block"),
                config.integer("norm_num_groups", 32),
                config.flag("mid_block_add_attention", true),
                config.flag("use_quant_conv", true),
                config.flag("use_post_quant_conv", true),
                config.number("scaling_factor", 0.18215),
                config.flag("force_upcast", false));
        ConfigChecks.sane(config, "block_out_channels", channels);
        ConfigChecks.sane(config, "in_channels", List.of(pictureChannels));
        ConfigChecks.sane(config, "latent_channels", List.of(read.latentChannels));
        ConfigChecks.deep(config, "layers_per_block", List.of(read.layers));
        for (int width : channels) {
            ConfigChecks.divides(config, "norm_num_groups", read.groups, "block_out_channels", width);
        }
        return read;
    }
}
