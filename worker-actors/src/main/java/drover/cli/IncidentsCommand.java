package drover.cli;

import drover.client.IncidentsView;
import drover.client.IncidentsView.IncidentView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover incidents}. */
@Command(name = "incidents", description = "Tell what was replaced, and why.", mixinStandardHelpOptions = true)
final class IncidentsCommand implements Callable<Integer> {
    private final Cli cli;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(names = "--limit", description = "How many, newest first, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int limit = 20;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    IncidentsCommand(Cli cli) {
        this.cli = cli;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        if (limit < 1 || limit > 1000) {
            throw CommandFailure.usage("--limit must be 1 to 1000, but was " + limit);
        }
        IncidentsView view = Remote.ask(cli, common, client -> client.incidents(limit));
        if (json) {
            Remote.printJson(cli, view);
            return Cli.DONE;
        }
        if (view.incidents().isEmpty()) {
            cli.out().println("no incidents");
        }
        for (IncidentView incident : view.incidents()) {
            cli.out().println(incident.at() + "  " + incident.node() + "  " + incident.cause() + "  " + incident.id());
            cli.out().println("  " + incident.explanation());
            if (!incident.stack().isEmpty()) {
                cli.out().println("  thread " + incident.stackNote());
                incident.stack().forEach(frame -> cli.out().println("    " + frame.strip()));
            }
            cli.out().println();
        }
        return Cli.DONE;
    }
}
