package drover.node;

import drover.board.JobBoard;
import drover.inference.CborSerializable;
import drover.ledger.HoldLog;
import drover.logging.Logging;
import drover.watchdog.Incident;
import drover.watchdog.Watchdog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Keeps one {@link NodeKeeper} for each configured GPU. It knows the latest status of each, so that it can answer
 * whatever they are doing; a keeper that has failed is started anew after a pause, and meanwhile its node is answered
 * for as unavailable.
 */
public final class NodeSupervisor {
    /** How long a failed keeper stays away. */
    public static final Duration KEEPER_PAUSE = Duration.ofSeconds(1);

    /** What the supervisor understands. */
    public sealed interface Command {}

    /**
     * Run nodes by these settings from now on. Nodes that are no longer configured are drained first; a changed number
     * of inference actors takes effect at once and loses no job; everything else takes effect with a node's next process.
     */
    public record Reconfigure(NodeSettings settings) implements Command {}

    /**
     * Have every node's processes log by these levels, also those that are started later; loggers that are not named
     * keep theirs.
     */
    public record SetLogLevels(Map<String, String> levels) implements Command {
        public SetLogLevels {
            levels.values().forEach(Logging::requireLevel);
            levels = Map.copyOf(levels);
        }
    }

    /** Have every node look again for models. */
    public record LookForModels() implements Command {}

    /** Board and holds are others; every keeper tells the board what it has, and the holds hear which nodes are out. */
    public record SayAgain() implements Command {}

    /** Asks for every node's status; answered at once, whatever the nodes are doing. */
    public record GetStatus(ActorRef<Status> replyTo) implements Command {}

    /**
     * Drain every node and end its process; nothing is started any more. Answered when no child is left.
     *
     * @param within how long running jobs may go on; 0 lets each end its current step, and no more
     */
    public record Drain(Duration within, ActorRef<Drained> replyTo) implements Command {}

    /** Drain the node and start a new process for it. */
    public record RestartNode(String node, ActorRef<NodeReply> replyTo) implements Command {}

    /** Drain the node and start no new process until it is released. */
    public record QuarantineNode(String node, String reason, ActorRef<NodeReply> replyTo) implements Command {}

    /** Give one inference actor of the node a fresh start; what it runs is handed back first. */
    public record RestartSlot(String node, int slot, ActorRef<NodeReply> replyTo) implements Command {}

    /** End what {@link QuarantineNode} has begun. A node that is out for its own failures stays out. */
    public record ResumeNode(String node, ActorRef<NodeReply> replyTo) implements Command {}

    /** Put the node back to work, whatever its record. */
    public record ReleaseNode(String node, ActorRef<NodeReply> replyTo) implements Command {}

    /** Answer to {@link GetStatus}: all nodes, in the order of the configuration. */
    public record Status(List<NodeStatus> nodes) implements CborSerializable {
        public Status {
            nodes = List.copyOf(nodes);
        }
    }

    /** Answer to {@link Drain}. */
    public record Drained() {}

    /** From a keeper: its node's status, and how many processes it has started. */
    public record KeeperSaid(NodeStatus status, long launches) implements Command {}

    record Selected(NodeSettings settings, List<GpuDevice> devices) implements Command {}

    record HoldsSaid(HoldLog.HeldNodes nodes) implements Command {}

    record AskForHolds() implements Command {}

    record SelectionFailed(Throwable problem) implements Command {}

    record KeeperEnded(String node, ActorRef<NodeKeeper.Command> keeper) implements Command {}

    record StartKeeper(String node) implements Command {}

    /**
     * What the supervisor and its keepers use.
     *
     * @param board gives out the work
     * @param holds keeps which nodes operators have taken out; no node is started before it has said so
     * @param watchdog of the control process
     * @param incidents gets a record of every replacement
     * @param launcher starts processes
     * @param inventory knows the GPUs of this host
     * @param leftovers knows the children of an earlier control process; they are ended before any is started
     * @param stacks takes the stack of a stuck thread
     * @param clock wall clock
     * @param member how processes take part in the cluster
     * @param seed this process's address in the cluster, such as {@code pekko://drover@127.0.0.1:25520}
     */
    public record Parts(
            ActorRef<JobBoard.Command> board,
            ActorRef<HoldLog.Command> holds,
            ActorRef<Watchdog.Command> watchdog,
            ActorRef<Incident> incidents,
            ProcessLauncher launcher,
            GpuInventory inventory,
            Leftovers leftovers,
            StackCapture stacks,
            InstantSource clock,
            Membership member,
            String seed) {}

    /** A supervisor that first ends what an earlier control process has left behind, and then starts its nodes. */
    public static Behavior<Command> create(Parts parts, NodeSettings settings) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new SupervisorLife(context, timers, parts, settings)));
    }

    private NodeSupervisor() {}
}
