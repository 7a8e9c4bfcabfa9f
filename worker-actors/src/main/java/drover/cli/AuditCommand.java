package drover.cli;

import drover.client.AuditView;
import drover.client.AuditView.EntryView;
import drover.client.ManagementClient;
import drover.client.ManagementException;
import java.io.PrintStream;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code drover audit}. */
@Command(name = "audit", description = "Tell who has changed what.", mixinStandardHelpOptions = true)
final class AuditCommand extends RemoteCommand<AuditView> {
    @Option(names = "--limit", description = "How many, newest first, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int limit = 20;

    AuditCommand(Cli cli) {
        super(cli);
    }

    @Override
    void check() {
        checkLimit(limit, 1000);
    }

    @Override
    AuditView ask(ManagementClient client) throws ManagementException {
        return client.audit(limit);
    }

    @Override
    void print(AuditView view, PrintStream out) {
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
        table.print(out);
    }
}
