package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import drover.graph.Edges;
import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.Script;
import drover.graph.Tensor;
import java.util.List;
import java.util.Optional;

/** The two halves of the picture autoencoder (Esser et al., 2021; Rombach et al., 2022), each a graph of its own. */
final class VaeGraph {
    /** Encoder's input: {@code [B, 3, H, W]} in [-1, 1], sides multiples of the factor. */
    static final String PICTURE = "picture";
    /** Encoder's output: mean of the posterior, {@code [B, C, h, w]}. */
    static final String MEAN = "mean";
    /** Encoder's output: logarithm of the posterior's variance, {@code [B, C, h, w]}, in [-30, 20]. */
    static final String LOG_VARIANCE = "log_variance";
    /** Decoder's input: {@code [B, C, h, w]}, without the scaling factor. */
    static final String LATENT = "latent";

    /** All norms of the autoencoder; it is no setting. */
    private static final double EPS = 1e-6;

    private final VaeConfig config;
    private final Graph graph;
    private final ResnetBlock resnet;

    private VaeGraph(String name, VaeConfig config, DataType dtype, Edges edges) {
        this.config = config;
        this.graph = new Graph(name, dtype, edges);
        this.resnet = new ResnetBlock(graph, config.groups(), EPS, 0);
    }

    static Script encoder(VaeConfig config, DataType dtype) {
        return encoder(config, dtype, Edges.ZEROS);
    }

    static Script encoder(VaeConfig config, DataType dtype, Edges edges) {
        return new VaeGraph("vae encoder", config, dtype, edges).encode();
    }

    static Script decoder(VaeConfig config, DataType dtype) {
        return decoder(config, dtype, Edges.ZEROS);
    }

    static Script decoder(VaeConfig config, DataType dtype, Edges edges) {
        return new VaeGraph("vae decoder", config, dtype, edges).decode();
    }

    private Script encode() {
        List<Integer> channels = config.channels();
        int moments = 2 * config.latentChannels();
        Tensor x = graph.input(PICTURE);
        try (Layer vae = graph.layer("")) {
            int width = channels.getFirst();
            try (Layer at = graph.layer("encoder")) {
                x = at.conv2d("conv_in", x, config.pictureChannels(), width, 3);
                for (int i = 0; i < channels.size(); i++) {
                    x = downBlock(i, x, width);
                    width = channels.get(i);
                }
                x = midBlock(x, width);
                x = at.groupNorm("conv_norm_out", x, config.groups(), width, EPS)
                        .silu();
                x = at.conv2d("conv_out", x, width, moments, 3);
            }
            if (config.quantConv()) {
                x = vae.conv2d("quant_conv", x, moments, moments, 1);
            }
            List<Tensor> halves = x.chunk(2, 1);
            graph.output(MEAN, halves.get(0));
            graph.output(LOG_VARIANCE, halves.get(1).clamp(-30, 20));
        }
        return graph.script();
    }

    private Script decode() {
        List<Integer> channels = config.channels();
        Tensor x = graph.input(LATENT);
        try (Layer vae = graph.layer("")) {
            if (config.postQuantConv()) {
                x = vae.conv2d("post_quant_conv", x, config.latentChannels(), config.latentChannels(), 1);
            }
            try (Layer at = graph.layer("decoder")) {
                int width = channels.getLast();
                x = at.conv2d("conv_in", x, config.latentChannels(), width, 3);
                x = midBlock(x, width);
                for (int i = channels.size() - 1; i >= 0; i--) {
                    x = upBlock(i, x, width);
                    width = channels.get(i);
                }
                x = at.groupNorm("conv_norm_out", x, config.groups(), width, EPS)
                        .silu();
                graph.output(PICTURE, at.conv2d("conv_out", x, width, config.pictureChannels(), 3));
            }
        }
        return graph.script();
    }

    private Tensor downBlock(int i, Tensor x, int in) {
        int out = config.channels().get(i);
        try (Layer at = graph.layer("down_blocks." + i)) {
            for (int j = 0; j < config.layers(); j++) {
                x = resnet.apply("resnets." + j, x, Optional.empty(), j == 0 ? in : out, out);
            }
            if (i < config.channels().size() - 1) {
                // To the right and below only, unlike the UNet.
                x = at.conv2d("downsamplers.0.conv", x.pad(0, 1, 0, 1), out, out, 3, 2, 0);
            }
            return x;
        }
    }

    private Tensor midBlock(Tensor x, int channels) {
        try (Layer _ = graph.layer("mid_block")) {
            x = resnet.apply("resnets.0", x, Optional.empty(), channels, channels);
            if (config.midAttention()) {
                x = attention("attentions.0", x, channels);
            }
            return resnet.apply("resnets.1", x, Optional.empty(), channels, channels);
        }
    }

    /** The decoder's block at the level of encoder block {@code i}; numbered from the innermost. */
    private Tensor upBlock(int i, Tensor x, int in) {
        int out = config.channels().get(i);
        try (Layer at = graph.layer("up_blocks." + (config.channels().size() - 1 - i))) {
            for (int j = 0; j <= config.layers(); j++) {
                x = resnet.apply("resnets." + j, x, Optional.empty(), j == 0 ? in : out, out);
            }
            return i > 0 ? at.conv2d("upsamplers.0.conv", x.upsampleNearest(2), out, out, 3) : x;
        }
    }

    /** One head over all pixels; unlike in the UNet, all four projections have biases. */
    private Tensor attention(String path, Tensor x, int channels) {
        try (Layer at = graph.layer(path)) {
            Tensor h = at.groupNorm("group_norm", x, config.groups(), channels, EPS)
                    .flatten(2, 3)
                    .transpose(1, 2);
            Tensor q = at.linear("to_q", h, channels, channels);
            Tensor k = at.linear("to_k", h, channels, channels);
            Tensor v = at.linear("to_v", h, channels, channels);
            h = at.linear("to_out.0", q.multiHeadAttention(k, v, 1, false), channels, channels);
            return h.transpose(1, 2).unflattenLike(x, 2).add(x);
        }
    }
}
