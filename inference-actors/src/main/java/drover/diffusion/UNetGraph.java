package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.Script;
import drover.graph.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The denoising network of Stable Diffusion (Rombach et al., 2022), diffusers' {@code UNet2DConditionModel}: down
 * blocks, a middle, up blocks that take up what the down blocks left.
 */
final class UNetGraph {
    /** Input: the latent, {@code [B, inChannels, h, w]}. */
    static final String SAMPLE = "sample";
    /** Input: float32 {@code [1]} or {@code [B]}, 0 to the training steps. */
    static final String TIMESTEP = "timestep";
    /** Input: the prompt's hidden states, {@code [B, T, contextWidth]}. */
    static final String CONTEXT = "context";
    /** Output: {@code [B, outChannels, h, w]}. */
    static final String PREDICTION = "prediction";

    private final UNetConfig config;
    private final Graph graph;
    private final ResnetBlock resnet;
    private final SpatialTransformer transformer;

    /** A hidden state that an up block will take, with its channels. */
    private record Skip(Tensor value, int channels) {}

    private UNetGraph(UNetConfig config, DataType dtype) {
        this.config = config;
        this.graph = new Graph("unet", dtype);
        this.resnet = new ResnetBlock(graph, config.groups(), config.eps(), config.timeWidth());
        this.transformer =
                new SpatialTransformer(graph, config.groups(), config.contextWidth(), config.linearProjection());
    }

    static Script describe(UNetConfig config, DataType dtype) {
        return new UNetGraph(config, dtype).forward();
    }

    private Script forward() {
        Tensor sample = graph.input(SAMPLE);
        Tensor timestep = graph.input(TIMESTEP);
        Tensor context = graph.input(CONTEXT);
        List<Integer> channels = config.channels();
        try (Layer unet = graph.layer("")) {
            // Every residual block applies SiLU to the time embedding first; once is enough.
            Tensor time = timeEmbedding(timestep).silu();
            int width = channels.getFirst();
            Tensor x = unet.conv2d("conv_in", sample, config.inChannels(), width, config.inKernel());
            Deque<Skip> skips = new ArrayDeque<>();
            skips.push(new Skip(x, width));
            for (int i = 0; i < channels.size(); i++) {
                x = downBlock(i, x, width, time, context, skips);
                width = channels.get(i);
            }
            x = midBlock(x, time, context);
            for (int i = channels.size() - 1; i >= 0; i--) {
                x = upBlock(i, x, width, time, context, skips);
                width = channels.get(i);
            }
            x = unet.groupNorm("conv_norm_out", x, config.groups(), width, config.eps())
                    .silu();
            graph.output(PREDICTION, unet.conv2d("conv_out", x, width, config.outChannels(), config.outKernel()));
        }
        return graph.script();
    }

    /** Sinusoids of the timestep (Vaswani et al., 2017) through two linear layers; sinusoids in float32 always. */
    private Tensor timeEmbedding(Tensor timestep) {
        int width = config.channels().getFirst();
        int half = width / 2;
        try (Layer at = graph.layer("time_embedding")) {
            Tensor frequencies = timestep.arange(half)
                    .mul(-Math.log(10_000))
                    .div(half - config.frequencyShift())
                    .exp();
            Tensor angles = timestep.unsqueeze(-1).mul(frequencies);
            Tensor waves =
                    config.cosFirst() ? at.cat(-1, angles.cos(), angles.sin()) : at.cat(-1, angles.sin(), angles.cos());
            Tensor h = at.linear("linear_1", waves.toGraphType(), width, config.timeWidth())
                    .silu();
            return at.linear("linear_2", h, config.timeWidth(), config.timeWidth());
        }
    }

    private Tensor downBlock(int i, Tensor x, int in, Tensor time, Tensor context, Deque<Skip> skips) {
        int out = config.channels().get(i);
        try (Layer at = graph.layer("down_blocks." + i)) {
            for (int j = 0; j < config.layers().get(i); j++) {
                x = resnet.apply("resnets." + j, x, Optional.of(time), j == 0 ? in : out, out);
                if (config.downAttention().get(i)) {
                    x = attend("attentions." + j, x, context, i);
                }
                skips.push(new Skip(x, out));
            }
            if (i < config.channels().size() - 1) {
                x = at.conv2d("downsamplers.0.conv", x, out, out, 3, 2, 1);
                skips.push(new Skip(x, out));
            }
            return x;
        }
    }

    private Tensor midBlock(Tensor x, Tensor time, Tensor context) {
        int innermost = config.channels().size() - 1;
        int channels = config.channels().get(innermost);
        try (Layer _ = graph.layer("mid_block")) {
            x = resnet.apply("resnets.0", x, Optional.of(time), channels, channels);
            x = attend("attentions.0", x, context, innermost);
            return resnet.apply("resnets.1", x, Optional.of(time), channels, channels);
        }
    }

    /** The up block that mirrors down block {@code i}; in the checkpoint they are numbered from the innermost. */
    private Tensor upBlock(int i, Tensor x, int in, Tensor time, Tensor context, Deque<Skip> skips) {
        int number = config.channels().size() - 1 - i;
        int out = config.channels().get(i);
        try (Layer at = graph.layer("up_blocks." + number)) {
            for (int j = 0; j <= config.layers().get(i); j++) {
                Skip skip = skips.pop();
                int below = j == 0 ? in : out;
                x = at.cat(1, x, skip.value());
                x = resnet.apply("resnets." + j, x, Optional.of(time), below + skip.channels(), out);
                if (config.upAttention().get(number)) {
                    x = attend("attentions." + j, x, context, i);
                }
            }
            if (i > 0) {
                // To the size of the next skip, which is not twice this one's where a side was odd.
                x = x.upsampleNearestTo(skips.element().value());
                x = at.conv2d("upsamplers.0.conv", x, out, out, 3);
            }
            return x;
        }
    }

    private Tensor attend(String path, Tensor x, Tensor context, int i) {
        return transformer.apply(
                path,
                x,
                context,
                config.channels().get(i),
                config.heads().get(i),
                config.transformerLayers().get(i));
    }
}
