package drover.cli;

import drover.config.DroverConfig;
import drover.config.LoadedConfig;
import drover.logging.Logging;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code drover up}: the whole runtime, until it is told to end. */
@Command(
        name = "up",
        description = {
            "Run Drover: a control process and one process for each GPU.",
            "Ctrl-C or SIGTERM lets running jobs finish first; a second one ends it at once.",
            "SIGHUP reads the configuration again."
        },
        mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
    private final Cli cli;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    UpCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        LoadedConfig loaded = cli.loadConfig(common.config());
        DroverConfig config = common.verbose() ? loaded.config().withLogLevel("DEBUG") : loaded.config();
        DataLock lock = DataLock.take(config.dataDir());
        try (lock) {
            Logging.start(config.logging(), "drover", Logging.Console.ALL, Map.of());
            return RunningDrover.whole(cli, common.config(), loaded, config).run();
        } finally {
            Logging.stop();
        }
    }
}
