package drover.config;

import drover.board.BoardSettings;
import drover.diffusion.ModelPlaces;
import drover.http.HttpSettings;
import drover.inference.SafetyPolicy;
import drover.ledger.LedgerSettings;
import drover.logging.LoggingSettings;
import drover.management.ManagementSettings;
import drover.node.GpuSelection;
import drover.node.NodeSettings;
import drover.source.HordeSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Everything an operator has set, checked and complete. Paths are absolute; relative ones in the file are below the
 * installation folder.
 *
 * @param home the installation folder
 * @param dataDir the ledger and the files of the running processes; this host's own
 * @param cacheDir what can be made again: the unpacked bundled model
 * @param models where models are looked for, besides the bundled one; a single model may be one of the folders
 * @param defaultModel the model for requests that name none; empty for the bundled one
 * @param board who gets which job, and what follows a failure
 * @param nodes the GPU processes
 * @param ledger the job database
 * @param http the public API
 * @param management the operator's API
 * @param apiSafety what is looked after in pictures that are ordered over the public API; nothing if empty
 * @param cluster how this host's processes reach each other
 * @param horde about the AI Horde
 */
public record DroverConfig(
        Path home,
        Path dataDir,
        Path cacheDir,
        ModelPlaces models,
        Optional<String> defaultModel,
        BoardSettings board,
        NodeSettings nodes,
        LedgerSettings ledger,
        HttpSettings http,
        ManagementSettings management,
        Optional<SafetyPolicy> apiSafety,
        ClusterSettings cluster,
        HordeSettings horde) {

    /** Where the build puts the node process's AOT cache, below the installation folder. */
    public static final String AOT_CACHE = "worker-actors/target/node.aot";

    /** How this host's processes log. */
    public LoggingSettings logging() {
        return nodes.logging();
    }

    /** This configuration with another level for Drover's own log lines. */
    public DroverConfig withLogLevel(String level) {
        return with(nodes.withLogging(logging().withLevel(level)), cluster);
    }

    /** Whether the text is what {@code drover.cluster.seeds} takes. */
    public static boolean isHostAndPort(String text) {
        return Kinds.isHostAndPort(text);
    }

    /**
     * This configuration for a host without a job database of its own.
     *
     * @param seeds the control processes to join, as {@code HOST:PORT}
     * @param gpus which devices get a node
     */
    public DroverConfig joining(List<String> seeds, GpuSelection gpus) {
        return with(nodes.withGpus(gpus), cluster.joining(seeds));
    }

    private DroverConfig with(NodeSettings otherNodes, ClusterSettings otherCluster) {
        return new DroverConfig(
                home,
                dataDir,
                cacheDir,
                models,
                defaultModel,
                board,
                otherNodes,
                ledger,
                http,
                management,
                apiSafety,
                otherCluster,
                horde);
    }
}
