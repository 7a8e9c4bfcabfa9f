package drover.control;

import drover.board.JobBoard;
import drover.feed.JobFeed;
import drover.ledger.AuditLog;
import drover.ledger.IncidentLog;
import drover.ledger.JobLedger;
import drover.node.ClusterConfig;
import drover.node.GpuInventory;
import drover.node.JavaProcessLauncher;
import drover.node.Leftovers;
import drover.node.Membership;
import drover.node.NodeSettings;
import drover.node.NodeSupervisor;
import drover.node.ProcessLauncher;
import drover.node.StackCapture;
import drover.source.dreamer.HordeSource;
import drover.watchdog.Incident;
import drover.watchdog.Watchdog;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.SingletonActor;

/**
 * The guardian of a host's control process. Its children:
 *
 * <pre>
 *  line      to the dispatch, if that may be another host's
 *  watchdog  deadlines for whole nodes
 *  nodes     one keeper for each GPU process
 * </pre>
 *
 * and, on one host of the cluster, the {@link Dispatch}. Where no other host can take over, its parts are spoken to
 * directly. Should a child fail, or the dispatch while it is here, the process ends, its nodes with it: each remembers
 * something that the rest relies on and that nobody would tell it again, and a Drover that goes on without it would stand
 * still and say nothing.
 */
public final class Drover extends AbstractBehavior<Drover.Command> {
    /** What the guardian understands. */
    public sealed interface Command {}

    /** Asks for the actors of the tree; answered as soon as they are there. */
    public record GetTree(ActorRef<Tree> replyTo) implements Command {}

    /** The tree is about to be taken down; that its parts end is as it should be from now on. */
    public record Ending(ActorRef<Done> replyTo) implements Command {}

    /** Lets the sources of the dispatch, if it is here, take no more jobs; answered when that is so. */
    public record StopSources(ActorRef<Done> replyTo) implements Command {}

    /** Lets the sources of the dispatch, if it is here, answer what they have taken; answered when that is done. */
    public record FinishSources(ActorRef<Done> replyTo) implements Command {}

    /** Closes the dispatch, if it is here, so that another host's can take over; answered when that is done. */
    public record CloseDispatch(ActorRef<Done> replyTo) implements Command {}

    private record Lost(String child) implements Command {}

    private record Noted(Incident incident) implements Command {}

    private record DispatchIsHere(Dispatch.Parts parts) implements Command {}

    private record DispatchFound() implements Command {}

    /** The actors that the edges (HTTP, management) speak to. */
    public record Tree(
            ActorRef<JobLedger.Command> ledger,
            ActorRef<IncidentLog.Command> incidents,
            ActorRef<AuditLog.Command> audit,
            ActorRef<JobBoard.Command> board,
            ActorRef<JobFeed.Command> feed,
            ActorRef<HordeSource.Command> horde,
            ActorRef<Watchdog.Command> watchdog,
            ActorRef<NodeSupervisor.Command> nodes) {}

    /**
     * What the tree stands on.
     *
     * @param dispatch what the dispatch stands on; empty on a host that only has nodes
     * @param shared whether the dispatch may be another host's, now or later
     * @param nanoTime monotonic nanoseconds
     */
    public record Foundation(
            Optional<Dispatch.Foundation> dispatch,
            boolean shared,
            NodeSettings nodes,
            NodeHost host,
            InstantSource clock,
            LongSupplier nanoTime) {}

    /** What of this host the nodes need. */
    public record NodeHost(
            Membership member,
            ProcessLauncher launcher,
            GpuInventory inventory,
            Leftovers leftovers,
            StackCapture stacks) {
        /** The real one: processes like this one, the GPUs that are there. */
        public static NodeHost thisOne(Membership member, Path dataDir) {
            Leftovers leftovers = new Leftovers(dataDir);
            return new NodeHost(
                    member,
                    new JavaProcessLauncher(leftovers),
                    GpuInventory.ofThisHost(),
                    leftovers,
                    StackCapture.likeThisProcess());
        }

        /** The same where there are other hosts, whose nodes have other names. */
        public NodeHost amongOthers() {
            return new NodeHost(member, launcher, inventory.on(member.host()), leftovers, stacks);
        }
    }

    private static final String DISPATCH = "dispatch";

    private final Foundation on;
    private final ActorRef<Watchdog.Command> watchdog;
    private final LastDispatch last = new LastDispatch();
    private final List<ActorRef<Tree>> waiting = new ArrayList<>();
    private Optional<ActorRef<Dispatch.Command>> dispatch = Optional.empty();
    private Optional<Tree> tree = Optional.empty();
    private boolean ending;

