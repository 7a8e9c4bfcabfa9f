package drover.cli;

import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.ReportQuery;
import drover.client.ReportView;
import drover.report.print.ReportPage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code drover report}. */
@Command(
        name = "report",
        description = {
            "Tell how attempts fared: by node and by model, where failures cluster, and what requesters waited.",
            "Asks the running Drover, which reads its job database."
        },
        mixinStandardHelpOptions = true)
final class ReportCommand extends RemoteCommand<ReportView> {
    private final Cli cli;

    @Option(
            names = "--last",
            paramLabel = "TIME",
            description = "How far back, such as 90m, 24h or 7d (default: ${DEFAULT-VALUE}).")
    private String last = ReportQuery.DEFAULT_LAST;

    @Option(names = "--node", paramLabel = "NODE", description = "Only what this node did.")
    private Optional<String> node = Optional.empty();

    @Option(names = "--model", paramLabel = "MODEL", description = "Only what was done with this model.")
    private Optional<String> model = Optional.empty();

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with charts, which needs nothing else.")
    private Optional<Path> html = Optional.empty();

    ReportCommand(Cli cli) {
        super(cli);
        this.cli = cli;
    }

    @Override
    void check() {
        period();
        if (html.isPresent() && Files.isDirectory(html.get())) {
            throw CommandFailure.usage("--html " + html.get() + " is a folder; name a file");
        }
    }

    private Duration period() {
        return ReportQuery.parse(last)
                .orElseThrow(
                        () -> CommandFailure.usage("--last must be " + ReportQuery.EXPECTED + ", but was " + last));
    }

    @Override
    ReportView ask(ManagementClient client) throws ManagementException {
        ReportView report = client.report(new ReportQuery(period(), node, model));
        if (html.isPresent()) {
            write(html.get(), report);
        }
        return report;
    }

    private void write(Path file, ReportView report) {
        try {
            Files.writeString(file, ReportPage.of(report));
        } catch (IOException e) {
            throw CommandFailure.failed("the page cannot be written to " + file + ": " + e.getMessage(), e);
        }
        cli.err().println("written to " + file.toAbsolutePath());
    }

    @Override
    void print(ReportView report, PrintStream out) {
        if (html.isEmpty()) {
            ReportText.print(report, out);
        }
    }
}
