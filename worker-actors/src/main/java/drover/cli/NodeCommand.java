package drover.cli;

import drover.client.NodesView.NodeView;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Commands that tell one node of a running Drover to do something. */
abstract class NodeCommand implements Callable<Integer> {
    private final Cli cli;
    private final String action;

    @Parameters(paramLabel = "NODE", description = "Which one, such as gpu0; drover status shows them.")
    private String node = "";

    @Mixin
    private final CommonOptions common = new CommonOptions();

    NodeCommand(Cli cli, String action) {
        this.cli = cli;
        this.action = action;
    }

    @Override
    public Integer call() {
        common.applyVerbosity();
        NodeView view = Remote.ask(cli.config(common.config()), client -> client.act(node, action));
        cli.out()
                .println(view.node() + " is "
                        + view.state().toLowerCase(Locale.ROOT).replace('_', ' ')
                        + view.note().map(note -> ": " + note).orElse(""));
        return Cli.DONE;
    }

    /** {@code drover restart}. */
    @Command(
            name = "restart",
            description = "Drain a node and start a new process for it.",
            mixinStandardHelpOptions = true)
    static final class Restart extends NodeCommand {
        Restart(Cli cli) {
            super(cli, "restart");
        }
    }

    /** {@code drover quarantine}. */
    @Command(
            name = "quarantine",
            description = "Drain a node and keep it out until it is released.",
            mixinStandardHelpOptions = true)
    static final class Quarantine extends NodeCommand {
        Quarantine(Cli cli) {
            super(cli, "quarantine");
        }
    }

    /** {@code drover release}. */
    @Command(
            name = "release",
            description = "Put a node back to work, whatever its record.",
            mixinStandardHelpOptions = true)
    static final class Release extends NodeCommand {
        Release(Cli cli) {
            super(cli, "release");
        }
    }
}
