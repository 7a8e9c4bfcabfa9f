package drover.cli;

import drover.diffusion.ModelInfo;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code drover models}. */
@Command(
        name = "models",
        description = "What models this installation has.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "list")
final class ModelsCommand {
    private final Cli cli;

    ModelsCommand(Cli cli) {
        this.cli = cli;
    }

    /** {@code drover models list}. */
    @Command(name = "list", description = "List them.", mixinStandardHelpOptions = true)
    final class ListModels implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() {
            common.applyVerbosity();
            TextTable table = new TextTable("MODEL", "SIZE", "STEPS", "SAMPLER", "CFG", "WEIGHTS", "FOLDER");
            for (ModelInfo model :
                    ModelChoice.catalog(cli.config(common.config())).all().values()) {
                table.add(List.of(
                        model.name(),
                        model.width() + "x" + model.height(),
                        Integer.toString(model.steps()),
                        model.sampler().hordeName(),
                        Double.toString(model.cfgScale()),
                        (model.weightBytes() >> 20) + " MiB",
                        model.folder().toString()));
            }
            table.print(cli.out());
            return Cli.DONE;
        }
    }
}
