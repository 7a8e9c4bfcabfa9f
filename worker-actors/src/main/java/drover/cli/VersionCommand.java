package drover.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code drover version}. */
@Command(name = "version", description = "Print the version.", mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer> {
    private final Cli cli;

    VersionCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        for (String line : new Version().getVersion()) {
            cli.out().println(line);
        }
        return Cli.DONE;
    }
}
