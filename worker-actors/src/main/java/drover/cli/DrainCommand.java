package drover.cli;

import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.ReadinessView;
import java.io.PrintStream;
import picocli.CommandLine.Command;

/** {@code drover drain}. */
@Command(
        name = "drain",
        description = {
            "Let running jobs finish, take no new ones, and end this Drover.",
            "drover nodes drain does so with one node only."
        },
        mixinStandardHelpOptions = true)
final class DrainCommand extends ChangeCommand<ReadinessView> {
    DrainCommand(Cli cli) {
        super(cli);
    }

    @Override
    ReadinessView ask(ManagementClient client) throws ManagementException {
        return client.drain(reason());
    }

    @Override
    void print(ReadinessView view, PrintStream out) {
        out.println("draining; drover up ends when running jobs have finished or been handed back");
    }
}
