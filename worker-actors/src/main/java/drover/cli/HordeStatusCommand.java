package drover.cli;

import drover.config.DroverConfig;
import drover.horde.HordeClient;
import drover.horde.HordeError;
import drover.horde.HordeResult;
import drover.horde.User;
import drover.horde.WorkerDetails;
import drover.horde.WorkerMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code drover horde status}. */
@Command(
        name = "status",
        description = "Show the account at the Horde, its workers, and what the Horde says to them.",
        mixinStandardHelpOptions = true)
final class HordeStatusCommand implements Callable<Integer> {
    private final Cli cli;

    @Mixin
    private final HordeFiles files = new HordeFiles();

    @Mixin
    private final CommonOptions common = new CommonOptions();

    HordeStatusCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        DroverConfig config = cli.config(common.config());
        Map<HordeAccount, Set<String>> workers = new LinkedHashMap<>();
        for (HordeAccount account : HordeAccount.required(cli, config, files.files())) {
            HordeAccount owner = new HordeAccount(account.url(), account.key(), Optional.empty());
            workers.computeIfAbsent(owner, _ -> new LinkedHashSet<>())
                    .addAll(account.worker().stream().toList());
        }
        boolean failed = false;
        try (HordeSession session = new HordeSession(config.horde().agent())) {
            for (Map.Entry<HordeAccount, Set<String>> account : workers.entrySet()) {
                failed |= !show(session, account.getKey(), account.getValue());
            }
        }
        return failed ? Cli.FAILED : Cli.DONE;
    }

    private boolean show(HordeSession session, HordeAccount account, Set<String> names) {
        HordeClient client = session.client(account);
        switch (session.await(client.user())) {
            case HordeResult.Failed<User>(HordeError error) -> {
                cli.err().println(account.url() + ": " + error.message());
                return false;
            }
            case HordeResult.Ok<User>(User user) -> account(account, user);
        }
        boolean whole = workers(session, client, names);
        if (session.await(client.messages()) instanceof HordeResult.Ok<List<WorkerMessage>>(var messages)) {
            messages.forEach(message -> cli.out().println("message: " + message.message()));
        }
        return whole;
    }

    private void account(HordeAccount account, User user) {
        cli.out()
                .println("%s at %s: %,.0f kudos%s, %s%s"
                        .formatted(
                                user.username(),
                                account.url(),
                                user.kudos(),
                                user.evaluatingKudos()
                                        .filter(held -> held > 0)
                                        .map(" and %,.0f held back"::formatted)
                                        .orElse(""),
                                user.trusted().orElse(false) ? "trusted" : "not yet trusted",
                                user.flagged().orElse(false) ? ", FLAGGED" : ""));
    }

    private boolean workers(HordeSession session, HordeClient client, Set<String> names) {
        TextTable table = new TextTable("WORKER", "ONLINE", "MAINTENANCE", "DONE", "NOT COMPLETED", "KUDOS", "AGENT");
        List<String> messages = new ArrayList<>();
        List<String> troubles = new ArrayList<>();
        boolean any = false;
        for (String name : names) {
            switch (session.await(client.workerByName(name))) {
                case HordeResult.Ok<WorkerDetails>(WorkerDetails worker) -> {
                    any = true;
                    table.add(row(worker));
                    worker.messages().forEach(it -> messages.add("message to " + name + ": " + it.message()));
                }
                case HordeResult.Failed<WorkerDetails>(HordeError.NotFound _) -> {
                    any = true;
                    table.add(List.of(name, "not known before its first pop", "", "", "", "", ""));
                }
                case HordeResult.Failed<WorkerDetails>(HordeError error) -> troubles.add(name + ": " + error.message());
            }
        }
        if (any) {
            table.print(cli.out());
        }
        messages.forEach(cli.out()::println);
        troubles.forEach(cli.err()::println);
        return troubles.isEmpty();
    }

    private static List<String> row(WorkerDetails worker) {
        return List.of(
                worker.name(),
                worker.paused().orElse(false) ? "paused" : worker.online().orElse(false) ? "yes" : "no",
                worker.maintenanceMode().orElse(false) ? "YES" : "no",
                Long.toString(worker.requestsFulfilled().orElse(0L)),
                Long.toString(worker.uncompletedJobs().orElse(0L)),
                "%,.0f".formatted(worker.kudosRewards().orElse(0.0)),
                worker.bridgeAgent().orElse(""));
    }
}
