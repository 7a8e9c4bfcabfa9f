package drover.cli;

import drover.config.DroverConfig;
import drover.config.LoadedConfig;
import drover.logging.Logging;
import drover.node.GpuSelection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover node}: the GPUs of a host that takes its work from another one, until it is told to end. */
@Command(
        name = "node",
        description = {
            "Run nodes on this host for the Drover of another host.",
            "Its address for others is drover.cluster.host, its operator's API the management port; it has no public API.",
            "Results are written to drover.assets-dir, which has to be the other host's."
        },
        mixinStandardHelpOptions = true)
final class JoinCommand implements Callable<Integer> {
    private final Cli cli;

    @Option(
            names = "--gpu",
            paramLabel = "GPU",
            split = ",",
            description = "Number of a GPU that gets a node, or cpu; may be repeated. Default: drover.nodes.gpus.")
    private List<String> gpus = List.of();

    @Option(
            names = "--join",
            paramLabel = "HOST:PORT",
            required = true,
            split = ",",
            description = "Cluster address of a control process; with several control hosts name each.")
    private List<String> seeds = List.of();

    @Mixin
    private final CommonOptions common = new CommonOptions();

    JoinCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        for (String seed : seeds) {
            if (!DroverConfig.isHostAndPort(seed)) {
                throw CommandFailure.usage("--join takes a host and its port, such as 10.0.0.1:25520, but was " + seed);
            }
        }
        LoadedConfig loaded = cli.loadConfig(common.config());
        DroverConfig file = joining(loaded.config());
        DroverConfig config = common.verbose() ? file.withLogLevel("DEBUG") : file;
        DataLock lock = DataLock.take(config.dataDir());
        try (lock) {
            Logging.start(config.logging(), "drover", Logging.Console.ALL, Map.of());
            return RunningDrover.joined(cli, common.config(), loaded, config, this::joining)
                    .run();
        } finally {
            Logging.stop();
        }
    }

    private DroverConfig joining(DroverConfig file) {
        return file.joining(seeds, selection(file));
    }

    private GpuSelection selection(DroverConfig file) {
        if (gpus.isEmpty()) {
            if (file.nodes().gpus() instanceof GpuSelection.None) {
                throw CommandFailure.usage("drover.nodes.gpus is none, and a host that joins has nothing but its nodes;"
                        + " name a GPU with --gpu");
            }
            return file.nodes().gpus();
        }
        try {
            return new GpuSelection.Listed(gpus);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("--gpu: " + e.getMessage());
        }
    }
}
