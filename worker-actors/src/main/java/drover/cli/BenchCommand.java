package drover.cli;

import drover.bench.BenchException;
import drover.bench.HordeBench;
import drover.bench.HotPathBench;
import drover.bench.LedgerBench;
import drover.bench.MemoryBench;
import drover.bench.OverheadBench;
import drover.bench.RecoveryBench;
import drover.bench.StallsBench;
import drover.bench.ThroughputBench;
import drover.bench.WatchdogBench;
import drover.config.DroverConfig;
import drover.ledger.LedgerSettings;
import drover.logging.Logging;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover bench}: measurements that back the figures in the README. Exit code 1 if a figure misses its limit. */
@Command(
        name = "bench",
        description = "Measure; each prints its figures and its limits. Exit code 1 if one is missed.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "WHAT")
final class BenchCommand {
    private final Cli cli;

    BenchCommand(Cli cli) {
        this.cli = cli;
    }

    private interface Measurement {
        boolean run() throws BenchException, RunnerException;
    }

    /** Refuses a count that is not from 1 to {@code most}. */
    static void require(String option, int value, int most) {
        if (value < 1 || value > most) {
            throw CommandFailure.usage(option + " must be 1 to " + most + ", but was " + value);
        }
    }

    private static int measure(Measurement measurement) {
        // What is measured is made to go wrong; warnings about it would bury the figures.
        Logging.consoleOnly("ERROR");
        try {
            return measurement.run() ? Cli.DONE : Cli.FAILED;
        } catch (BenchException | RunnerException e) {
            throw CommandFailure.failed("it could not be measured: " + e.getMessage(), e);
        }
    }

    /** {@code drover bench watchdog}. */
    @Command(
            name = "watchdog",
            description = "Events per second and detection delay with 10,000 watched attempts.",
            mixinStandardHelpOptions = true)
    final class Watchdog implements Callable<Integer> {
        @Override
        public Integer call() {
            return measure(() -> WatchdogBench.run(cli.out()));
        }
    }

    /** {@code drover bench overhead}. */
    @Command(
            name = "overhead",
            description = "From a job's submission over HTTP to its first step, with an engine that does nothing.",
            mixinStandardHelpOptions = true)
    final class Overhead implements Callable<Integer> {
        @Override
        public Integer call() {
            return measure(() -> OverheadBench.run(cli.out()));
        }
    }

    /** {@code drover bench throughput}. */
    @Command(
            name = "throughput",
            description =
                    "Jobs per second from acceptance to delivery, four node processes, an engine that does nothing.",
            mixinStandardHelpOptions = true)
    final class Throughput implements Callable<Integer> {
        @Option(names = "--minutes", paramLabel = "N", description = "How long at full speed, 1 to 1440; default 5.")
        private int minutes = 5;

        @Option(
                names = "--actors",
                paramLabel = "N",
                description = "Inference actors of each node, 1 to 64; default 8.")
        private int actors = ThroughputBench.Scale.ACTORS;

        @Option(names = "--callers", paramLabel = "N", description = "Connections that submit, 1 to 150; default 32.")
        private int callers = ThroughputBench.Scale.CALLERS;

        @Override
        public Integer call() {
            require("--minutes", minutes, 1440);
            require("--actors", actors, 64);
            require("--callers", callers, 150);
            var scale = ThroughputBench.Scale.of(actors, callers, Duration.ofMinutes(minutes));
            return measure(() -> ThroughputBench.run(scale, cli.out()));
        }
    }

    /** {@code drover bench stalls}. */
    @Command(
            name = "stalls",
            description = "Every kind of hang at every percentage, in real processes.",
            mixinStandardHelpOptions = true)
    final class Stalls implements Callable<Integer> {
        @Override
        public Integer call() {
            return measure(() -> StallsBench.run(cli.out()));
        }
    }

    /** {@code drover bench recovery}. */
    @Command(
            name = "recovery",
            description = "From the kill of a GPU process to the first step of the job's next attempt.",
            mixinStandardHelpOptions = true)
    final class Recovery implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() {
            common.applyVerbosity();
            Path cache = cli.config(common.config())
                    .nodes()
                    .process()
                    .aotCache()
                    .orElseThrow(() -> CommandFailure.usage(
                            "the measurement compares with and without an AOT cache; set drover.nodes.aot-cache"));
            return measure(() -> RecoveryBench.run(cache, cli.out()));
        }
    }

    /** {@code drover bench memory}. */
    @Command(
            name = "memory",
            description = "Memory and native handles of a node process over 200 pictures.",
            mixinStandardHelpOptions = true)
    final class Memory implements Callable<Integer> {
        @Override
        public Integer call() {
            return measure(() -> MemoryBench.run(cli.out()));
        }
    }

    /** {@code drover bench hot-path}. */
    @Command(
            name = "hot-path",
            description =
                    "What is done for each piece of a download, each order and pop of a Horde, each step that is shown.",
            mixinStandardHelpOptions = true)
    final class HotPath implements Callable<Integer> {
        @Override
        public Integer call() {
            return measure(() -> HotPathBench.run(cli.out()));
        }
    }

    /** {@code drover bench ledger}. */
    @Command(
            name = "ledger",
            description = {
                "Jobs that the ledger takes on per second, on H2 on the disk of drover.data-dir.",
                "And on PostgreSQL, if drover.ledger.url names one; in a schema of its own, which is removed."
            },
            mixinStandardHelpOptions = true)
    final class Ledger implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Option(
                names = "--history",
                description = "Measure with 10, 1,000, 100,000 and 1,000,000 finished jobs in the database.")
        private boolean history;

        @Option(
                names = "--rounds",
                paramLabel = "N",
                description = "How often --history measures each of them, 1 to 100; default 3.")
        private int rounds = 3;

        @Override
        public Integer call() {
            common.applyVerbosity();
            require("--rounds", rounds, 100);
            DroverConfig config = cli.config(common.config());
            Optional<LedgerSettings> postgres = Optional.of(config.ledger()).filter(LedgerSettings::isPostgresql);
            return measure(() -> history
                    ? LedgerBench.history(config.dataDir(), postgres, rounds, cli.out())
                    : LedgerBench.run(config.dataDir(), postgres, cli.out()));
        }
    }

    /** {@code drover bench horde}. */
    @Command(
            name = "horde",
            description = {
                "What a worker adds to a job of the Horde, and what it costs to ask for jobs.",
                "With the safety checker of drover.safety.model, without which nothing goes to a Horde."
            },
            mixinStandardHelpOptions = true)
    final class Horde implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() {
            common.applyVerbosity();
            Path checker = cli.config(common.config())
                    .nodes()
                    .safety()
                    .model()
                    .orElseThrow(() -> CommandFailure.usage("it needs a safety checker; set drover.safety.model (one"
                            + " from inference-actors/src/test/resources/fixtures/safety will do)"));
            return measure(() -> HordeBench.run(checker, cli.out()));
        }
    }
}
