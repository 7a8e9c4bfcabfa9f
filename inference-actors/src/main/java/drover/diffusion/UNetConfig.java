package drover.diffusion;

import drover.inference.EngineException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Settings of a {@code UNet2DConditionModel}, from its {@code config.json}. Lists have one entry for each block, from
 * the outermost to the innermost.
 *
 * @param inChannels channels of the sample: 4, or 9 with mask and masked picture
 * @param outChannels channels of the prediction
 * @param channels of each block
 * @param downAttention whether a down block has transformers
 * @param upAttention whether an up block has transformers; from the innermost to the outermost, as in the file
 * @param layers residual blocks of each down block; up blocks have one more
 * @param transformerLayers transformer blocks in each transformer
 * @param heads attention heads (which the file calls {@code attention_head_dim})
 * @param contextWidth width of the prompt's hidden states
 * @param linearProjection see {@link SpatialTransformer}
 * @param groups of the group norms
 * @param eps of the group norms
 * @param cosFirst whether the timestep embedding has its cosines before its sines
 * @param frequencyShift of the timestep embedding's frequencies
 * @param timeWidth width of the time embedding
 * @param inKernel side of the first convolution
 * @param outKernel side of the last convolution
 * @param added SDXL's embedding of the pooled prompt and the sizes
 */
