package drover.cli;

import drover.logging.Logging;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of every command that reads the configuration. */
final class CommonOptions {
    @Option(names = "--config", paramLabel = "FILE", description = "Configuration to use instead of conf/drover.conf.")
    private Optional<Path> config = Optional.empty();

    @Option(names = "--verbose", description = "Say more, and show stack traces of failures.")
    private boolean verbose;

    Optional<Path> config() {
        return config;
    }

    boolean verbose() {
        return verbose;
    }

    /** For commands that have no log file: say more on standard error, if that is wanted. */
    void applyVerbosity() {
        if (verbose) {
            Logging.consoleOnly("DEBUG");
        }
    }
}
