package drover.cli;

import drover.config.DroverConfig;
import drover.diffusion.ModelCatalog;
import drover.diffusion.ModelInfo;
import drover.inference.EngineException;
import drover.weights.FileHashes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover models list}. */
@Command(
        name = "list",
        description = {
            "List them: what each is, and what it costs in memory in float32 / float16. PEAK is an estimate, for one",
            "picture of the model's own size. SHA-256 is shown where it is known; --hash reads the files for it."
        },
        mixinStandardHelpOptions = true)
final class ModelsListCommand implements Callable<Integer> {
    private final Cli cli;

    @Option(names = "--hash", description = "Read the files of which the SHA-256 is not known yet.")
    private boolean hash;

    @Option(names = "--json", description = "Print all that is known as JSON.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    ModelsListCommand(Cli cli) {
        this.cli = cli;
    }

    /** What {@code --json} prints of what is not offered. */
    private record Missing(String name, String path, String reason) {}

    /** What {@code --json} prints. */
    private record Listing(List<ModelRow> models, List<Missing> leftOut) {}

    @Override
    public Integer call() {
        common.applyVerbosity();
        DroverConfig config = cli.config(common.config());
        ModelCatalog catalog = ModelChoice.catalog(config);
        FileHashes hashes = ModelChoice.hashes(config);
        List<ModelRow> rows = new ArrayList<>();
        List<Missing> missing = new ArrayList<>();
        catalog.leftOut()
                .forEach(it -> missing.add(new Missing(it.name(), it.path().toString(), it.reason())));
        for (ModelInfo model : catalog.all().values()) {
            try {
                rows.add(ModelRow.of(model, ModelRow.hashing(hashes, hash)));
            } catch (EngineException | IOException e) {
                missing.add(new Missing(model.name(), model.path().toString(), String.valueOf(e.getMessage())));
            }
        }
        if (hash) {
            ModelChoice.save(hashes);
        }
        if (json) {
            RemoteCommand.printJson(cli, new Listing(rows, missing));
        } else {
            table(rows).print(cli.out());
        }
        return Cli.DONE;
    }

    private static TextTable table(List<ModelRow> rows) {
        TextTable table = new TextTable(
                "MODEL", "KIND", "PREDICTS", "SIZE", "TYPE", "ON DISK", "WEIGHTS", "PEAK", "SHA-256", "PATH");
        for (ModelRow row : rows) {
            table.add(List.of(
                    row.name(),
                    row.kind(),
                    row.prediction(),
                    row.width() + "x" + row.height(),
                    row.types(),
                    ModelRow.size(row.bytes()),
                    ModelRow.size(row.float32().weights()) + " / "
                            + ModelRow.size(row.float16().weights()),
                    ModelRow.size(row.float32().peak()) + " / "
                            + ModelRow.size(row.float16().peak()),
                    row.shortHash(),
                    row.path()));
        }
        return table;
    }
}
