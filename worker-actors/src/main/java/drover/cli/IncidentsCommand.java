package drover.cli;

import drover.client.IncidentsView;
import drover.client.IncidentsView.IncidentView;
import drover.client.ManagementClient;
import drover.client.ManagementException;
import java.io.PrintStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code drover incidents}. */
@Command(name = "incidents", description = "Tell what was replaced, and why.", mixinStandardHelpOptions = true)
final class IncidentsCommand extends RemoteCommand<IncidentsView> {
    @Option(names = "--limit", description = "How many, newest first, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int limit = 20;

    IncidentsCommand(Cli cli) {
        super(cli);
    }

    @Override
    void check() {
        checkLimit(limit, 1000);
    }

    @Override
    IncidentsView ask(ManagementClient client) throws ManagementException {
        return client.incidents(limit);
    }

    @Override
    void print(IncidentsView view, PrintStream out) {
        if (view.incidents().isEmpty()) {
            out.println("no incidents");
        }
        for (IncidentView incident : view.incidents()) {
            out.println(incident.at() + "  " + incident.node() + "  " + incident.cause() + "  " + incident.id());
            out.println("  " + incident.explanation());
            if (!incident.stack().isEmpty()) {
                out.println("  thread " + incident.stackNote());
                incident.stack().forEach(frame -> out.println("    " + frame.strip()));
            }
            out.println();
        }
    }
}