public record UNetConfig(
        int inChannels,
        int outChannels,
        List<Integer> channels,
        List<Boolean> downAttention,
        List<Boolean> upAttention,
        List<Integer> layers,
        List<Integer> transformerLayers,
        List<Integer> heads,
        int contextWidth,
        boolean linearProjection,
        int groups,
        double eps,
        boolean cosFirst,
        double frequencyShift,
        int timeWidth,
        int inKernel,
        int outKernel,
        Optional<AddedEmbedding> added) {

    /**
     * What is added to the timestep's embedding.
     *
     * @param sizeWidth width of the sinusoids of each size
     * @param inWidth width of the pooled embedding and the sinusoids of all sizes
     */
    public record AddedEmbedding(int sizeWidth, int inWidth) {
        /** Numbers that say how large the picture is; see {@link UNet2DConditionModel.Added}. */
        public static final int SIZES = 6;

        /** Width of the pooled embedding. */
        public int pooledWidth() {
            return inWidth - SIZES * sizeWidth;
        }
    }

    public UNetConfig {
        channels = List.copyOf(channels);
        downAttention = List.copyOf(downAttention);
        upAttention = List.copyOf(upAttention);
        layers = List.copyOf(layers);
        transformerLayers = List.copyOf(transformerLayers);
        heads = List.copyOf(heads);
    }

    /** Reads and checks {@code unet/config.json}. */
    public static UNetConfig of(ConfigFile config) throws EngineException {
        onlyWhatIsSupported(config);
        List<Integer> channels = config.integers("block_out_channels");
        int blocks = channels.size();
        List<Boolean> down =
                ConfigChecks.blockTypes(
                                config, "down_block_types", blocks, List.of("CrossAttnDownBlock2D", "DownBlock2D"))
                        .stream()
                        .map("CrossAttnDownBlock2D"::equals)
                        .toList();
        List<Boolean> up =
                ConfigChecks.blockTypes(config, "up_block_types", blocks, List.of("CrossAttnUpBlock2D", "UpBlock2D"))
                        .stream()
                        .map("CrossAttnUpBlock2D"::equals)
                        .toList();
        String headsKey = config.has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim";
        UNetConfig read = new UNetConfig(
                config.integer("in_channels"),
                config.integer("out_channels"),
                channels,
                down,
                up,
                ConfigChecks.perBlock(config, "layers_per_block", blocks),
                config.has("transformer_layers_per_block")
                        ? ConfigChecks.perBlock(config, "transformer_layers_per_block", blocks)
                        : Collections.nCopies(blocks, 1),
                ConfigChecks.perBlock(config, headsKey, blocks),
                config.integer("cross_attention_dim"),
                config.flag("use_linear_projection", false),
                config.integer("norm_num_groups", 32),
                config.number("norm_eps", 1e-5),
                config.flag("flip_sin_to_cos", true),
                config.number("freq_shift", 0),
                config.integer("time_embedding_dim", 4 * channels.getFirst()),
                config.integer("conv_in_kernel", 3),
                config.integer("conv_out_kernel", 3),
                added(config));
        read.check(config, headsKey);
        return read;
    }

    /** As {@link #of}, from the settings of a ControlNet, which has the half of a UNet that goes down. */
    static UNetConfig ofControlNet(ConfigFile config) throws EngineException {
        config.supportsOnly("_class_name", "ControlNetModel");
        List<String> up = config.texts("down_block_types").reversed().stream()
                .map(type -> type.replace("Down", "Up"))
                .toList();
        return of(config.with("_class_name", "UNet2DConditionModel")
                .with("out_channels", config.integer("in_channels"))
                .with("up_block_types", up));
    }

    private static Optional<AddedEmbedding> added(ConfigFile config) throws EngineException {
        if (!config.has("addition_embed_type")) {
            return Optional.empty();
        }
        config.supportsOnly("addition_embed_type", "text_time");
        AddedEmbedding added = new AddedEmbedding(
                config.integer("addition_time_embed_dim"), config.integer("projection_class_embeddings_input_dim"));
        ConfigChecks.sane(config, "addition_time_embed_dim", List.of(added.sizeWidth()));
        ConfigChecks.sane(config, "projection_class_embeddings_input_dim", List.of(added.inWidth()));
        if (added.sizeWidth() % 2 != 0 || added.pooledWidth() < 1) {
            throw new EngineException.BadModel(config.name() + ": projection_class_embeddings_input_dim is "
                    + added.inWidth() + "; expected more than " + AddedEmbedding.SIZES
                    + " times addition_time_embed_dim, an even number, which is " + added.sizeWidth());
        }
        return Optional.of(added);
    }

    private void check(ConfigFile config, String headsKey) throws EngineException.BadModel {
        ConfigChecks.sane(config, "block_out_channels", channels);
        ConfigChecks.sane(config, "in_channels", List.of(inChannels));
        ConfigChecks.sane(config, "out_channels", List.of(outChannels));
        ConfigChecks.deep(config, "layers_per_block", layers);
        ConfigChecks.deep(config, "transformer_layers_per_block", transformerLayers);
        ConfigChecks.sane(config, "cross_attention_dim", List.of(contextWidth));
        ConfigChecks.sane(config, "time_embedding_dim", List.of(timeWidth));
        if (channels.getFirst() % 2 != 0) {
            throw new EngineException.BadModel(config.name() + ": block_out_channels is " + channels
                    + "; the first must be even, half sines and half cosines");
        }
        for (int i = 0; i < channels.size(); i++) {
            ConfigChecks.divides(config, "norm_num_groups", groups, "block_out_channels", channels.get(i));
            ConfigChecks.divides(config, headsKey, heads.get(i), "block_out_channels", channels.get(i));
        }
        if (inKernel % 2 == 0 || outKernel % 2 == 0) {
            throw new EngineException.BadModel(
                    config.name() + ": conv_in_kernel and conv_out_kernel must be odd, to keep the size");
        }
    }

    private static void onlyWhatIsSupported(ConfigFile config) throws EngineException.Unsupported {
        config.supportsOnly("_class_name", "UNet2DConditionModel");
        config.supportsOnly("act_fn", "silu");
        config.supportsOnly("attention_type", "default");
        config.supportsOnly("center_input_sample", false);
        config.supportsOnly("class_embeddings_concat", false);
        config.supportsOnly("downsample_padding", 1);
        config.supportsOnly("dual_cross_attention", false);
        config.supportsOnly("mid_block_only_cross_attention", false);
        config.supportsOnly("mid_block_scale_factor", 1);
        config.supportsOnly("mid_block_type", "UNetMidBlock2DCrossAttn");
        config.supportsOnly("only_cross_attention", false);
        config.supportsOnly("resnet_out_scale_factor", 1);
        config.supportsOnly("resnet_skip_time_act", false);
        config.supportsOnly("resnet_time_scale_shift", "default");
        config.supportsOnly("time_embedding_type", "positional");
        ConfigChecks.unused(
                config,
                "class_embed_type",
                "cross_attention_norm",
                "encoder_hid_dim",
                "encoder_hid_dim_type",
                "num_class_embeds",
                "reverse_transformer_layers_per_block",
                "time_cond_proj_dim",
                "time_embedding_act_fn",
                "timestep_post_act");
    }
}
