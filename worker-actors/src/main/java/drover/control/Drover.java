package drover.control;

import drover.board.BoardSettings;
import drover.board.JobBoard;
import drover.delivery.Delivery;
import drover.feed.FeedSettings;
import drover.feed.JobFeed;
import drover.inference.AssetStore;
import drover.ledger.AuditLog;
import drover.ledger.IncidentLog;
import drover.ledger.JobLedger;
import drover.ledger.LedgerDatabase;
import drover.ledger.LedgerSettings;
import drover.ledger.ResultRemoval;
import drover.ledger.Retention;
import drover.node.GpuInventory;
import drover.node.JavaProcessLauncher;
import drover.node.Leftovers;
import drover.node.NodeSettings;
import drover.node.NodeSupervisor;
import drover.node.ProcessLauncher;
import drover.node.StackCapture;
import drover.watchdog.Incident;
import drover.watchdog.Watchdog;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * The guardian of the control process. Its children:
 *
 * <pre>
 *  ledger    what is on disk; the only writer of jobs
 *  incidents what is kept about replacements
 *  retention removes what has been kept for long enough
 *  audit     what operators have changed
 *  feed      tells followers what happens to jobs
 *  delivery  brings finished results to whoever ordered them
 *  board     what waits, what runs where, what comes next
 *  watchdog  deadlines for whole nodes
 *  nodes     one keeper for each GPU process
 * </pre>
 *
 * Only the incidents, the audit and the retention can start anew in place. Every other part remembers something that the
 * rest relies on and that nobody would tell it again: slots that asked for work, followers, deliveries under way. A
 * Drover that goes on without it would stand still and say nothing; so should one of them fail, the process ends, its
 * nodes with it, and the next start finds everything on disk.
 */
public final class Drover extends AbstractBehavior<Drover.Command> {
    /** What the guardian understands. */
    public sealed interface Command {}

    /** Asks for the actors of the tree. */
    public record GetTree(ActorRef<Tree> replyTo) implements Command {}

    /** The tree is about to be taken down; that its parts end is as it should be from now on. */
    public record Ending(ActorRef<Done> replyTo) implements Command {}

    private record Lost(String child) implements Command {}

    private record Noted(Incident incident) implements Command {}

    /** The actors that the edges (HTTP, management) speak to. */
    public record Tree(
            ActorRef<JobLedger.Command> ledger,
            ActorRef<IncidentLog.Command> incidents,
            ActorRef<AuditLog.Command> audit,
            ActorRef<JobBoard.Command> board,
            ActorRef<JobFeed.Command> feed,
            ActorRef<Watchdog.Command> watchdog,
            ActorRef<NodeSupervisor.Command> nodes) {}

    /**
     * What the tree stands on.
     *
     * @param removal removes results from the asset store
     * @param clock the time of day
     * @param nanoTime monotonic nanoseconds
     */
    public record Foundation(
            LedgerDatabase database,
            LedgerSettings ledger,
            AssetStore assets,
            ResultRemoval removal,
            FeedSettings feed,
            BoardSettings board,
            NodeSettings nodes,
            NodeHost host,
            MeterRegistry meters,
            InstantSource clock,
            LongSupplier nanoTime) {}

    /** What of this host the nodes need. */
    public record NodeHost(
            String address,
            ProcessLauncher launcher,
            GpuInventory inventory,
            Leftovers leftovers,
            StackCapture stacks) {
        /** The real one: processes like this one, the GPUs that are there. */
        public static NodeHost thisOne(String address, Path dataDir) {
            Leftovers leftovers = new Leftovers(dataDir);
            return new NodeHost(
                    address,
                    JavaProcessLauncher.likeThisProcess(leftovers),
                    GpuInventory.ofThisHost(),
                    leftovers,
                    StackCapture.likeThisProcess());
        }
    }

    private final Tree tree;
    private boolean ending;

    /** The whole tree on this foundation. */
    public static Behavior<Command> create(Foundation foundation) {
        return Behaviors.setup(context -> new Drover(context, foundation));
    }

    private Drover(ActorContext<Command> context, Foundation on) {
        super(context);
        var ledger = vital("ledger", JobLedger.create(on.database(), on.ledger(), on.meters()));
        var incidents = renewable("incidents", IncidentLog.create(on.database()));
        renewable(
                "retention",
                Retention.create(on.database(), on.removal(), on.ledger().retention(), on.clock(), on.meters()));
        var audit = renewable("audit", AuditLog.create(on.database()));
        var feed = vital("feed", JobFeed.create(on.feed(), UUID.randomUUID().toString(), ledger));
        var delivery = vital("delivery", Delivery.create(on.assets(), ledger, feed, on.clock()));
        var board = vital("board", JobBoard.create(ledger, feed, delivery, on.board(), on.clock()));
        var watchdog = vital("watchdog", Watchdog.create("control", on.nanoTime(), on.clock()));
        NodeHost host = on.host();
        NodeSupervisor.Parts parts = new NodeSupervisor.Parts(
                board,
                watchdog,
                context.messageAdapter(Incident.class, Noted::new),
                host.launcher(),
                host.inventory(),
                host.leftovers(),
                host.stacks(),
                on.clock(),
                host.address(),
                Cluster.get(context.getSystem()).selfMember().address().toString());
        var nodes = vital("nodes", NodeSupervisor.create(parts, on.nodes()));
        this.tree = new Tree(ledger, incidents, audit, board, feed, watchdog, nodes);
    }

    private <M> ActorRef<M> renewable(String name, Behavior<M> behavior) {
        return getContext().spawn(Behaviors.supervise(behavior).onFailure(SupervisorStrategy.restart()), name);
    }

    private <M> ActorRef<M> vital(String name, Behavior<M> behavior) {
        ActorRef<M> child = getContext().spawn(behavior, name);
        getContext().watchWith(child, new Lost(name));
        return child;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        return switch (command) {
            case GetTree get -> {
                get.replyTo().tell(tree);
                yield this;
            }
            case Noted(Incident incident) -> {
                tree.incidents().tell(new IncidentLog.Keep(incident));
                getContext().getSystem().eventStream().tell(new EventStream.Publish<>(incident));
                yield this;
            }
            case Ending(ActorRef<Done> replyTo) -> {
                ending = true;
                replyTo.tell(Done.getInstance());
                yield this;
            }
            case Lost _ when ending -> this;
            case Lost(String child) -> {
                getContext()
                        .getLog()
                        .error(
                                "{} has failed, and others rely on what it remembers. This process ends; jobs are on disk, "
                                        + "start it again.",
                                child);
                yield Behaviors.stopped();
            }
        };
    }
}
