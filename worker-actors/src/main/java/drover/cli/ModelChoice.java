package drover.cli;

import drover.config.DroverConfig;
import drover.diffusion.BundledModel;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The models of this installation, for commands. */
final class ModelChoice {
    private ModelChoice() {}

    /** Everything in the configured folders and the bundled model, which is unpacked if need be. */
    static ModelCatalog catalog(DroverConfig config) {
        List<Path> folders = new ArrayList<>(config.modelFolders());
        Path cache = config.nodes().cacheDir();
        try {
            folders.add(BundledModel.unpack(cache));
        } catch (IOException e) {
            throw CommandFailure.failed(
                    "the bundled model could not be unpacked below " + cache + ": " + e.getMessage()
                            + "; set drover.cache-dir to a folder with room that you may write to",
                    e);
        }
        return ModelCatalog.scan(folders);
    }

    /** The model that is asked for, or the default. */
    static ModelInfo choose(ModelCatalog catalog, Optional<String> asked, DroverConfig config) {
        String name = asked.or(config::defaultModel).orElse(BundledModel.NAME);
        return catalog.find(name)
                .orElseThrow(() -> CommandFailure.usage("there is no model " + name + "; there are: "
                        + String.join(", ", catalog.all().keySet())));
    }
}
