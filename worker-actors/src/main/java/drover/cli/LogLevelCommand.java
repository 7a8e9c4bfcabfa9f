package drover.cli;

import drover.client.LogLevelsView;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drover log-level}. */
@Command(
        name = "log-level",
        description = "Show the log levels of a running Drover, or set one, in the GPU processes too, until it ends.",
        mixinStandardHelpOptions = true)
final class LogLevelCommand implements Callable<Integer> {
    private final Cli cli;

    @Parameters(index = "0", paramLabel = "LOGGER", arity = "0..1", description = "Such as drover.board.")
    private Optional<String> logger = Optional.empty();

    @Parameters(
            index = "1",
            paramLabel = "LEVEL",
            arity = "0..1",
            description = "error, warn, info, debug, trace or off.")
    private Optional<String> level = Optional.empty();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    LogLevelCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        if (logger.isPresent() && level.isEmpty()) {
            throw CommandFailure.usage("a level is missing; without LOGGER and LEVEL all are shown");
        }
        LogLevelsView view = Remote.ask(
                cli,
                common,
                client -> logger.isPresent()
                        ? client.setLogLevels(Map.of(logger.get(), level.orElseThrow()))
                        : client.logLevels());
        if (json) {
            Remote.printJson(cli, view);
            return Cli.DONE;
        }
        TextTable table = new TextTable("LOGGER", "LEVEL");
        view.levels().forEach((name, set) -> table.add(List.of(name, set)));
        table.print(cli.out());
        return Cli.DONE;
    }
}
