package drover.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code drover drain}. */
@Command(
        name = "drain",
        description = {
            "Let running jobs finish, take no new ones, and end this Drover.",
            "drover nodes drain does so with one node only."
        },
        mixinStandardHelpOptions = true)
final class DrainCommand implements Callable<Integer> {
    private final Cli cli;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    DrainCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        Remote.ask(cli, common, client -> client.drain());
        cli.out().println("draining; drover up ends when running jobs have finished or been handed back");
        return Cli.DONE;
    }
}
