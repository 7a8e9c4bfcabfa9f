package drover.cli;

import drover.config.DroverConfig;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelCheck;
import drover.diffusion.ModelDeclaration;
import drover.diffusion.ModelFiles;
import drover.diffusion.ModelInfo;
import drover.diffusion.ModelSource;
import drover.inference.EngineException;
import drover.weights.FileHashes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drover models check}. */
@Command(
        name = "check",
        description = {
            "Open every file of every model, or of one: settings, headers, the shape and type of every tensor, the",
            "vocabularies, and whether the SHA-256 is still the one that is known or declared. One sentence for each",
            "problem. Exit code 1 if there is any."
        },
        mixinStandardHelpOptions = true)
final class ModelsCheckCommand implements Callable<Integer> {
    private final Cli cli;

    @Parameters(
            paramLabel = "NAME",
            arity = "0..1",
            description = "A model, or the path of a file or folder that may become one.")
    private Optional<String> name = Optional.empty();

    @Option(names = "--json", description = "Print the problems as JSON.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    ModelsCheckCommand(Cli cli) {
        this.cli = cli;
    }

    /** What was found of one model. */
    private record Finding(String model, String path, List<String> problems) {}

    @Override
    public Integer call() {
        common.applyVerbosity();
        DroverConfig config = cli.config(common.config());
        ModelCatalog catalog = ModelChoice.catalog(config);
        FileHashes hashes = ModelChoice.hashes(config);
        List<Finding> findings =
                name.map(it -> List.of(one(it, catalog, hashes))).orElseGet(() -> all(catalog, hashes));
        ModelChoice.save(hashes);
        if (json) {
            RemoteCommand.printJson(cli, findings);
        } else {
            findings.forEach(this::print);
        }
        return findings.stream().allMatch(it -> it.problems().isEmpty()) ? Cli.DONE : Cli.FAILED;
    }

    private void print(Finding finding) {
        if (finding.problems().isEmpty()) {
            cli.out().println(finding.model() + ": good");
        }
        finding.problems().forEach(problem -> cli.out().println(finding.model() + ": " + problem));
    }

    private static List<Finding> all(ModelCatalog catalog, FileHashes hashes) {
        List<Finding> findings = new ArrayList<>();
        catalog.all().values().forEach(model -> findings.add(checked(model, hashes)));
        catalog.leftOut().forEach(it -> findings.add(leftOut(it)));
        return findings;
    }

    private static Finding leftOut(ModelCatalog.LeftOut it) {
        return new Finding(it.name(), it.path().toString(), List.of(it.reason()));
    }

    private static Finding one(String asked, ModelCatalog catalog, FileHashes hashes) {
        Optional<ModelInfo> known = catalog.find(asked);
        if (known.isPresent()) {
            return checked(known.get(), hashes);
        }
        Optional<ModelCatalog.LeftOut> out = catalog.leftOut().stream()
                .filter(it -> it.name().equalsIgnoreCase(asked))
                .findFirst();
        if (out.isPresent()) {
            return leftOut(out.get());
        }
        Path path = ModelChoice.path(asked);
        if (Files.notExists(path)) {
            throw CommandFailure.usage("there is no model and no file " + asked + "; the models are: "
                    + String.join(", ", catalog.all().keySet()));
        }
        List<String> problems;
        try {
            problems = ModelCheck.problems(ModelSource.of(path, ModelDeclaration.NONE));
        } catch (EngineException e) {
            problems = List.of(String.valueOf(e.getMessage()));
        }
        return new Finding(asked, path.toString(), problems);
    }

    private static Finding checked(ModelInfo model, FileHashes hashes) {
        List<String> problems = new ArrayList<>();
        try {
            ModelSource source = model.source();
            problems.addAll(ModelCheck.problems(source));
            Map<Path, String> now = ModelFiles.hashes(source, file -> {
                        Optional<String> before = hashes.known(file);
                        String read = hashes.read(file);
                        before.filter(it -> !it.equals(read))
                                .ifPresent(
                                        it -> problems.add(file + " was damaged on the disk: its size and time are as"
                                                + " they were, but its SHA-256 is " + read + " and was " + it
                                                + "; get the file again"));
                        return Optional.of(read);
                    })
                    .orElse(Map.of());
            String digest = ModelFiles.digest(model.path(), now);
            model.declared()
                    .sha256()
                    .filter(it -> !it.equalsIgnoreCase(digest))
                    .ifPresent(it -> problems.add(model.path() + " has the SHA-256 " + digest
                            + ", but is declared with " + it + "; get the file again, or correct the declaration"));
        } catch (EngineException | IOException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
        return new Finding(model.name(), model.path().toString(), problems);
    }
}
