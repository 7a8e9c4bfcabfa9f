package drover.cli;

import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.NodesView.NodeView;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drover nodes}: tells one node of a running Drover to do something. {@code drover status} shows them. */
@Command(
        name = "nodes",
        description = "Drain, resume, restart, quarantine or release a node; drover status shows them.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class NodesCommand {
    private final Cli cli;

    NodesCommand(Cli cli) {
        this.cli = cli;
    }

    /** What all of them have in common. */
    abstract class OnNode implements Callable<Integer> {
        @Parameters(paramLabel = "NODE", description = "Which one, such as gpu0; drover status shows them.")
        private String node = "";

        @Option(names = "--reason", paramLabel = "TEXT", description = "Why; kept in the audit log.")
        private Optional<String> reason = Optional.empty();

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Mixin
        private final CommonOptions common = new CommonOptions();

        abstract NodeView tell(ManagementClient client, String which, Optional<String> why) throws ManagementException;

        @Override
        public Integer call() {
            common.applyVerbosity();
            NodeView view = Remote.ask(cli, common, client -> tell(client, node, reason));
            if (json) {
                Remote.printJson(cli, view);
            } else {
                cli.out()
                        .println(view.node() + " was "
                                + view.state().toLowerCase(Locale.ROOT).replace('_', ' ')
                                + view.note().map(note -> " (" + note + ")").orElse("")
                                + " and has been told; drover status shows how far it is");
            }
            return Cli.DONE;
        }
    }

    /** {@code drover nodes drain}. */
    @Command(
            name = "drain",
            description = "Let its running jobs finish and give it no more, until it is resumed.",
            mixinStandardHelpOptions = true)
    final class Drain extends OnNode {
        @Override
        NodeView tell(ManagementClient client, String which, Optional<String> why) throws ManagementException {
            return client.act(which, "drain", why);
        }
    }

    /** {@code drover nodes resume}. */
    @Command(
            name = "resume",
            description = "Put a drained node back to work. One that is out for its own failures stays out.",
            mixinStandardHelpOptions = true)
    final class Resume extends OnNode {
        @Override
        NodeView tell(ManagementClient client, String which, Optional<String> why) throws ManagementException {
            return client.act(which, "resume", why);
        }
    }

    /** {@code drover nodes restart}. */
    @Command(
            name = "restart",
            description = "Drain a node and start a new process for it, or give one of its actors a fresh start.",
            mixinStandardHelpOptions = true)
    final class Restart extends OnNode {
        @Option(
                names = "--actor",
                paramLabel = "N",
                description = "Only this inference actor; what it runs goes back to the queue.")
        private Optional<Integer> actor = Optional.empty();

        @Override
        NodeView tell(ManagementClient client, String which, Optional<String> why) throws ManagementException {
            return actor.isPresent() ? client.restartActor(which, actor.get(), why) : client.act(which, "restart", why);
        }
    }

    /** {@code drover nodes quarantine}. */
    @Command(
            name = "quarantine",
            description = "Drain a node and keep it out until it is released; needs --reason.",
            mixinStandardHelpOptions = true)
    final class Quarantine extends OnNode {
        @Override
        NodeView tell(ManagementClient client, String which, Optional<String> why) throws ManagementException {
            if (why.isEmpty()) {
                throw CommandFailure.usage("a quarantine needs a reason: --reason TEXT");
            }
            return client.act(which, "quarantine", why);
        }
    }

    /** {@code drover nodes release}. */
    @Command(
            name = "release",
            description = "Put a node back to work, whatever its record.",
            mixinStandardHelpOptions = true)
    final class Release extends OnNode {
        @Override
        NodeView tell(ManagementClient client, String which, Optional<String> why) throws ManagementException {
            return client.act(which, "release", why);
        }
    }
}
