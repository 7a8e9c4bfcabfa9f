package drover.node;

import drover.inference.AssetStore;
import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.Engine;
import drover.inference.InferenceActor;
import drover.inference.InferenceRequest;
import drover.inference.PreviewWish;
import drover.rules.Rules;
import drover.rules.Surroundings;
import drover.safety.SafetyActor;
import drover.safety.SafetyParts;
import drover.watchdog.LearnedLimit;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Verdict;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;

/**
 * The guardian of a GPU process: its inference actors, its watchdog, and the line to its keeper.
 *
 * <p>What it has to report about an attempt it repeats until that is in the ledger. A slot that waits for work says so
 * every second, so that a lost word costs a second and no more.
 */
public final class Node {
    /** How often the node says that it is alive, and repeats what has not been answered. */
    public static final Duration PULSE = Duration.ofSeconds(1);

    /** How long a drained node waits for its runners to come back and its last reports to be recorded. */
    public static final Duration LAST_WORDS = Duration.ofSeconds(5);

    /** What the node understands. */
    public sealed interface Command {}

    /** What comes from the keeper, across the process boundary. */
    public sealed interface FromKeeper extends Command, CborSerializable {}

    /**
     * Have this many inference actors. More are started at once; those too many finish what they run and then close.
     *
     * @param actors 0 for a standby, that has its engine open and asks for nothing
     */
    public record Resize(int actors) implements FromKeeper {}

    /**
     * Run this attempt on this slot, which has asked for work.
     *
     * @param learned deadlines that tighten the watchdog's configured ones
     */
    public record Run(int slot, AttemptId attempt, InferenceRequest request, List<LearnedLimit> learned)
            implements FromKeeper {
        public Run {
            learned = List.copyOf(learned);
        }
    }

    /** Nobody waits for this attempt any more. */
    public record Cancel(int slot, AttemptId attempt, String reason) implements FromKeeper {}

    /** Somebody wants to see how the attempt's pictures come along. */
    public record ShowPreviews(int slot, AttemptId attempt, PreviewWish wish) implements FromKeeper {}

    /** Put a fresh inference actor in the place of this one, as soon as what it runs has been stopped and handed back. */
    public record RestartSlot(int slot) implements FromKeeper {}

    /** The end of this attempt is in the ledger and need not be reported again. */
    public record Recorded(AttemptId attempt) implements FromKeeper {}

    /** Take no more work; what still runs after this time is handed back. Then say {@link NodeKeeper.Drained} and end. */
    public record Drain(Duration within) implements FromKeeper {}

    /** Log by these levels from now on; loggers that are not named keep theirs. */
    public record SetLogLevels(Map<String, String> levels) implements FromKeeper {
        public SetLogLevels {
            levels = Map.copyOf(levels);
        }
    }

    /** The keeper is there. Without any word from it for the orphan timeout, the node ends itself. */
    public record StillHere() implements FromKeeper {}

    /** Somebody else gives out the work from now on: every slot that has none asks again, at once. */
    public record AskAgain() implements FromKeeper {}

    /** Models have come or gone: the engine looks again, and the slots ask for work for what it finds. */
    public record LookForModels() implements FromKeeper {}

    record EngineLooked() implements Command {}

    record EngineOpened(Engine engine) implements Command {}

    record EngineFailed(String code, String reason) implements Command {}

    record SafetySaid(SafetyActor.Ready ready) implements Command {}

    record SlotSaid(InferenceActor.Event event) implements Command {}

    record WatchdogSaid(Verdict verdict) implements Command {}

    enum Timer implements Command {
        PULSE,
        PROGRESS,
        ORPHANED,
        SELF_HALT,
        DRAIN_DEADLINE,
        LAST_WORDS
    }

    /**
     * What a node is told at its start.
     *
     * @param node its name
     * @param launch which process of that name this is
     * @param pid this process
     * @param timeouts of its watchdog
     * @param orphanTimeout how long it waits for a word of its keeper
     * @param selfHalt how long it waits to be ended after asking to be replaced
     */
    public record Identity(
            String node, long launch, long pid, PhaseTimeouts timeouts, Duration orphanTimeout, Duration selfHalt) {}

    /**
     * What a node needs of its process.
     *
     * @param assets where results are written
     * @param memory reads what the process holds
     * @param exit ends the process
     * @param logLevels sets the levels of loggers
     * @param nanoTime monotonic clock
     * @param wall wall clock
     * @param safety what it looks at pictures with
     */
    public record Host(
            AssetStore assets,
            Supplier<NodeMemory> memory,
            NodeExit exit,
            Consumer<Map<String, String>> logLevels,
            LongSupplier nanoTime,
            InstantSource wall,
            SafetyParts safety) {}

    /**
     * A node that says hello as soon as its engine is open.
     *
     * @param engine is being opened on a thread of its own; the caller closes it
     */
    public static Behavior<Command> create(
            Identity identity, Host host, CompletionStage<Engine> engine, ActorRef<NodeKeeper.FromNode> keeper) {
        return NodeLife.create(identity, host, engine, keeper);
    }

    /** The rules of {@link #create}'s actor. */
    public static Rules<Command> rules(
            Surroundings<Command> around,
            Identity identity,
            Host host,
            NodeCrew crew,
            CompletionStage<Engine> engine,
            ActorRef<NodeKeeper.FromNode> keeper) {
        return new NodeLife(around, identity, host, crew, engine, keeper);
    }

    private Node() {}
}
