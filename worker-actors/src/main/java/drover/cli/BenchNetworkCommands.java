package drover.cli;

import drover.bench.NetworkBench;
import drover.config.DroverConfig;
import drover.diffusion.ModelInfo;
import drover.diffusion.RandomModel;
import drover.graph.Holding;
import drover.graph.Precision;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import drover.logging.Logging;
import drover.speed.LoadSpeed;
import drover.speed.PipelineSpeed;
import drover.speed.ScratchModel;
import drover.speed.UNetSpeed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover bench unet|load|pipeline}: what networks cost on this machine. */
final class BenchNetworkCommands {
    private static final int GRID = 64;

    /** More steps or rounds than anybody waits for. */
    private static final int MOST = 500;

    private final Cli cli;

    BenchNetworkCommands(Cli cli) {
        this.cli = cli;
    }

    /** What they have in common. */
    static final class Options {
        @Option(
                names = "--arch",
                paramLabel = "ARCH",
                description = "sd15 or sdxl, at full size (default: ${DEFAULT-VALUE}).")
        private String arch = "sd15";

        @Option(
                names = "--random-weights",
                description = "Write a checkpoint of random weights to a temporary folder, and remove it afterwards:"
                        + " 2 GB for sd15, 7 GB for sdxl.")
        private boolean random;

