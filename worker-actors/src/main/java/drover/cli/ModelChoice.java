package drover.cli;

import drover.config.DroverConfig;
import drover.diffusion.BundledModel;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelInfo;
import drover.weights.FileHashes;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** The models of this installation, for commands. */
final class ModelChoice {
    private static final String HASHES = "hashes.json";

    private ModelChoice() {}

    /** Everything in the configured folders and the bundled model, which is unpacked if need be. */
    static ModelCatalog catalog(DroverConfig config) {
        try {
            return ModelCatalog.ofInstallation(config.models(), config.nodes().cacheDir());
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

    /** What is known of the hashes of model files. */
    static FileHashes hashes(DroverConfig config) {
        return FileHashes.open(config.cacheDir().resolve(HASHES));
    }

    /** Keeps them. */
    static void save(FileHashes hashes) {
        try {
            hashes.save();
        } catch (IOException e) {
            throw CommandFailure.failed("the hashes of the models could not be kept: " + e, e);
        }
    }

    /** What somebody has written as a path. */
    static Path path(String written) {
        try {
            return Path.of(written).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw CommandFailure.usage(written + " is not a path: " + e.getMessage());
        }
    }
}
