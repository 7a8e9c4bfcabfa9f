package drover.cli;

import drover.golden.GoldenResult;
import drover.golden.GoldenRunner;
import drover.graph.TorchOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drover golden}: whether this machine computes what the reference implementations compute. */
@Command(
        name = "golden",
        description = {
            "Compare with golden values: every case below a folder, one line per tensor.",
            "Exit code 0 if all pass, 1 if any fails, 2 if something is not supported."
        },
        mixinStandardHelpOptions = true)
final class GoldenCommand implements Callable<Integer> {
    private final Cli cli;

    @Parameters(paramLabel = "DIR", description = "Where the cases are.")
    private Path folder = Path.of(".");

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "auto (a GPU if libtorch can use one), cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
    private String device = "auto";

    @Option(names = "--json", description = "Print one JSON object with every result.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    GoldenCommand(Cli cli) {
        this.cli = cli;
    }

    /** What `--json` prints. */
    private record Report(int exitCode, String device, List<GoldenResult> results) {}

    @Override
    public Integer call() {
        common.applyVerbosity();
        if (!Files.isDirectory(folder)) {
            throw CommandFailure.failed("there is no folder " + folder);
        }
        TorchOptions options = options();
        GoldenRunner runner = new GoldenRunner(options);
        List<GoldenResult> results = runner.run(folder, result -> {
            if (!json) {
                cli.out().println(result.line());
            }
        });
        int code = GoldenRunner.exitCode(results);
        if (json) {
            RemoteCommand.printJson(cli, new Report(code, options.deviceName(), results));
        } else {
            cli.out().println(summary(results) + ", on " + options.deviceName());
        }
        return code;
    }

    private TorchOptions options() {
        try {
            return cli.config(common.config()).nodes().engine().torch(device);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()));
        }
    }

    private static String summary(List<GoldenResult> results) {
        StringBuilder text = new StringBuilder();
        for (GoldenResult.Verdict verdict : GoldenResult.Verdict.values()) {
            long count = results.stream().filter(r -> r.verdict() == verdict).count();
            text.append(text.isEmpty() ? "" : ", ").append(count).append(' ').append(verdict);
        }
        return text.toString();
    }
}
