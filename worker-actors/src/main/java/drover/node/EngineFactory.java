package drover.node;

import drover.diffusion.ModelPlaces;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.fault.FaultEngine;
import java.nio.file.Path;

/** Opens an engine. May take seconds and loads native code, so it runs in the node's process on a thread of its own. */
@FunctionalInterface
public interface EngineFactory {
    /**
     * Opens the engine; the caller closes it.
     *
     * @throws EngineException if it cannot be opened here
     */
    Engine open() throws EngineException;

    /**
     * The factory that the settings ask for.
     *
     * @param device what the node runs on
     * @param models where models lie
     * @param cacheDir where the bundled model is unpacked
     */
    static EngineFactory of(EngineSettings settings, GpuDevice device, ModelPlaces models, Path cacheDir) {
        return switch (settings) {
            case EngineSettings.PyTorch pytorch -> new PyTorchFactory(device, pytorch, models, cacheDir);
            case EngineSettings.Fault fault -> () -> new FaultEngine(fault.settings());
        };
    }
}
