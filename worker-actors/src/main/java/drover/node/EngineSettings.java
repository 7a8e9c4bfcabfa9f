package drover.node;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import drover.diffusion.ExtraFiles;
import drover.graph.Precision;
import drover.graph.TorchOptions;
import drover.inference.fault.FaultSettings;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;

/** Which engine a node runs, and how. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "engine")
@JsonSubTypes({
    @JsonSubTypes.Type(value = EngineSettings.PyTorch.class, name = "pytorch"),
    @JsonSubTypes.Type(value = EngineSettings.Fault.class, name = "fault")
})
public sealed interface EngineSettings {
    /** The time of day that goes with the engine: the fault engine's may be off. */
    default InstantSource clock() {
        return switch (this) {
            case PyTorch _ -> InstantSource.system();
            case Fault(FaultSettings settings) -> settings.clock();
        };
    }

    /**
     * How libtorch is used outside the engine.
     *
     * @param device see {@link TorchOptions#on}
     */
    default TorchOptions torch(String device) {
        int processors = Runtime.getRuntime().availableProcessors();
        return switch (this) {
            case PyTorch engine ->
                TorchOptions.on(device, engine.threads() > 0 ? engine.threads() : processors)
                        .mapping(engine.mapWeights());
            case Fault _ -> TorchOptions.on(device, processors);
        };
    }

    /**
     * Models on libtorch.
     *
     * @param threads threads of one operation; 0 leaves the choice to libtorch
     * @param precision what networks compute in; empty lets the engine decide
     * @param modelCacheBytes how much memory resident models may take; empty lets the engine decide
     * @param graphOptimizer whether libtorch's graph optimiser runs
     * @param mapWeights whether weights are used where they lie in their mapped file, where that is possible
     * @param files LoRAs, upscalers and ControlNets that models are combined with
     */
    record PyTorch(
            int threads,
            Optional<Precision> precision,
            OptionalLong modelCacheBytes,
            boolean graphOptimizer,
            boolean mapWeights,
            ExtraFiles files)
            implements EngineSettings {
        public PyTorch {
            if (threads < 0 || threads > 1024) {
                throw new IllegalArgumentException("threads must be 0 to 1024, but was " + threads);
            }
            if (modelCacheBytes.isPresent() && modelCacheBytes.getAsLong() < 0) {
                throw new IllegalArgumentException(
                        "modelCacheBytes must not be negative, but was " + modelCacheBytes.getAsLong());
            }
        }
    }

    /** The engine that acts out faults, for tests, demonstrations and measuring the runtime itself. */
    record Fault(FaultSettings settings) implements EngineSettings {}
}
