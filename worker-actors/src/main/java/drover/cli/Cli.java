package drover.cli;

import drover.config.ConfigException;
import drover.config.ConfigLoader;
import drover.config.DroverConfig;
import drover.config.LoadedConfig;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a command has to do with: its streams and where it runs.
 *
 * @param home the installation folder
 * @param environment the environment variables
 * @param out for results
 * @param err for everything else
 * @param terminalWidth columns of the terminal that shows {@code err}; empty if none does
 */
record Cli(
        Path home, Map<String, String> environment, PrintStream out, PrintStream err, Optional<Integer> terminalWidth) {
    static final int DONE = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int INTERRUPTED = 130;

    Cli {
        environment = Map.copyOf(environment);
    }

    /** Reads the configuration; what is wrong with it is a matter of usage. */
    DroverConfig config(Optional<Path> file) {
        return loadConfig(file).config();
    }

    /** Like {@link #config}, with where each setting was set. */
    LoadedConfig loadConfig(Optional<Path> file) {
        try {
            return new ConfigLoader(home, environment).loadWithOrigins(file);
        } catch (ConfigException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }
}
