package drover.cli;

import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.ReloadView;
import java.io.PrintStream;
import picocli.CommandLine.Command;

/** {@code drover reload}. */
@Command(
        name = "reload",
        description = "Have a running Drover read its configuration again; a file with a mistake changes nothing.",
        mixinStandardHelpOptions = true)
final class ReloadCommand extends ChangeCommand<ReloadView> {
    ReloadCommand(Cli cli) {
        super(cli);
    }

    @Override
    ReloadView ask(ManagementClient client) throws ManagementException {
        return client.reload(reason());
    }

    @Override
    void print(ReloadView view, PrintStream out) {
        out.println(
                view.restartNeeded().isEmpty()
                        ? "the configuration is in force"
                        : "the configuration is in force; these take effect with a restart: "
                                + String.join(", ", view.restartNeeded()));
    }
}