        @Option(
                names = "--scratch",
                paramLabel = "DIR",
                description = "Where that folder is made; the system's for temporary files if absent.")
        private Path scratch = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));

        @Option(
                names = "--device",
                paramLabel = "DEVICE",
                description = "auto (a GPU if libtorch can use one), cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
        private String device = "auto";

        @Option(
                names = "--dtype",
                paramLabel = "TYPE",
                description = "float32 or float16, in which networks compute; float32 on a CPU, float16 on a GPU if"
                        + " absent.")
        private Optional<String> dtype = Optional.empty();

        @Option(
                names = "--stored",
                description =
                        "Hold weights of 16 bits as they are in the file, as a node does that has not the room for"
                                + " more.")
        private boolean stored;

        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        @Mixin
        private final CommonOptions common = new CommonOptions();

        private RandomModel.Kind kind() {
            return RandomModel.Kind.named(arch)
                    .orElseThrow(() -> CommandFailure.usage("--arch is " + arch + "; expected one of "
                            + Arrays.stream(RandomModel.Kind.values())
                                    .map(RandomModel.Kind::text)
                                    .toList()));
        }

        private Precision precision(TorchOptions options) {
            return dtype.map(wanted -> Precision.named(wanted)
                            .orElseThrow(() ->
                                    CommandFailure.usage("--dtype is " + wanted + "; expected float32 or float16")))
                    .orElseGet(() -> Precision.usual(options.isGpu()));
        }

        private Holding holding() {
            return stored ? Holding.AS_STORED : Holding.AS_COMPUTED;
        }

        private void requireRandom() {
            if (!random) {
                throw CommandFailure.usage("this is measured with a network of random weights; say --random-weights");
            }
        }

        private Path scratchFolder() {
            if (!Files.isDirectory(scratch)) {
                throw CommandFailure.usage("--scratch: there is no folder " + scratch);
            }
            return scratch;
        }
    }

    /** What is painted. */
    static final class Painting {
        @Option(names = "--size", paramLabel = "N", description = "Pixels a side (default: ${DEFAULT-VALUE}).")
        private int size = 512;

        @Option(names = "--steps", paramLabel = "N", description = "How many (default: ${DEFAULT-VALUE}).")
        private int steps = 3;

        private void check() {
            if (size < GRID || size > 4096 || size % GRID != 0) {
                throw CommandFailure.usage("--size must be a multiple of 64 up to 4096, but was " + size);
            }
            BenchCommand.require("--steps", steps, MOST);
        }
    }

    private interface Measurement {
        boolean run(DroverConfig config) throws IOException, EngineException;
    }

    private int measure(Options options, Measurement measurement) {
        DroverConfig config = cli.config(options.common.config());
        Logging.consoleOnly("ERROR");
        try {
            return measurement.run(config) ? Cli.DONE : Cli.FAILED;
        } catch (EngineException | IOException e) {
            throw CommandFailure.failed("it could not be measured: " + e.getMessage(), e);
        }
    }

    private static TorchOptions torch(Options options, DroverConfig config) {
        try {
            return config.nodes().engine().torch(options.device);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    /** {@code drover bench unet}. */
    @Command(
            name = "unet",
            description = "Seconds per step, TFLOP/s and memory of a UNet at full size.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    final class UNet implements Callable<Integer> {
        @Mixin
        private final Options options = new Options();

        @Mixin
        private final Painting painting = new Painting();

        @Override
        public Integer call() {
            options.requireRandom();
            painting.check();
            RandomModel.Kind kind = options.kind();
            return measure(options, config -> {
                TorchOptions torch = torch(options, config);
                Precision precision = options.precision(torch);
                Path scratch = options.scratchFolder();
                UNetSpeed speed;
                try (ScratchModel model =
                        ScratchModel.write(kind, scratch, config.nodes().cacheDir())) {
                    speed = UNetSpeed.measure(
                            model, torch, precision, options.holding(), painting.size, painting.steps, scratch);
                }
                if (options.json) {
                    RemoteCommand.printJson(cli, NetworkBench.UNetFigures.of(speed));
                    return speed.outsideKernels() <= NetworkBench.MAX_OUTSIDE;
                }
                return NetworkBench.print(speed, cli.out());
            });
        }
    }

    /** {@code drover bench load}. */
    @Command(
            name = "load",
            description = "How fast a model is loaded, compared with reading its files.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    final class Load implements Callable<Integer> {
        @Mixin
        private final Options options = new Options();

        @Option(names = "--model", description = "Which of the installed models; with --random-weights, none.")
        private Optional<String> model = Optional.empty();

        @Option(names = "--rounds", paramLabel = "N", description = "How often (default: ${DEFAULT-VALUE}).")
        private int rounds = 3;

        @Override
        public Integer call() {
            BenchCommand.require("--rounds", rounds, MOST);
            if (options.random && model.isPresent()) {
                throw CommandFailure.usage("say --model or --random-weights, not both");
            }
            RandomModel.Kind kind = options.kind();
            return measure(options, config -> {
                TorchOptions torch = torch(options, config);
                LoadSpeed speed = options.random ? random(kind, config, torch) : installed(config, torch);
                if (options.json) {
                    RemoteCommand.printJson(cli, NetworkBench.LoadFigures.of(speed));
                    return speed.ratio() >= NetworkBench.MIN_LOAD;
                }
                return NetworkBench.print(speed, cli.out());
            });
        }

        private LoadSpeed random(RandomModel.Kind kind, DroverConfig config, TorchOptions torch)
                throws IOException, EngineException {
            try (ScratchModel written = ScratchModel.write(
                    kind, options.scratchFolder(), config.nodes().cacheDir())) {
                return LoadSpeed.measure(
                        kind.text(), written.model(), torch, options.precision(torch), options.holding(), rounds);
            }
        }

        private LoadSpeed installed(DroverConfig config, TorchOptions torch) throws IOException, EngineException {
            ModelInfo info = ModelChoice.choose(ModelChoice.catalog(config), model, config);
            return LoadSpeed.measure(
                    info.name(), info.path(), torch, options.precision(torch), options.holding(), rounds);
        }
    }

    /** {@code drover bench pipeline}. */
    @Command(
            name = "pipeline",
            description = "A whole picture through the engine, and the memory that each phase takes.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    final class Pipeline implements Callable<Integer> {
        @Mixin
        private final Options options = new Options();

        @Mixin
        private final Painting painting = new Painting();

        @Override
        public Integer call() {
            options.requireRandom();
            painting.check();
            RandomModel.Kind kind = options.kind();
            return measure(options, config -> {
                TorchOptions torch = torch(options, config);
                PipelineSpeed speed;
                try (ScratchModel model = ScratchModel.write(
                        kind, options.scratchFolder(), config.nodes().cacheDir())) {
                    speed = PipelineSpeed.measure(model, torch, OptionalLong.empty(), painting.size, painting.steps);
                }
                if (options.json) {
                    RemoteCommand.printJson(cli, speed);
                    return speed.peakBytes() <= NetworkBench.MAX_MEMORY;
                }
                return NetworkBench.print(speed, cli.out());
            });
        }
    }
}
