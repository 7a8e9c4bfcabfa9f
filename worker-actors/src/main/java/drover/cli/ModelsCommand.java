package drover.cli;

import drover.client.ModelsView;
import drover.client.ModelsView.ModelView;
import drover.diffusion.ModelInfo;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover models}. */
@Command(
        name = "models",
        description = "What models this installation has, and where they are in use.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
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

    /** {@code drover models where}. */
    @Command(
            name = "where",
            description = "Show which nodes of a running Drover can run each, and which have it in memory.",
            mixinStandardHelpOptions = true)
    final class Where implements Callable<Integer> {
        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() {
            common.applyVerbosity();
            ModelsView view = Remote.ask(cli, common, client -> client.models());
            if (json) {
                Remote.printJson(cli, view);
                return Cli.DONE;
            }
            TextTable table = new TextTable("MODEL", "NODES", "IN MEMORY");
            for (ModelView model : view.models()) {
                table.add(
                        List.of(model.model(), String.join(", ", model.nodes()), String.join(", ", model.resident())));
            }
            table.print(cli.out());
            return Cli.DONE;
        }
    }
}
