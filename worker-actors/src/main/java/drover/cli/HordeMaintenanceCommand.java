package drover.cli;

import drover.config.DroverConfig;
import drover.horde.HordeClient;
import drover.horde.HordeError;
import drover.horde.HordeResult;
import drover.horde.WorkerChange;
import drover.horde.WorkerDetails;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drover horde maintenance}. */
@Command(
        name = "maintenance",
        description = "Send workers into maintenance at the Horde, where they get their owner's jobs only, or end it.",
        mixinStandardHelpOptions = true)
final class HordeMaintenanceCommand implements Callable<Integer> {
    private final Cli cli;

    /** Into it or out of it. */
    enum Turn {
        ON,
        OFF
    }

    @Parameters(paramLabel = "on|off", description = "on or off")
    private Turn turn = Turn.ON;

    @Option(names = "--message", paramLabel = "TEXT", description = "Why, for those who look; at most 300 letters.")
    private Optional<String> message = Optional.empty();

    @Option(names = "--worker", paramLabel = "NAME", description = "Only this one, instead of all that are configured.")
    private Optional<String> worker = Optional.empty();

    @Mixin
    private final HordeFiles files = new HordeFiles();

    @Mixin
    private final CommonOptions common = new CommonOptions();

    HordeMaintenanceCommand(Cli cli) {
        this.cli = cli;
    }

    /** One worker, and whose it is. */
    private record Target(HordeAccount account, String name) {}

    @Override
    public Integer call() {
        common.applyVerbosity();
        if (turn == Turn.OFF && message.isPresent()) {
            throw CommandFailure.usage("--message is for on: it says why the worker is in maintenance");
        }
        DroverConfig config = cli.config(common.config());
        List<Target> targets = targets(HordeAccount.required(cli, config, files.files()));
        boolean failed = false;
        try (HordeSession session = new HordeSession(config.horde().agent())) {
            for (Target target : targets) {
                failed |= !change(session, target);
            }
        }
        return failed ? Cli.FAILED : Cli.DONE;
    }

    private List<Target> targets(List<HordeAccount> accounts) {
        if (worker.isPresent()) {
            HordeAccount owner = accounts.stream()
                    .filter(account -> account.worker().equals(worker))
                    .findFirst()
                    .orElse(accounts.getFirst());
            return List.of(new Target(owner, worker.get()));
        }
        return accounts.stream()
                .map(account -> new Target(
                        account,
                        account.worker()
                                .orElseThrow(() -> CommandFailure.usage(
                                        "dreamer_name is not set; set it, or name the worker with --worker"))))
                .toList();
    }

    private boolean change(HordeSession session, Target target) {
        HordeClient client = session.client(target.account());
        HordeResult<WorkerDetails> found = session.await(client.workerByName(target.name()));
        return switch (found) {
            case HordeResult.Failed<WorkerDetails>(HordeError.NotFound _) ->
                failed(target, "is not known to the Horde; a worker is listed after its first pop");
            case HordeResult.Failed<WorkerDetails>(HordeError error) -> failed(target, error.message());
            case HordeResult.Ok<WorkerDetails>(WorkerDetails details) ->
                switch (session.await(
                        client.change(details.id(), WorkerChange.maintenance(turn == Turn.ON, message)))) {
                    case HordeResult.Ok<WorkerChange> _ -> {
                        cli.out()
                                .println(target.name() + ": maintenance "
                                        + turn.name().toLowerCase(Locale.ROOT));
                        yield true;
                    }
                    case HordeResult.Failed<WorkerChange>(HordeError error) -> failed(target, error.message());
                };
        };
    }

    private boolean failed(Target target, String why) {
        cli.err().println(target.name() + ": " + why);
        return false;
    }
}
