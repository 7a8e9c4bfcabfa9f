package drover.cli;

import drover.config.DroverConfig;
import drover.diffusion.DeclaredModels;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelCheck;
import drover.diffusion.ModelFiles;
import drover.diffusion.ModelInfo;
import drover.diffusion.ModelSource;
import drover.inference.EngineException;
import drover.weights.FileHashes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drover models add}. */
@Command(
        name = "add",
        description = {
            "Check a file or folder, put it into the first models folder and note its SHA-256 in the models file.",
            "Where it comes from is left as it is. A running Drover offers it after drover reload."
        },
        mixinStandardHelpOptions = true)
final class ModelsAddCommand implements Callable<Integer> {
    private static final Pattern NAME = Pattern.compile("[^./\\\\\\p{Cntrl}][^/\\\\\\p{Cntrl}]{0,199}");

    private final Cli cli;

    @Parameters(paramLabel = "PATH", description = "A .safetensors file, or a folder in diffusers' layout.")
    private String from = "";

    @Option(names = "--name", description = "What to call it; as the file or folder is called, if absent.")
    private Optional<String> name = Optional.empty();

    @ArgGroup
    private final How how = new How();

    @Mixin
    private final CommonOptions common = new CommonOptions();

    /** One of the two. */
    private static final class How {
        @Option(
                names = "--link",
                description = "Link to it: it takes no more room, and must stay as and, on another disk, where it is.")
        private boolean link;

        @Option(
                names = "--copy",
                description = "Copy it, which is the default; takes no more room on file systems that share blocks.")
        private boolean copy;
    }

    ModelsAddCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        DroverConfig config = cli.config(common.config());
        Path source = ModelChoice.path(from);
        if (Files.notExists(source)) {
            throw CommandFailure.usage("there is no file or folder " + source);
        }
        String called = name.orElseGet(() -> ModelCatalog.nameOf(source));
        if (!NAME.matcher(called).matches()) {
            throw CommandFailure.usage("a model cannot be called " + called
                    + "; expected 1 to 200 characters without slashes, the first not a point");
        }
        if (config.models().folders().isEmpty()) {
            throw CommandFailure.usage("drover.models.folders names no folder to put it into");
        }
        try {
            return add(config, source, called);
        } catch (IOException e) {
            throw CommandFailure.failed(
                    source + " could not be put into "
                            + config.models().folders().getFirst() + ": " + e,
                    e);
        }
    }

    private int add(DroverConfig config, Path source, String called) throws IOException {
        ModelCatalog catalog = ModelChoice.catalog(config);
        Optional<ModelInfo> other = catalog.find(called).filter(it -> !it.path().equals(source));
        if (other.isPresent()) {
            throw CommandFailure.failed("there is a model " + called + " already, in "
                    + other.get().path() + "; give another name with --name");
        }
        Path folder = config.models().folders().getFirst().toAbsolutePath().normalize();
        boolean there = config.models().folders().stream()
                .anyMatch(it -> it.toAbsolutePath().normalize().equals(source.getParent()));
        Path target = there ? source : folder.resolve(called + (Files.isDirectory(source) ? "" : ".safetensors"));
        FileHashes hashes = ModelChoice.hashes(config);
        Map<Path, String> ofFiles = checked(source, target, hashes);
        if (!there) {
            ModelPlacing placing = new ModelPlacing(folder, how.link && !how.copy);
            Path settings = ModelSource.settingsOf(source);
            Path beside = ModelSource.settingsOf(target);
            if (Files.isRegularFile(source) && Files.isDirectory(settings) && Files.notExists(beside)) {
                placing.put(settings, beside);
            }
            placing.put(source, target);
            for (Path file : ofFiles.keySet()) {
                hashes.copied(file, file.equals(source) ? target : target.resolve(source.relativize(file)));
            }
        }
        ModelChoice.save(hashes);
        declare(config, called, target, ModelFiles.digest(source, ofFiles));
        ModelInfo added = ModelChoice.catalog(config)
                .find(called)
                .orElseThrow(() -> CommandFailure.failed(
                        target + " is in its place, but not offered; drover models check says why"));
        cli.out()
                .println("added " + called + ": " + added.architecture().commonName() + ", "
                        + ModelRow.size(added.weightBytes()) + ", " + target);
        cli.out().println("a running Drover offers it after: drover reload");
        return Cli.DONE;
    }

    private static Map<Path, String> checked(Path source, Path target, FileHashes hashes) throws IOException {
        try {
            ModelSource model = ModelSource.incoming(source, target);
            List<String> problems = ModelCheck.problems(model);
            if (!problems.isEmpty()) {
                throw CommandFailure.failed(String.join("\n", problems));
            }
            return ModelFiles.hashes(model, file -> Optional.of(hashes.of(file)))
                    .orElseThrow();
        } catch (EngineException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()), e);
        }
    }

    private static void declare(DroverConfig config, String called, Path target, String digest) throws IOException {
        Path file = config.models().declarations().orElseThrow();
        if (DeclaredModels.read(config.models()).models().containsKey(called)) {
            return; // What its owner has written about it stays.
        }
        Map<String, String> settings = new LinkedHashMap<>();
        if (!ModelCatalog.nameOf(target).equals(called)) {
            settings.put("path", target.toString());
        }
        settings.put("sha256", digest);
        DeclaredModels.append(file, called, settings);
    }
}
