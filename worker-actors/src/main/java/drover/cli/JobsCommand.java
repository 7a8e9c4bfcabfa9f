package drover.cli;

import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.OverviewView;
import drover.client.OverviewView.SummaryView;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
    final class ListJobs implements Callable<Integer> {
        @Option(names = "--state", paramLabel = "STATE", description = "Only those in this state, such as queued.")
        private Optional<String> state = Optional.empty();

        @Option(names = "--before", paramLabel = "JOB", description = "Only those accepted before this one.")
        private Optional<String> before = Optional.empty();

        @Option(names = "--limit", description = "How many, 1 to 100 (default: ${DEFAULT-VALUE}).")
        private int limit = 20;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() {
            common.applyVerbosity();
            if (limit < 1 || limit > 100) {
                throw CommandFailure.usage("--limit must be 1 to 100, but was " + limit);
            }
            OverviewView view = Remote.ask(cli, common, client -> client.jobs(state, before, limit));
            if (json) {
                Remote.printJson(cli, view.newest());
                return Cli.DONE;
            }
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
            table.print(cli.out());
            return Cli.DONE;
        }
    }

    /** What changing a job has in common. */
    abstract class OnJob implements Callable<Integer> {
        @Parameters(paramLabel = "JOB", description = "Which one.")
        private String job = "";

        @Option(names = "--reason", paramLabel = "TEXT", description = "Why; kept in the audit log.")
        private Optional<String> reason = Optional.empty();

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Mixin
        private final CommonOptions common = new CommonOptions();

        abstract SummaryView tell(ManagementClient client, String which, Optional<String> why)
                throws ManagementException;

        @Override
        public Integer call() {
            common.applyVerbosity();
            SummaryView view = Remote.ask(cli, common, client -> tell(client, job, reason));
            if (json) {
                Remote.printJson(cli, view);
            } else {
                cli.out().println(view.job() + " is " + view.state().toLowerCase(Locale.ROOT));
            }
            return Cli.DONE;
        }
    }

    /** {@code drover jobs cancel}. */
    @Command(name = "cancel", description = "Withdraw a job.", mixinStandardHelpOptions = true)
    final class Cancel extends OnJob {
        @Override
        SummaryView tell(ManagementClient client, String which, Optional<String> why) throws ManagementException {
            return client.cancelJob(which, why);
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
        SummaryView tell(ManagementClient client, String which, Optional<String> why) throws ManagementException {
            return client.requeueJob(which, why);
        }
    }
}
