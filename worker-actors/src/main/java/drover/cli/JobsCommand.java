package drover.cli;

import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.OverviewView;
import drover.client.OverviewView.SummaryView;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drover jobs}. */
@Command(
        name = "jobs",
        description = "List, cancel or requeue jobs of a running Drover.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class JobsCommand {
    private final Cli cli;

    JobsCommand(Cli cli) {
        this.cli = cli;
    }

    /** {@code drover jobs list}. */
    @Command(name = "list", description = "List them, newest first.", mixinStandardHelpOptions = true)
    final class ListJobs extends RemoteCommand<OverviewView> {
        @Option(names = "--state", paramLabel = "STATE", description = "Only those in this state, such as queued.")
        private Optional<String> state = Optional.empty();

        @Option(names = "--model", paramLabel = "MODEL", description = "Only those for this model.")
        private Optional<String> model = Optional.empty();

        @Option(names = "--before", paramLabel = "JOB", description = "Only those accepted before this one.")
        private Optional<String> before = Optional.empty();

        @Option(names = "--limit", description = "How many, 1 to 100 (default: ${DEFAULT-VALUE}).")
        private int limit = 20;

        ListJobs() {
            super(cli);
        }

        @Override
        void check() {
            checkLimit(limit, 100);
        }

        @Override
        OverviewView ask(ManagementClient client) throws ManagementException {
            return client.jobs(state, model, before, limit);
        }

        @Override
        Object asJson(OverviewView view) {
            return view.newest();
        }

        @Override
        void print(OverviewView view, PrintStream out) {
            TextTable table = new TextTable("JOB", "STATE", "MODEL", "ATTEMPTS", "ACCEPTED", "CHANGED", "FAULT");
            for (SummaryView job : view.newest()) {
                table.add(List.of(
                        job.job(),
                        job.state().toLowerCase(Locale.ROOT),
                        job.model(),
                        Integer.toString(job.attempts()),
                        job.accepted().toString(),
                        job.changed().toString(),
                        job.fault().orElse("")));
            }
            table.print(out);
        }
    }

    /** What changing a job has in common. */
    abstract class OnJob extends ChangeCommand<SummaryView> {
        @Parameters(paramLabel = "JOB", description = "Which one.")
        private String job = "";

        OnJob() {
            super(cli);
        }

        final String job() {
            return job;
        }

        @Override
        void print(SummaryView view, PrintStream out) {
            out.println(view.job() + " is " + view.state().toLowerCase(Locale.ROOT));
        }
    }

    /** {@code drover jobs cancel}. */
    @Command(name = "cancel", description = "Withdraw a job.", mixinStandardHelpOptions = true)
    final class Cancel extends OnJob {
        @Override
        SummaryView ask(ManagementClient client) throws ManagementException {
            return client.cancelJob(job(), reason());
        }
    }

    /** {@code drover jobs requeue}. */
    @Command(
            name = "requeue",
            description = {
                "Take a job from the node that runs it, without blame, and put it back by its age.",
                "A job that has ended stays ended."
            },
            mixinStandardHelpOptions = true)
    final class Requeue extends OnJob {
        @Override
        SummaryView ask(ManagementClient client) throws ManagementException {
            return client.requeueJob(job(), reason());
        }
    }
}
