package drover.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Options of every command that acts for the accounts in {@code bridgeData.yaml}. */
final class HordeFiles {
    @Option(
            names = "--bridge-data",
            paramLabel = "FILE",
            description = "Go by this file, instead of those in drover.horde.bridge-data. Several are several workers.")
    private List<Path> files = List.of();

    List<Path> files() {
        return files;
    }
}
