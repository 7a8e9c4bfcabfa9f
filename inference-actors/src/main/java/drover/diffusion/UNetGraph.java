package drover.diffusion;

import ai.djl.ndarray.types.DataType;
import drover.graph.Edges;
import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.Script;
import drover.graph.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
    /** Input of SDXL's: the pooled embedding of the prompt, {@code [B, width]}. */
    static final String POOLED = "pooled";
    /** Input of SDXL's: float32 {@code [B, 6]}; see {@link UNet2DConditionModel.Added}. */
    static final String SIZES = "sizes";
    /** Input of a ControlNet: what to follow, {@code [B, 3, H, W]} in [0, 1]. */
    static final String HINT = "hint";
    /** Output: {@code [B, outChannels, h, w]}. */
    static final String PREDICTION = "prediction";

    private static final int HINT_CHANNELS = 3;

    private final UNetConfig config;
    private final Graph graph;
    private final ResnetBlock resnet;
    private final SpatialTransformer transformer;

    /** Input of a controlled UNet: what is added to the skip of that number, or to the middle. */
    static String residual(int number) {
        return "residual_" + number;
    }

    /** A hidden state that an up block will take, with its channels. */
    record Skip(Tensor value, int channels) {}

    /**
     * What the half that goes down leaves.
     *
     * @param x after the middle
     * @param time the time embedding, after SiLU
     * @param skips the newest last
     */
    record Half(Tensor x, Tensor time, List<Skip> skips) {}

    private UNetGraph(String name, UNetConfig config, DataType dtype, Edges edges) {
        this.config = config;
        this.graph = new Graph(name, dtype, edges);
        this.resnet = new ResnetBlock(graph, config.groups(), config.eps(), config.timeWidth());
        this.transformer = new SpatialTransformer(
                graph, config.groups(), config.contextWidth(), config.linearProjection(), config.upcastAttention());
    }

    static Script describe(UNetConfig config, DataType dtype) {
        return describe(config, dtype, Edges.ZEROS);
    }

    static Script describe(UNetConfig config, DataType dtype, Edges edges) {
        return new UNetGraph("unet", config, dtype, edges).forward(false);
    }

    /** With inputs for what a ControlNet adds, after all others. */
    static Script describeControlled(UNetConfig config, DataType dtype, Edges edges) {
        return new UNetGraph("controlled unet", config, dtype, edges).forward(true);
    }

    /** How many residuals a ControlNet adds, the middle's included. */
    static int residuals(UNetConfig config) {
        return config.layers().stream().mapToInt(layers -> layers + 1).sum() + 1;
    }

    /**
     * A ControlNet (Zhang et al., 2023): the half that goes down, and a convolution on each of its skips.
     *
     * @param hintChannels of the convolutions between the hint and the first hidden state
     */
    static Script describeControlNet(UNetConfig config, List<Integer> hintChannels, DataType dtype) {
        return new UNetGraph("controlnet", config, dtype, Edges.ZEROS).control(hintChannels);
    }

    private Script control(List<Integer> hintChannels) {
        Tensor sample = graph.input(SAMPLE);
        Tensor timestep = graph.input(TIMESTEP);
        Tensor context = graph.input(CONTEXT);
        Tensor hint = graph.input(HINT);
        Half half = down(sample, timestep, context, Optional.of(hintEmbedding(hint, hintChannels)));
        try (Layer net = graph.layer("")) {
            int number = 0;
            for (Skip skip : half.skips()) {
                int channels = skip.channels();
                graph.output(
                        residual(number),
                        net.conv2d("controlnet_down_blocks." + number, skip.value(), channels, channels, 1));
                number++;
            }
            int channels = config.channels().getLast();
            graph.output(residual(number), net.conv2d("controlnet_mid_block", half.x(), channels, channels, 1));
        }
        return graph.script();
    }

    /** A picture to the size and channels of the first hidden state; every second convolution halves the size. */
    private Tensor hintEmbedding(Tensor hint, List<Integer> channels) {
        try (Layer at = graph.layer("controlnet_cond_embedding")) {
            Tensor x = at.conv2d("conv_in", hint, HINT_CHANNELS, channels.getFirst(), 3)
                    .silu();
            int block = 0;
            for (int i = 0; i + 1 < channels.size(); i++) {
                int in = channels.get(i);
                x = at.conv2d("blocks." + block, x, in, in, 3).silu();
                x = at.conv2d("blocks." + (block + 1), x, in, channels.get(i + 1), 3, 2, 1)
                        .silu();
                block += 2;
            }
            return at.conv2d(
                    "conv_out", x, channels.getLast(), config.channels().getFirst(), 3);
        }
    }

    private Half down(Tensor sample, Tensor timestep, Tensor context, Optional<Tensor> hint) {
        List<Integer> channels = config.channels();
        try (Layer unet = graph.layer("")) {
            // Every residual block applies SiLU to the time embedding first; once is enough.
            Tensor embedding = timeEmbedding(timestep);
            if (config.added().isPresent()) {
                embedding = embedding.add(addedEmbedding(config.added().get()));
            }
            Tensor time = embedding.silu();
            int width = channels.getFirst();
            Tensor x = unet.conv2d("conv_in", sample, config.inChannels(), width, config.inKernel());
            if (hint.isPresent()) {
                x = x.add(hint.get());
            }
            List<Skip> skips = new ArrayList<>();
            skips.add(new Skip(x, width));
            for (int i = 0; i < channels.size(); i++) {
                x = downBlock(i, x, width, time, context, skips);
                width = channels.get(i);
            }
            return new Half(midBlock(x, time, context), time, List.copyOf(skips));
        }
    }

    private Script forward(boolean controlled) {
        Tensor sample = graph.input(SAMPLE);
        Tensor timestep = graph.input(TIMESTEP);
        Tensor context = graph.input(CONTEXT);
        List<Integer> channels = config.channels();
        Half half = down(sample, timestep, context, Optional.empty());
        Tensor x = half.x();
        Deque<Skip> skips = new ArrayDeque<>();
        for (Skip skip : half.skips()) {
            Tensor value = controlled ? skip.value().add(graph.input(residual(skips.size()))) : skip.value();
            skips.push(new Skip(value, skip.channels()));
        }
        if (controlled) {
            x = x.add(graph.input(residual(skips.size())));
        }
        try (Layer unet = graph.layer("")) {
            int width = channels.getLast();
            for (int i = channels.size() - 1; i >= 0; i--) {
                x = upBlock(i, x, width, half.time(), context, skips);
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
        try (Layer at = graph.layer("time_embedding")) {
            Tensor h = at.linear("linear_1", sinusoids(at, timestep, width), width, config.timeWidth())
                    .silu();
            return at.linear("linear_2", h, config.timeWidth(), config.timeWidth());
        }
    }

    /** The pooled prompt, and sinusoids of every size, through two linear layers (Podell et al., 2023, section 2.2). */
    private Tensor addedEmbedding(UNetConfig.AddedEmbedding added) {
        Tensor pooled = graph.input(POOLED);
        Tensor sizes = graph.input(SIZES);
        try (Layer at = graph.layer("add_embedding")) {
            Tensor waves = sinusoids(at, sizes, added.sizeWidth()).flatten(1, 2);
            Tensor h = at.linear("linear_1", at.cat(-1, pooled, waves), added.inWidth(), config.timeWidth())
                    .silu();
            return at.linear("linear_2", h, config.timeWidth(), config.timeWidth());
        }
    }

    /** {@code [...]} to {@code [..., width]}. */
    private Tensor sinusoids(Layer at, Tensor numbers, int width) {
        int half = width / 2;
        Tensor frequencies = numbers.arange(half)
                .mul(-Math.log(10_000))
                .div(half - config.frequencyShift())
                .exp();
        Tensor angles = numbers.unsqueeze(-1).mul(frequencies);
        Tensor waves =
                config.cosFirst() ? at.cat(-1, angles.cos(), angles.sin()) : at.cat(-1, angles.sin(), angles.cos());
        return waves.toGraphType();
    }

    private Tensor downBlock(int i, Tensor x, int in, Tensor time, Tensor context, List<Skip> skips) {
        int out = config.channels().get(i);
        try (Layer at = graph.layer("down_blocks." + i)) {
            for (int j = 0; j < config.layers().get(i); j++) {
                x = resnet.apply("resnets." + j, x, Optional.of(time), j == 0 ? in : out, out);
                if (config.downAttention().get(i)) {
                    x = attend("attentions." + j, x, context, i);
                }
                skips.add(new Skip(x, out));
            }
            if (i < config.channels().size() - 1) {
                x = at.conv2d("downsamplers.0.conv", x, out, out, 3, 2, 1);
                skips.add(new Skip(x, out));
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
