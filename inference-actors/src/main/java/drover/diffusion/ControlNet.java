package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.CompiledGraph;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Outputs;
import drover.graph.Script;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.weights.Checkpoint;
import drover.weights.RenamedWeights;
import drover.weights.SafeTensors;
import drover.weights.Weights;
import drover.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A ControlNet (Zhang et al., 2023): a copy of a UNet's half that goes down, which looks at a picture to follow and adds
 * to what the UNet knows. Thread-safe; owns its native memory.
 */
public final class ControlNet implements AutoCloseable {
    private static final String SETTINGS = "config.json";
    private static final String USUAL_SETTINGS = "/drover/architectures/sd1/controlnet.json";

    private final UNetConfig config;
    private final CompiledGraph graph;
    private final LoadedWeights weights;

    private ControlNet(UNetConfig config, CompiledGraph graph, LoadedWeights weights) {
        this.config = config;
        this.graph = graph;
        this.weights = weights;
    }

    /**
     * Loads a ControlNet.
     *
     * @param path a folder with {@code diffusion_pytorch_model.safetensors}, or a file with the original key names
     * @param settings the folder that has its {@code config.json}
     */
    public static ControlNet load(Torch torch, Path path, Path settings, DataType dtype) throws EngineException {
        return load(torch, path, ConfigFile.read(settings.resolve(SETTINGS)), dtype);
    }

    /** As {@link #load(Torch, Path, Path, DataType)}; a folder has its own settings, a file those of Stable Diffusion 1. */
    public static ControlNet load(Torch torch, Path path, DataType dtype) throws EngineException {
        return load(torch, path, settings(path), dtype);
    }

    /** Bytes that the weights of a ControlNet will take in memory, from its configuration alone. */
    public static long weightBytes(Path path, DataType dtype) throws EngineException {
        ConfigFile json = settings(path);
        return LoadedWeights.bytes(describe(json, config(json), dtype));
    }

    private static ConfigFile settings(Path path) throws EngineException.BadModel {
        Path own = path.resolve(SETTINGS);
        return Files.exists(own) ? ConfigFile.read(own) : ConfigFile.resource(USUAL_SETTINGS);
    }

    private static UNetConfig config(ConfigFile json) throws EngineException {
        json.supportsOnly("controlnet_conditioning_channel_order", "rgb");
        json.supportsOnly("conditioning_channels", 3);
        json.supportsOnly("global_pool_conditions", false);
        return UNetConfig.ofControlNet(json);
    }

    private static Script describe(ConfigFile json, UNetConfig config, DataType dtype) throws EngineException {
        List<Integer> hint = json.integers("conditioning_embedding_out_channels");
        ConfigChecks.sane(json, "conditioning_embedding_out_channels", hint);
        return UNetGraph.describeControlNet(config, hint, dtype);
    }

    private static ControlNet load(Torch torch, Path path, ConfigFile json, DataType dtype) throws EngineException {
        UNetConfig config = config(json);
        Script script = describe(json, config, dtype);
        try (Weights stored = open(path, config)) {
            CompiledGraph graph = new CompiledGraph(torch, script);
            try {
                return new ControlNet(
                        config,
                        graph,
                        LoadedWeights.load(
                                torch, script, stored, path.toString(), UnaryOperator.identity(), bytes -> {}));
            } catch (EngineException | RuntimeException e) {
                graph.close();
                throw e;
            }
        }
    }

    private static Weights open(Path path, UNetConfig config) throws EngineException.BadModel {
        try {
            return Files.isDirectory(path)
                    ? Checkpoint.open(path, "diffusion_pytorch_model")
                    : new RenamedWeights(SafeTensors.open(path), OriginalNames.controlNet(config));
        } catch (WeightsException e) {
            throw new EngineException.BadModel("the ControlNet cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * How much of each residual is added.
     *
     * @param scale 0 to 1, or more
     * @param guess whether the outermost get a tenth only, so that the picture counts more than the prompt
     * @return one for each skip from the outermost on, then the middle's
     */
    public List<Double> scales(double scale, boolean guess) {
        int count = UNetGraph.residuals(config);
        List<Double> scales = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            scales.add(guess ? scale * Math.pow(10, (double) i / (count - 1) - 1) : scale);
        }
        return scales;
    }

    /**
     * One pass.
     *
     * @param scope owns the results
     * @param hint the picture to follow, {@code [B, 3, H, W]} in [0, 1], 8 times the sample's size
     * @param scales see {@link #scales}
     * @return one for each skip from the outermost on, then the middle's
     */
    public List<NDArray> residuals(
            NativeScope scope, NDArray sample, float timestep, NDArray context, NDArray hint, List<Double> scales) {
        try (NDArray time = scope.floats(new float[] {timestep}, 1)) {
            Outputs outputs = graph.run(weights, scope, sample, time, context, hint);
            List<NDArray> residuals = new ArrayList<>();
            for (int i = 0; i < scales.size(); i++) {
                residuals.add(
                        outputs.get(UNetGraph.residual(i)).mul(scales.get(i).floatValue()));
            }
            return residuals;
        }
    }

    /** Whether it is the half of such a network. */
    boolean fits(UNetConfig unet) {
        return config.channels().equals(unet.channels())
                && config.layers().equals(unet.layers())
                && config.contextWidth() == unet.contextWidth()
                && config.inChannels() == unet.inChannels();
    }

    /** Bytes of its weights in memory. */
    public long bytes() {
        return weights.bytes();
    }

    /** The type of its weights, in which samples, contexts and hints are handed in. */
    public DataType dtype() {
        return graph.script().dtype();
    }

    @Override
    public void close() {
        graph.close();
        weights.close();
    }
}
