package drover.cli;

import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.NodesView;
import drover.client.NodesView.ActorView;
import drover.client.NodesView.NodeView;
import drover.client.NodesView.StandingView;
import drover.client.NodesView.WorkView;
import drover.client.OverviewView;
import drover.client.OverviewView.PendingView;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;

/** {@code drover status}. */
@Command(name = "status", description = "Show nodes, actors and what each is doing.", mixinStandardHelpOptions = true)
final class StatusCommand extends RemoteCommand<StatusCommand.Everything> {
    StatusCommand(Cli cli) {
        super(cli);
    }

    /** What {@code --json} prints. */
    record Everything(NodesView nodes, OverviewView jobs) {}

    @Override
    Everything ask(ManagementClient client) throws ManagementException {
        return new Everything(client.nodes(), client.jobs());
    }

    @Override
    void print(Everything everything, PrintStream out) {
        OverviewView jobs = everything.jobs();
        out.println("jobs: %d waiting, %d running, %d to be delivered"
                .formatted(jobs.waiting(), jobs.running().size(), jobs.undelivered()));
        out.println("pending: %.1f megapixel-steps".formatted(jobs.pending().megapixelSteps()));
        pending("model", jobs.pendingByModel(), out);
        pending("tenant", jobs.pendingByTenant(), out);
        jobs.withdrawn()
                .forEach(it -> out.println("model %s is not offered%s: %s"
                        .formatted(
                                it.model(),
                                it.until().map(until -> " until " + until).orElse(""),
                                it.reason())));
        out.println();
        TextTable table = new TextTable("NODE", "STATE", "TRUST", "PID", "RESTARTS", "MEMORY", "ACTOR", "DOING");
        for (NodeView node : everything.nodes().nodes()) {
            rows(node).forEach(table::add);
        }
        table.print(out);
    }

    private static void pending(String what, Map<String, PendingView> amounts, PrintStream out) {
        new TreeMap<>(amounts)
                .forEach((name, amount) -> out.println(
                        "  %s %s: %.1f in %d jobs".formatted(what, name, amount.megapixelSteps(), amount.jobs())));
    }

    /** {@code open 97 %}, {@code suspended 20 %}. */
    private static String trust(StandingView standing) {
        return standing.trust().toLowerCase(Locale.ROOT) + " " + Math.round(standing.reliability() * 100) + " %";
    }

    private static List<List<String>> rows(NodeView node) {
        String memory = node.memory()
                .map(m -> (m.residentBytes() >> 20) + " MiB (heap " + (m.heapUsedBytes() >> 20) + ")")
                .orElse("-");
        String state = node.state().toLowerCase(Locale.ROOT) + (node.standby() ? " +standby" : "");
        String trust = node.standing().map(StatusCommand::trust).orElse("-");
        String pid = node.pid().map(String::valueOf).orElse("-");
        String restarts = Integer.toString(node.restarts());
        String note = node.note().orElse("");
        if (node.actors().isEmpty()) {
            return List.of(List.of(node.node(), state, trust, pid, restarts, memory, "-", note));
        }
        List<List<String>> rows = new ArrayList<>();
        for (ActorView actor : node.actors()) {
            boolean first = rows.isEmpty();
            rows.add(List.of(
                    first ? node.node() : "",
                    first ? state : "",
                    first ? trust : "",
                    first ? pid : "",
                    first ? restarts : "",
                    first ? memory : "",
                    Integer.toString(actor.index()),
                    actor.work().map(StatusCommand::doing).orElse(note.isEmpty() ? "idle" : "idle; " + note)));
        }
        return rows;
    }

    private static String doing(WorkView work) {
        String where = work.position()
                .map(p -> p.phase().toLowerCase(Locale.ROOT) + " " + p.step() + "/" + p.of())
                .orElse("starting");
        return "%s#%d %s, %s, last advance %.1f s ago"
                .formatted(work.job(), work.attempt(), work.model(), where, work.secondsSinceAdvance());
    }
}
