package drover.cli;

import drover.client.AuditView;
import drover.client.AuditView.EntryView;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover audit}. */
@Command(name = "audit", description = "Tell who has changed what.", mixinStandardHelpOptions = true)
final class AuditCommand implements Callable<Integer> {
    private final Cli cli;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(names = "--limit", description = "How many, newest first, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int limit = 20;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    AuditCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        if (limit < 1 || limit > 1000) {
            throw CommandFailure.usage("--limit must be 1 to 1000, but was " + limit);
        }
        AuditView view = Remote.ask(cli, common, client -> client.audit(limit));
        if (json) {
            Remote.printJson(cli, view);
            return Cli.DONE;
        }
        TextTable table = new TextTable("WHEN", "WHO", "FROM", "WHAT", "ON", "RESULT", "DETAIL");
        for (EntryView entry : view.entries()) {
            table.add(List.of(
                    entry.at().toString(),
                    entry.who(),
                    entry.remote().orElse("-"),
                    entry.action(),
                    entry.subject(),
                    entry.result(),
                    entry.detail().orElse("")));
        }
        table.print(cli.out());
        return Cli.DONE;
    }
}
