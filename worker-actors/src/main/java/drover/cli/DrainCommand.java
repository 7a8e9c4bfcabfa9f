package drover.cli;

import drover.config.DroverConfig;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code drover drain}. */
@Command(
        name = "drain",
        description = "Let running jobs finish and take no new ones: of one node, or of this Drover, which then ends.",
        mixinStandardHelpOptions = true)
final class DrainCommand implements Callable<Integer> {
    private final Cli cli;

    @Parameters(
            paramLabel = "NODE",
            arity = "0..1",
            description = "Which one; drover release puts it back to work. Without it, everything.")
    private Optional<String> node = Optional.empty();

    @Mixin
    private final CommonOptions common = new CommonOptions();

    DrainCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        DroverConfig config = cli.config(common.config());
        if (node.isPresent()) {
            Remote.ask(config, client -> client.act(node.get(), "drain"));
            cli.out().println(node.get() + " takes no more work");
        } else {
            Remote.ask(config, client -> client.drain());
            cli.out().println("draining; drover up ends when running jobs have finished or been handed back");
        }
        return Cli.DONE;
    }
}
