package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.inference.EngineException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** A denoising UNet with its weights. Thread-safe; owns its native memory. */
public final class UNet2DConditionModel implements AutoCloseable {
    private final UNetConfig config;
    private final Network network;

    private UNet2DConditionModel(UNetConfig config, Network network) {
        this.config = config;
        this.network = network;
    }

    /** A UNet on disk, checked but not loaded. */
    record Plan(UNetConfig config, Network.Plan network) implements AutoCloseable {
        static Plan of(Path folder, DataType dtype) throws EngineException {
            UNetConfig config = UNetConfig.of(ConfigFile.read(folder.resolve("config.json")));
            return new Plan(
                    config,
                    Network.Plan.of(
                            UNetGraph.describe(config, dtype),
                            folder,
                            "diffusion_pytorch_model",
                            names -> UnaryOperator.identity()));
        }

        UNet2DConditionModel load(Torch torch, LoadedWeights.Listener listener) throws EngineException {
            return new UNet2DConditionModel(config, network.load(torch, listener));
        }

        @Override
        public void close() {
            network.close();
        }
    }

    /** Loads a {@code unet} folder: {@code config.json} and {@code diffusion_pytorch_model.safetensors}. */
    public static UNet2DConditionModel load(Torch torch, Path folder, DataType dtype) throws EngineException {
        try (Plan plan = Plan.of(folder, dtype)) {
            return plan.load(torch, bytes -> {});
        }
    }

    /** Its settings. */
    public UNetConfig config() {
        return config;
    }

    /** The type of its weights, in which samples and contexts are handed in. */
    public DataType dtype() {
        return network.dtype();
    }

    /**
     * One pass.
     *
     * @param scope owns the result
     * @param sample {@code [B, inChannels, h, w]}, already scaled; any height and width
     * @param timestep 0 to the training steps; may be fractional
     * @param context the prompts' hidden states, {@code [B, T, contextWidth]}, any T
     * @return {@code [B, outChannels, h, w]}
     */
    public NDArray predict(NativeScope scope, NDArray sample, float timestep, NDArray context) {
        try (NDArray time = scope.floats(new float[] {timestep}, 1)) {
            return network.run(scope, sample, time, context).get(UNetGraph.PREDICTION);
        }
    }

    /** Bytes of its weights in memory. */
    public long bytes() {
        return network.bytes();
    }

    @Override
    public void close() {
        network.close();
    }
}
