package drover.cli;

import drover.client.LogLevelsView;
import drover.client.ManagementClient;
import drover.client.ManagementException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code drover log-level}. */
@Command(
        name = "log-level",
        description = "Show the log levels of a running Drover, or set one, in the GPU processes too, until it ends.",
        mixinStandardHelpOptions = true)
final class LogLevelCommand extends ChangeCommand<LogLevelsView> {
    @Parameters(index = "0", paramLabel = "LOGGER", arity = "0..1", description = "Such as drover.board.")
    private Optional<String> logger = Optional.empty();

    @Parameters(
            index = "1",
            paramLabel = "LEVEL",
            arity = "0..1",
            description = "error, warn, info, debug, trace or off.")
    private Optional<String> level = Optional.empty();

    LogLevelCommand(Cli cli) {
        super(cli);
    }

    @Override
    void check() {
        if (logger.isPresent() && level.isEmpty()) {
            throw CommandFailure.usage("a level is missing; without LOGGER and LEVEL all are shown");
        }
    }

    @Override
    LogLevelsView ask(ManagementClient client) throws ManagementException {
        return logger.isPresent()
                ? client.setLogLevels(Map.of(logger.get(), level.orElseThrow()), reason())
                : client.logLevels();
    }

    @Override
    void print(LogLevelsView view, PrintStream out) {
        TextTable table = new TextTable("LOGGER", "LEVEL");
        view.levels().forEach((name, set) -> table.add(List.of(name, set)));
        table.print(out);
    }
}
