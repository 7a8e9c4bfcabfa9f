package drover.cli;

import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.NodesView.NodeView;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
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
    abstract class OnNode extends ChangeCommand<NodeView> {
        private final String action;

        @Parameters(paramLabel = "NODE", description = "Which one, such as gpu0; drover status shows them.")
        private String node = "";

        OnNode(String action) {
            super(cli);
            this.action = action;
        }

        final String node() {
            return node;
        }

        @Override
        NodeView ask(ManagementClient client) throws ManagementException {
            return client.act(node, action, reason());
        }

        @Override
        void print(NodeView view, PrintStream out) {
            out.println(view.node() + " was "
                    + view.state().toLowerCase(Locale.ROOT).replace('_', ' ')
                    + view.note().map(note -> " (" + note + ")").orElse("")
                    + " and has been told; drover status shows how far it is");
        }
    }

    /** {@code drover nodes drain}. */
    @Command(
            name = "drain",
            description = "Let its running jobs finish and give it no more, until it is resumed.",
            mixinStandardHelpOptions = true)
    final class Drain extends OnNode {
        Drain() {
            super("drain");
        }
    }

    /** {@code drover nodes resume}. */
    @Command(
            name = "resume",
            description = "Put a drained node back to work. One that is out for its own failures stays out.",
            mixinStandardHelpOptions = true)
    final class Resume extends OnNode {
        Resume() {
            super("resume");
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

        Restart() {
            super("restart");
        }

        @Override
        NodeView ask(ManagementClient client) throws ManagementException {
            return actor.isPresent() ? client.restartActor(node(), actor.get(), reason()) : super.ask(client);
        }
    }

    /** {@code drover nodes quarantine}. */
    @Command(
            name = "quarantine",
            description = "Drain a node and keep it out until it is released; needs --reason.",
            mixinStandardHelpOptions = true)
    final class Quarantine extends OnNode {
        Quarantine() {
            super("quarantine");
        }

        @Override
        void check() {
            requireReason("a quarantine");
        }
    }

    /** {@code drover nodes release}. */
    @Command(
            name = "release",
            description = "Put a node back to work, whatever its record.",
            mixinStandardHelpOptions = true)
    final class Release extends OnNode {
        Release() {
            super("release");
        }
    }
}
