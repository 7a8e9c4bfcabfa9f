package drover.cli;

import drover.simulation.Search;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code drover simulate}. */
@Command(
        name = "simulate",
        description = {
            "Play the rules of Drover against simulated faults, on virtual time.",
            "Exit code 1 if a run breaks a rule; --seed with --trace replays it."
        },
        mixinStandardHelpOptions = true)
final class SimulateCommand implements Callable<Integer> {
    private final Cli cli;

    @Option(names = "--seed", description = "The first run's seed; without one, by chance.")
    private Optional<Long> seed = Optional.empty();

    @Option(names = "--trace", description = "Play one run and print what happens in it.")
    private boolean trace;

    @Option(names = "--runs", description = "How many runs at most (default: ${DEFAULT-VALUE}).")
    private long runs = 10_000;

    @Option(names = "--jobs", description = "Jobs of each run, 1 to 10000 (default: ${DEFAULT-VALUE}).")
    private int jobs = 200;

    @Option(names = "--seconds", description = "How long at most (default: ${DEFAULT-VALUE}).")
    private long seconds = 60;

    SimulateCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() throws InterruptedException {
        require("--runs", runs, 1, Long.MAX_VALUE);
        require("--jobs", jobs, 1, 10_000);
        require("--seconds", seconds, 1, 1_000_000);
        long first = seed.orElseGet(() -> new SecureRandom().nextLong());
        Search search = new Search(jobs, Runtime.getRuntime().availableProcessors());
        if (trace) {
            return search.replay(first, cli.out()::println).isEmpty() ? Cli.DONE : Cli.FAILED;
        }
        Search.Result result = search.search(first, runs, Duration.ofSeconds(seconds));
        double took = result.took().toNanos() / 1e9;
        cli.out()
                .printf(
                        "%d runs of %d jobs in %.1f s (%.0f runs/s, %.1f million events/s, %.0f simulated hours), seed %d%n",
                        result.runs(),
                        jobs,
                        took,
                        result.runs() / took,
                        result.happenings() / took / 1e6,
                        result.simulated().toMinutes() / 60.0,
                        first);
        if (result.failure().isEmpty()) {
            cli.out().println("no rule was broken");
            return Cli.DONE;
        }
        search.replay(result.failure().get().seed(), cli.out()::println);
        return Cli.FAILED;
    }

    private static void require(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw CommandFailure.usage(option + " must be " + least + " to " + most + ", but was " + value);
        }
    }
}
