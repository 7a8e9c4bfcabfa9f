package drover.node;

import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelPlaces;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.pytorch.PyTorchDefaults;
import drover.inference.pytorch.PyTorchEngine;
import drover.inference.pytorch.PyTorchSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Opens the PyTorch engine with the models of the configured folders and the bundled one.
 *
 * @param device what the node runs on
 */
record PyTorchFactory(GpuDevice device, EngineSettings.PyTorch settings, ModelPlaces models, Path cacheDir)
        implements EngineFactory {
    @Override
    public Engine open() throws EngineException {
        String version = Optional.ofNullable(NodeMain.class.getPackage().getImplementationVersion())
                .orElse("development");
        PyTorchSettings complete = PyTorchDefaults.settings(
                device.index().isPresent(),
                device.memoryBytes(),
                settings.threads(),
                settings.precision(),
                settings.modelCacheBytes(),
                settings.files(),
                settings.graphOptimizer(),
                settings.mapWeights(),
                version);
        return new PyTorchEngine(catalog(), complete);
    }

    private ModelCatalog catalog() throws EngineException {
        try {
            return ModelCatalog.ofInstallation(models, cacheDir);
        } catch (IOException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
    }
}
