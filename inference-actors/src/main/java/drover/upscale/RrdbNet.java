package drover.upscale;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.CompiledGraph;
import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Script;
import drover.graph.Tensor;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.weights.SafeTensors;
import drover.weights.WeightsException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The upscaler of ESRGAN (Wang et al., 2018) and RealESRGAN (Wang et al., 2021): residual blocks in residual blocks of
 * densely connected convolutions, then two doublings. Thread-safe; owns its native memory.
 */
public final class RrdbNet implements AutoCloseable {
    private static final String PICTURE = "picture";
    private static final String LARGER = "larger";
    private static final double SLOPE = 0.2;
    private static final double RESIDUAL = 0.2;
    private static final int DENSE = 3;
    private static final int CONVOLUTIONS = 5;

    private static final Pattern OLD_BLOCK = Pattern.compile("body\\.(\\d+)\\.rdb(\\d)\\.conv(\\d)\\.(.*)");
    private static final Map<String, String> OLD_NAMES = Map.of(
            "conv_first", "model.0",
            "conv_up1", "model.3",
            "conv_up2", "model.6",
            "conv_hr", "model.8",
            "conv_last", "model.10");

    private final RrdbConfig config;
    private final CompiledGraph graph;
    private final LoadedWeights weights;

    private RrdbNet(RrdbConfig config, CompiledGraph graph, LoadedWeights weights) {
        this.config = config;
        this.graph = graph;
        this.weights = weights;
    }

    /**
     * Loads a file, under the names of RealESRGAN or the older ones of ESRGAN.
     *
     * @throws EngineException.Unsupported if it is another kind of network
     * @throws EngineException.BadModel if it cannot be read or lacks a tensor
     */
    public static RrdbNet load(Torch torch, Path file, DataType dtype) throws EngineException {
        try (SafeTensors stored = SafeTensors.open(file)) {
            boolean old = stored.find("model.0.weight").isPresent();
            int trunk = old ? trunk(stored) : 0;
            RrdbConfig config = RrdbConfig.of(stored, file.toString(), old);
            Script script = describe(config, dtype);
            CompiledGraph graph = new CompiledGraph(torch, script);
            try {
                LoadedWeights weights = LoadedWeights.load(
                        torch,
                        script,
                        stored,
                        file.toString(),
                        key -> old && key.startsWith("conv_body.")
                                ? "model.1.sub." + trunk + key.substring("conv_body".length())
                                : storedName(key, old),
                        bytes -> {});
                return new RrdbNet(config, graph, weights);
            } catch (EngineException | RuntimeException e) {
                graph.close();
                throw e;
            }
        } catch (WeightsException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * How many times as large the network in a file makes pictures, by the file's header alone. Loads no native code, so
     * the control process may use it.
     *
     * @throws EngineException.Unsupported if it is another kind of network
     * @throws EngineException.BadModel if it cannot be read
     */
    public static int scaleOf(Path file) throws EngineException {
        return configOf(file).scale();
    }

    /**
     * Bytes that the weights of the network in a file will take in the device's memory, whatever type the file has them in,
     * by the file's header alone. Fails as {@link #scaleOf} does.
     */
    public static long weightBytes(Path file, DataType dtype) throws EngineException {
        return LoadedWeights.bytes(describe(configOf(file), dtype));
    }

    private static RrdbConfig configOf(Path file) throws EngineException {
        try (SafeTensors stored = SafeTensors.open(file)) {
            return RrdbConfig.of(
                    stored, file.toString(), stored.find("model.0.weight").isPresent());
        } catch (WeightsException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
    }

    /** The convolution after the blocks has the number that the next block would have. */
    private static int trunk(SafeTensors stored) {
        int blocks = 0;
        while (stored.find("model.1.sub." + blocks + ".RDB1.conv1.0.weight").isPresent()) {
            blocks++;
        }
        return blocks;
    }

    static String storedName(String key, boolean old) {
        if (!old) {
            return key;
        }
        Matcher block = OLD_BLOCK.matcher(key);
        if (block.matches()) {
            return "model.1.sub." + block.group(1) + ".RDB" + block.group(2) + ".conv" + block.group(3) + ".0."
                    + block.group(4);
        }
        int dot = key.lastIndexOf('.');
        String stem = key.substring(0, dot);
        return OLD_NAMES.getOrDefault(stem, stem) + key.substring(dot);
    }

    private static Script describe(RrdbConfig config, DataType dtype) {
        Graph graph = new Graph("upscaler", dtype);
        int features = config.features();
        Tensor x = graph.input(PICTURE);
        try (Layer net = graph.layer("")) {
            if (config.shuffled() > 1) {
                x = x.pixelUnshuffle(config.shuffled());
            }
            Tensor shallow = net.conv2d("conv_first", x, config.inChannels(), features, 3);
            Tensor deep = shallow;
            for (int i = 0; i < config.blocks(); i++) {
                deep = block(graph, "body." + i, deep, config);
            }
            x = shallow.add(net.conv2d("conv_body", deep, features, features, 3));
            x = net.conv2d("conv_up1", x.upsampleNearest(2), features, features, 3)
                    .leakyRelu(SLOPE);
            x = net.conv2d("conv_up2", x.upsampleNearest(2), features, features, 3)
                    .leakyRelu(SLOPE);
            x = net.conv2d("conv_hr", x, features, features, 3).leakyRelu(SLOPE);
            graph.output(LARGER, net.conv2d("conv_last", x, features, 3, 3));
        }
        return graph.script();
    }

    private static Tensor block(Graph graph, String path, Tensor x, RrdbConfig config) {
        Tensor h = x;
        for (int i = 1; i <= DENSE; i++) {
            h = dense(graph, path + ".rdb" + i, h, config);
        }
        return h.mul(RESIDUAL).add(x);
    }

    /** Every convolution sees what all before it made. */
    private static Tensor dense(Graph graph, String path, Tensor x, RrdbConfig config) {
        try (Layer at = graph.layer(path)) {
            Tensor all = x;
            int channels = config.features();
            for (int i = 1; i < CONVOLUTIONS; i++) {
                Tensor more =
                        at.conv2d("conv" + i, all, channels, config.growth(), 3).leakyRelu(SLOPE);
                all = at.cat(1, all, more);
                channels += config.growth();
            }
            return at.conv2d("conv" + CONVOLUTIONS, all, channels, config.features(), 3)
                    .mul(RESIDUAL)
                    .add(x);
        }
    }

    /** How many times as large pictures become. */
    public int scale() {
        return config.scale();
    }

    /** Sides of pictures must be multiples of this. */
    public int multiple() {
        return config.shuffled();
    }

    /**
     * Makes pictures larger.
     *
     * @param scope owns the result
     * @param picture {@code [B, 3, H, W]} in [0, 1], sides multiples of {@link #multiple}
     * @return {@code [B, 3, scale H, scale W]}, nominally in [0, 1], not clamped
     */
    public NDArray upscale(NativeScope scope, NDArray picture) {
        return graph.run(weights, scope, picture).get(LARGER);
    }

    /** The type of its weights, in which pictures are handed in. */
    DataType dtype() {
        return graph.script().dtype();
    }

    /** Bytes of its weights in memory. */
    public long bytes() {
        return weights.bytes();
    }

    @Override
    public void close() {
        graph.close();
        weights.close();
    }
}