    /** The whole tree on this foundation. */
    public static Behavior<Command> create(Foundation foundation) {
        return Behaviors.setup(context -> new Drover(context, foundation));
    }

    private Drover(ActorContext<Command> context, Foundation on) {
        super(context);
        this.on = on;
        this.watchdog = vital("watchdog", Watchdog.create("control", on.nanoTime(), on.clock()));
        ActorRef<Dispatch.Command> proxy = singleton();
        if (on.shared()) {
            ActorRef<Line.Connected> connections =
                    getContext().messageAdapter(Line.Connected.class, _ -> new DispatchFound());
            ActorRef<Object> line = vital("line", Line.create(proxy, last, connections, on.nanoTime()));
            begin(Dispatch.Parts.behind(line, proxy));
        }
    }

    /** Starts the dispatch if it is this host's turn; what comes back finds it wherever it is. */
    private ActorRef<Dispatch.Command> singleton() {
        ActorRef<Dispatch.Parts> announce = getContext().messageAdapter(Dispatch.Parts.class, DispatchIsHere::new);
        Behavior<Dispatch.Command> here =
                on.dispatch().map(d -> Dispatch.create(d, last, announce)).orElseGet(Behaviors::empty);
        return ClusterSingleton.get(getContext().getSystem())
                .init(SingletonActor.of(here, DISPATCH)
                        .withStopMessage(
                                new Dispatch.Close(getContext().getSystem().ignoreRef()))
                        .withSettings(
                                ClusterSingletonSettings.create(getContext().getSystem())
                                        .withRole(ClusterConfig.CONTROL)));
    }

    private void begin(Dispatch.Parts there) {
        NodeHost host = on.host();
        NodeSupervisor.Parts parts = new NodeSupervisor.Parts(
                there.board(),
                there.holds(),
                watchdog,
                getContext().messageAdapter(Incident.class, Noted::new),
                host.launcher(),
                host.inventory(),
                host.leftovers(),
                host.stacks(),
                on.clock(),
                host.member(),
                Cluster.get(getContext().getSystem()).selfMember().address().toString());
        var nodes = vital("nodes", NodeSupervisor.create(parts, on.nodes()));
        Tree whole = new Tree(
                there.ledger(),
                there.incidents(),
                there.audit(),
                there.board(),
                there.feed(),
                there.horde(),
                watchdog,
                nodes);
        tree = Optional.of(whole);
        waiting.forEach(asker -> asker.tell(whole));
        waiting.clear();
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
        switch (command) {
            case GetTree(ActorRef<Tree> replyTo) -> tree.ifPresentOrElse(replyTo::tell, () -> waiting.add(replyTo));
            case DispatchIsHere(Dispatch.Parts parts) -> {
                dispatch = Optional.of(parts.dispatch());
                getContext().watchWith(parts.dispatch(), new Lost(DISPATCH));
                if (tree.isEmpty()) {
                    begin(parts);
                }
            }
            case DispatchFound() -> tree.ifPresent(t -> t.nodes().tell(new NodeSupervisor.SayAgain()));
            case Noted(Incident incident) -> {
                tree.ifPresent(t -> t.incidents().tell(new IncidentLog.Keep(incident)));
                getContext().getSystem().eventStream().tell(new EventStream.Publish<>(incident));
            }
            case Ending(ActorRef<Done> replyTo) -> {
                ending = true;
                replyTo.tell(Done.getInstance());
            }
            case StopSources(ActorRef<Done> replyTo) -> passOn(replyTo, Dispatch.StopSources::new);
            case FinishSources(ActorRef<Done> replyTo) -> passOn(replyTo, Dispatch.FinishSources::new);
            case CloseDispatch(ActorRef<Done> replyTo) -> passOn(replyTo, Dispatch.Close::new);
            case Lost(String child) -> {
                if (child.equals(DISPATCH)) {
                    dispatch = Optional.empty();
                }
                if (!ending) {
                    getContext()
                            .getLog()
                            .error(
                                    "{} has failed, and others rely on what it remembers. This process ends; jobs are on"
                                            + " disk, start it again.",
                                    child);
                    return Behaviors.stopped();
                }
            }
        }
        return this;
    }

    /** The dispatch does it and answers; where it is not here there is nothing to do. */
    private void passOn(ActorRef<Done> replyTo, Function<ActorRef<Done>, Dispatch.Command> order) {
        dispatch.ifPresentOrElse(d -> d.tell(order.apply(replyTo)), () -> replyTo.tell(Done.getInstance()));
    }
}
