package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.Edges;
import drover.graph.FlopCount;
import drover.graph.Holding;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.weights.Lora;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A denoising UNet with its weights. Thread-safe; owns its native memory. */
public final class UNet2DConditionModel implements AutoCloseable {
    private final UNetConfig config;
    private final Network network;
    private final Edges edges;

    private UNet2DConditionModel(UNetConfig config, Network network, Edges edges) {
        this.config = config;
        this.network = network;
        this.edges = edges;
    }

    /** A UNet on disk, checked but not loaded. */
    record Plan(UNetConfig config, Network.Plan network) implements AutoCloseable {
        static Plan of(ModelSource model, String part, DataType dtype, Holding holding) throws EngineException {
            UNetConfig config = UNetConfig.of(model.config(part));
            return new Plan(
                    config,
                    Network.Plan.of(
                            UNetGraph.describe(config, dtype),
                            model,
                            part,
                            holding,
                            names -> UnaryOperator.identity()));
        }

        UNet2DConditionModel load(Torch torch, LoadedWeights.Listener listener) throws EngineException {
            return new UNet2DConditionModel(config, network.load(torch, listener), Edges.ZEROS);
        }

        @Override
        public void close() {
            network.close();
        }
    }

    /** Loads the UNet of a model, usually its part {@code unet}. */
    public static UNet2DConditionModel load(Torch torch, ModelSource model, String part, DataType dtype)
            throws EngineException {
        try (Plan plan = Plan.of(model, part, dtype, Holding.AS_COMPUTED)) {
            return plan.load(torch, bytes -> {});
        }
    }

    /** This network with LoRAs; what they leave alone is shared, so it must be closed before this one. */
    public UNet2DConditionModel with(Torch torch, LoraStack loras) throws EngineException {
        return new UNet2DConditionModel(config, network.patched(torch, loras.ofUnet(config)), edges);
    }

    /** Whether a LoRA changes any of its weights. */
    boolean isChangedBy(Lora lora) {
        return LoraStack.changes(lora, network.specs(), LoraStack.unetNames(config));
    }

    /** This network for pictures whose opposite edges fit together; must be closed before this one. */
    UNet2DConditionModel tiling(Torch torch) {
        return new UNet2DConditionModel(
                config, network.sharing(torch, UNetGraph.describe(config, dtype(), Edges.CIRCULAR)), Edges.CIRCULAR);
    }

    /** This network with inputs for what a ControlNet adds; must be closed before this one. */
    public ControlledUNet controlled(Torch torch) throws EngineException {
        if (config.added().isPresent()) {
            throw new EngineException.Unsupported("ControlNets are supported for Stable Diffusion 1 only");
        }
        return new ControlledUNet(network.sharing(torch, UNetGraph.describeControlled(config, dtype(), edges)));
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
     * What the networks of SDXL are told beside the prompt's hidden states. Whoever made the arrays owns them.
     *
     * @param pooled the prompts' pooled embeddings, {@code [B, width]}
     * @param sizes original height and width, top and left of the crop, height and width aimed at: float32 {@code [B,
     *     6]}
     */
    public record Added(NDArray pooled, NDArray sizes) {}

    /**
     * One pass.
     *
     * @param scope owns the result
     * @param sample {@code [B, inChannels, h, w]}, already scaled; any height and width
     * @param timestep 0 to the training steps; may be fractional
     * @param context the prompts' hidden states, {@code [B, T, contextWidth]}, any T
     * @param added there if and only if the network has an added embedding
     * @return {@code [B, outChannels, h, w]}
     */
    public NDArray predict(NativeScope scope, NDArray sample, float timestep, NDArray context, Optional<Added> added) {
        if (added.isPresent() != config.added().isPresent()) {
            throw new IllegalArgumentException("pooled embeddings and sizes go with SDXL's network, and only with it");
        }
        try (NDArray time = scope.floats(new float[] {timestep}, 1)) {
            return added.map(a -> network.run(scope, sample, time, context, a.pooled(), a.sizes()))
                    .orElseGet(() -> network.run(scope, sample, time, context))
                    .get(UNetGraph.PREDICTION);
        }
    }

    /** What one pass costs; see {@link #predict} for the arguments. */
    public FlopCount flops(
            Torch torch, NativeScope scope, NDArray sample, float timestep, NDArray context, Optional<Added> added) {
        NDArray time = scope.floats(new float[] {timestep}, 1);
        return added.map(a -> network.flops(torch, sample, time, context, a.pooled(), a.sizes()))
                .orElseGet(() -> network.flops(torch, sample, time, context));
    }

    /** Nanoseconds that have passed within libtorch in all passes of this network so far. */
    public long nativeNanos() {
        return network.nativeNanos();
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
