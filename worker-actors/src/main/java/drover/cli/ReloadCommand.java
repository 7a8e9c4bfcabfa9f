package drover.cli;

import drover.client.ReloadView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover reload}. */
@Command(
        name = "reload",
        description = "Have a running Drover read its configuration again; a file with a mistake changes nothing.",
        mixinStandardHelpOptions = true)
final class ReloadCommand implements Callable<Integer> {
    private final Cli cli;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    ReloadCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        ReloadView view = Remote.ask(cli, common, client -> client.reload());
        if (json) {
            Remote.printJson(cli, view);
        } else {
            cli.out()
                    .println(
                            view.restartNeeded().isEmpty()
                                    ? "the configuration is in force"
                                    : "the configuration is in force; these take effect with a restart: "
                                            + String.join(", ", view.restartNeeded()));
        }
        return Cli.DONE;
    }
}
