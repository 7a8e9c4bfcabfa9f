package drover.node;

import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.Position;
import drover.inference.Preview;
import drover.job.AttemptEnd;
import drover.job.AttemptTimings;
import drover.ledger.Hold;
import drover.logging.LogKeys;
import drover.rules.Rules;
import drover.rules.Surroundings;
import drover.watchdog.Incident;
import drover.watchdog.NodeSilent;
import drover.watchdog.Stall;
import drover.watchdog.Verdict;
import drover.watchdog.Watchdog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The counterpart of one node's process: its OS handle, its replacements, its line to the board.
 *
 * <pre>
 *  state        leaves it when                            for
 *  LAUNCHING    the process says hello                    RUNNING
 *               it ends, or stays dumb for too long       REPLACING, BACKING_OFF or QUARANTINED
 *  RUNNING      the process ends or has to go             REPLACING, BACKING_OFF or QUARANTINED
 *  REPLACING    the next process has said hello and the   RUNNING
 *               last one's handle has ended
 *  BACKING_OFF  the pause is over                         LAUNCHING
 *  QUARANTINED  its time is over, or an operator says so  LAUNCHING
 *  any          the node is to be drained                 DRAINING
 *  DRAINING     no process is left                        LAUNCHING, QUARANTINED or STOPPED
 * </pre>
 *
 * A process that has to go is not ended at once when it still answers: its healthy attempts go on until the next process
 * is ready, at most for {@link NodeSettings.Limits#sibling}; what they have not finished by then is handed back, which
 * counts against neither their jobs nor the node. The next process is started meanwhile, but gets no work before the last
 * one's handle has ended, so that two never share a GPU's memory.
 */
public final class NodeKeeper {
    /** The code of an attempt that a watchdog gave up. */
    public static final String STALLED = "drover:attempt.stalled";

    /** What the keeper understands. */
    public sealed interface Command {}

    /** What comes from a node, across the process boundary. Words of a launch that is over are dropped. */
    public sealed interface FromNode extends Command, CborSerializable {
        /** Which process of the node says it. */
        long launch();
    }

    /** The engine is open; the node waits to hear how many inference actors it should have. */
    public record Hello(
            long launch, long pid, String engine, Set<String> models, Set<String> resident, ActorRef<Node.Command> node)
            implements FromNode {
        public Hello {
            models = Set.copyOf(models);
            resident = Set.copyOf(resident);
        }
    }

    /** The engine could not be opened; the process ends by itself. */
    public record StartFailed(long launch, String code, String reason) implements FromNode {}

    /**
     * The slot asks for work. Safe to repeat.
     *
     * @param checks whether the node can look at pictures before they leave
     */
    public record SlotIdle(long launch, int slot, Set<String> resident, boolean checks) implements FromNode {
        public SlotIdle {
            resident = Set.copyOf(resident);
        }
    }

    /** The slot is no more: it was one too many, or the node is being drained. */
    public record SlotClosed(long launch, int slot) implements FromNode {}

    /** The attempt says that it has come to this position. */
    public record Advanced(long launch, int slot, AttemptId attempt, Position position) implements FromNode {}

    /** The attempt's runner is alive; says nothing about progress. */
    public record Heartbeat(long launch, AttemptId attempt) implements FromNode {}

    /** How a picture of the attempt looks now; never repeated. */
    public record Previewed(long launch, AttemptId attempt, Preview preview) implements FromNode {}

    /** The attempt's results are in the asset store. Repeated until {@link Node.Recorded}. */
    public record Produced(long launch, int slot, AttemptId attempt, List<AssetRef> assets, AttemptTimings timings)
            implements FromNode {
        public Produced {
            assets = List.copyOf(assets);
        }
    }

    /** The attempt ended without a result. Repeated until {@link Node.Recorded}. */
    public record AttemptEnded(long launch, int slot, AttemptId attempt, AttemptEnd end) implements FromNode {}

    /** The node's watchdog has had a stalled attempt cancelled and its actor made anew; the process goes on. */
    public record ActorRestarted(long launch, int slot, Stall stall) implements FromNode {}

    /**
     * The process has to be replaced. Until it is ended its other attempts go on; it asks for no more work, and halts by
     * itself if nobody ends it.
     */
    public record ReplaceMe(long launch, ReplaceReason reason) implements FromNode {}

    /** Said every second. */
    public record Alive(long launch, NodeMemory memory, Set<String> resident) implements FromNode {
        public Alive {
            resident = Set.copyOf(resident);
        }
    }

    /** Nothing runs any more, and everything has been recorded or handed back; the process ends by itself. */
    public record Drained(long launch) implements FromNode {}

    /** Run by these settings from now on. */
    record Reconfigure(NodeSettings settings) implements Command {}

    /**
     * Drain, and do this when no process is left.
     *
     * @param within how long running jobs may go on
     */
    public record Drain(AfterDrain then, String reason, Duration within) implements Command {}

    /** The board is another one, which knows nothing of this node: tell it what is out, what has ended and what waits. */
    public record SayAgain() implements Command {}

    /** Models have come or gone; processes that start later see that by themselves. */
    record LookForModels() implements Command {}

    /** Give one inference actor a fresh start. */
    record RestartSlot(int slot) implements Command {}

    /** Forget the node's record and start a process if there is none. */
    public record Release() implements Command {}

    /** What follows when a drained node's process has ended. */
    public enum AfterDrain {
        STOP,
        RELAUNCH,
        QUARANTINE
    }

    record Launched(long launch, NodeProcess process) implements Command {}

    record NotLaunched(long launch, String reason) implements Command {}

    record ProcessEnded(long launch, int code) implements Command {}

    record StackTaken(long launch, Incident.Stack stack) implements Command {}

    record LaunchTimedOut(long launch) implements Command {}

    record GraceOver(long launch) implements Command {}

    record BoardSaid(SlotCommand word) implements Command {}

    record WatchdogSaid(Verdict verdict) implements Command {}

    record NodeIsSilent(NodeSilent silence) implements Command {}

    enum Timer implements Command {
        PULSE,
        RETRY,
        STANDBY,
        DRAIN_OVER,
        STATUS
    }

    /**
     * Whom a keeper talks to.
     *
     * @param incidents gets a record of every replacement
     * @param status gets the node's status whenever it has changed
     * @param launcher starts processes
     * @param stacks takes the stack of a stuck thread
     * @param statusDelay how soon a change is told
     * @param member how processes take part in the cluster
     * @param seed this process's address in the cluster
     */
    public record Links(
            ActorRef<JobBoard.Command> board,
            ActorRef<Watchdog.Command> watchdog,
            ActorRef<Incident> incidents,
            ActorRef<ClusterUndertaker.Command> undertaker,
            ActorRef<NodeSupervisor.KeeperSaid> status,
            ProcessLauncher launcher,
            StackSource stacks,
            InstantSource clock,
            Duration statusDelay,
            Membership member,
            String seed) {}

    /**
     * What was before the keeper.
     *
     * @param launches how many processes the node has had
     * @param hold why and since when the node is out, if an operator has taken it out
     */
    public record Past(long launches, Optional<Hold> hold) {
        /** Nothing. */
        public static final Past NONE = new Past(0, Optional.empty());
    }

    /** A keeper that starts its first process at once, unless the node is out. */
    static Behavior<Command> create(Links links, GpuDevice device, NodeSettings settings, Past past) {
        return Behaviors.withMdc(
                Command.class, Map.of(LogKeys.NODE, device.node()), KeeperLife.create(links, device, settings, past));
    }

    /** The rules of {@link #create}'s actor. */
    public static Rules<Command> rules(
            Surroundings<Command> around, Links links, GpuDevice device, NodeSettings settings, Past past) {
        return new KeeperLife(around, links, device, settings, past);
    }

    private NodeKeeper() {}
}
