package drover.cli;

import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.ModelsView;
import drover.client.ModelsView.ModelView;
import drover.client.ModelsView.WithdrawnView;
import drover.diffusion.ModelInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

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
                        model.path().toString()));
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
            print(view);
            return Cli.DONE;
        }
    }

    private void print(ModelsView view) {
        Map<String, WithdrawnView> withdrawn =
                view.withdrawn().stream().collect(Collectors.toMap(WithdrawnView::model, Function.identity()));
        TextTable table = new TextTable("MODEL", "NODES", "IN MEMORY", "WITHDRAWN");
        for (ModelView model : view.models()) {
            table.add(List.of(
                    model.model(),
                    String.join(", ", model.nodes()),
                    String.join(", ", model.resident()),
                    Optional.ofNullable(withdrawn.get(model.model()))
                            .map(ModelsCommand::describe)
                            .orElse("")));
        }
        table.print(cli.out());
    }

    private static String describe(WithdrawnView withdrawn) {
        return withdrawn.reason()
                + withdrawn.until().map(at -> " (until " + at + ")").orElse("");
    }

    /** What changing a model has in common. */
    abstract class OnModel implements Callable<Integer> {
        @Parameters(paramLabel = "MODEL", description = "Which one.")
        private String model = "";

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Mixin
        private final CommonOptions common = new CommonOptions();

        abstract ModelsView tell(ManagementClient client, String which) throws ManagementException;

        @Override
        public Integer call() {
            common.applyVerbosity();
            ModelsView view = Remote.ask(cli, common, client -> tell(client, model));
            if (json) {
                Remote.printJson(cli, view);
            } else {
                print(view);
            }
            return Cli.DONE;
        }
    }

    /** {@code drover models withdraw}. */
    @Command(
            name = "withdraw",
            description = "Offer a model to no node any more, until it is released. What runs goes on.",
            mixinStandardHelpOptions = true)
    final class Withdraw extends OnModel {
        @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why; shown to everybody.")
        private String reason = "";

        @Override
        ModelsView tell(ManagementClient client, String which) throws ManagementException {
            return client.withdrawModel(which, Optional.of(reason));
        }
    }

    /** {@code drover models release}. */
    @Command(
            name = "release",
            description = "Offer a withdrawn model again, whoever took it out.",
            mixinStandardHelpOptions = true)
    final class Release extends OnModel {
        @Option(names = "--reason", paramLabel = "TEXT", description = "Why; kept in the audit log.")
        private Optional<String> reason = Optional.empty();

        @Override
        ModelsView tell(ManagementClient client, String which) throws ManagementException {
            return client.releaseModel(which, reason);
        }
    }
}
