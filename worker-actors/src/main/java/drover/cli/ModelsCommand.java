package drover.cli;

import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.ModelsView;
import drover.client.ModelsView.ModelView;
import drover.client.ModelsView.WithdrawnView;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
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

    /** {@code drover models where}. */
    @Command(
            name = "where",
            description = "Show which nodes of a running Drover can run each, and which have it in memory.",
            mixinStandardHelpOptions = true)
    final class Where extends RemoteCommand<ModelsView> {
        Where() {
            super(cli);
        }

        @Override
        ModelsView ask(ManagementClient client) throws ManagementException {
            return client.models();
        }

        @Override
        void print(ModelsView view, PrintStream out) {
            show(view, out);
        }
    }

    private static void show(ModelsView view, PrintStream out) {
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
        table.print(out);
    }

    private static String describe(WithdrawnView withdrawn) {
        return withdrawn.reason()
                + withdrawn.until().map(at -> " (until " + at + ")").orElse("");
    }

    /** What changing a model has in common. */
    abstract class OnModel extends ChangeCommand<ModelsView> {
        @Parameters(paramLabel = "MODEL", description = "Which one.")
        private String model = "";

        OnModel() {
            super(cli);
        }

        final String model() {
            return model;
        }

        @Override
        void print(ModelsView view, PrintStream out) {
            show(view, out);
        }
    }

    /** {@code drover models withdraw}. */
    @Command(
            name = "withdraw",
            description = {
                "Offer a model to no node any more, until it is released. What runs goes on.",
                "Needs --reason, which is shown to everybody."
            },
            mixinStandardHelpOptions = true)
    final class Withdraw extends OnModel {
        @Override
        void check() {
            requireReason("withdrawing a model");
        }

        @Override
        ModelsView ask(ManagementClient client) throws ManagementException {
            return client.withdrawModel(model(), reason());
        }
    }

    /** {@code drover models release}. */
    @Command(
            name = "release",
            description = "Offer a withdrawn model again, whoever took it out.",
            mixinStandardHelpOptions = true)
    final class Release extends OnModel {
        @Override
        ModelsView ask(ManagementClient client) throws ManagementException {
            return client.releaseModel(model(), reason());
        }
    }
}
