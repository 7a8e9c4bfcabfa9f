package drover.cli;

import drover.config.DroverConfig;
import drover.diffusion.BundledModel;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelInfo;
import java.io.IOException;
import java.util.Optional;

/** The models of this installation, for commands. */
final class ModelChoice {
    private ModelChoice() {}

    /** Everything in the configured folders and the bundled model, which is unpacked if need be. */
    static ModelCatalog catalog(DroverConfig config) {
        try {
            return ModelCatalog.ofInstallation(
                    config.modelFolders(), config.nodes().cacheDir());
        } catch (IOException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()), e);
        }
    }

    /** The model that is asked for, or the default. */
    static ModelInfo choose(ModelCatalog catalog, Optional<String> asked, DroverConfig config) {
        String name = asked.or(config::defaultModel).orElse(BundledModel.NAME);
        return catalog.find(name)
                .orElseThrow(() -> CommandFailure.usage("there is no model " + name + "; there are: "
                        + String.join(", ", catalog.all().keySet())));
    }
}
