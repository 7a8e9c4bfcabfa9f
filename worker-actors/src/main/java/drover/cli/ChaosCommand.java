package drover.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import drover.chaos.Chaos;
import drover.chaos.ChaosException;
import drover.chaos.ChaosSettings;
import drover.chaos.Report;
import drover.client.DroverJson;
import drover.logging.Logging;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover chaos}. */
@Command(
        name = "chaos",
        description = {
            "Run a cluster of the fault engine on this machine, keep it busy, and do it harm:",
            "kill, freeze and restart its hosts and nodes, cut links, restart the database, fill disks, set clocks.",
            "Then check that every job has come to exactly one end. Exit code 1 if the books are not in order.",
            "Link cuts and full disks need root; Ctrl-C ends it early, with its books checked."
        },
        mixinStandardHelpOptions = true)
final class ChaosCommand implements Callable<Integer> {
    private final Cli cli;

    @Option(names = "--minutes", description = "How long, 0.5 to 1440 (default: ${DEFAULT-VALUE}).")
    private double minutes = 10;

    @Option(names = "--seed", description = "Replays a schedule; without one, by chance.")
    private Optional<Long> seed = Optional.empty();

    @Option(names = "--controls", description = "Hosts with a public API, 1 to 20 (default: ${DEFAULT-VALUE}).")
    private int controls = 2;

    @Option(names = "--gpus", description = "Hosts that only have nodes, 1 to 50 (default: ${DEFAULT-VALUE}).")
    private int gpus = 4;

    @Option(names = "--callers", description = "Who order at the same time, 1 to 200 (default: ${DEFAULT-VALUE}).")
    private int callers = 16;

    @Option(
            names = "--database",
            paramLabel = "URL",
            description = {
                "A PostgreSQL to use, such as jdbc:postgresql://127.0.0.1/test, in a schema of its own, which is removed;",
                "its password in DROVER_LEDGER_PASSWORD. Default: a server of its own, which is restarted and killed, too."
            })
    private Optional<String> database = Optional.empty();

    @Option(names = "--database-user", paramLabel = "NAME", description = "The user of --database.")
    private String databaseUser = "";

    @Option(names = "--keep", description = "Keep the logs of all hosts also if the books are in order.")
    private boolean keep;

    @Option(names = "--json", description = "Print the report as JSON; what is done goes to standard error.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    ChaosCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        Logging.consoleOnly(common.verbose() ? "DEBUG" : "ERROR");
        if (!common.verbose()) {
            // It reports that a server which was killed cannot be ended in good order.
            Logging.setLevel("io.zonky", "OFF");
        }
        ChaosSettings settings = settings();
        AtomicBoolean stop = new AtomicBoolean();
        Signals.register("INT", () -> onSignal(stop));
        Signals.register("TERM", () -> onSignal(stop));
        PrintStream progress = json ? cli.err() : cli.out();
        progress.println("seed " + settings.seed() + "; Ctrl-C ends it early");
        try {
            Report report = Chaos.run(settings, progress, stop::get);
            if (json) {
                cli.out().println(DroverJson.mapper().writeValueAsString(report));
            } else {
                report.print(cli.out());
            }
            return report.isGood() ? Cli.DONE : Cli.FAILED;
        } catch (ChaosException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()), e);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a report can always be written as JSON", e);
        }
    }

    private ChaosSettings settings() {
        Optional<Path> aotCache =
                cli.config(common.config()).nodes().process().aotCache().filter(Files::isRegularFile);
        try {
            return new ChaosSettings(
                    seed.orElseGet(() -> (long) new SecureRandom().nextInt(Integer.MAX_VALUE)),
                    Duration.ofMillis(Math.round(minutes * 60_000)),
                    controls,
                    gpus,
                    callers,
                    database,
                    databaseUser,
                    aotCache,
                    keep,
                    Path.of(System.getProperty("java.io.tmpdir")));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private void onSignal(AtomicBoolean stop) {
        if (stop.getAndSet(true)) {
            cli.err().println("drover chaos: ending at once; the next run removes what is left of this one");
            Runtime.getRuntime().halt(Cli.INTERRUPTED);
        }
        cli.err().println("drover chaos: coming to an end; again, and it ends at once");
    }
}
