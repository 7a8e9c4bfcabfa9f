package drover.watchdog;

import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.Position;
import drover.rules.Rules;
import drover.rules.RulesActor;
import drover.rules.Surroundings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Watches attempts and nodes and gives {@link Verdict}s about those that no longer get anywhere. One runs in every GPU
 * process, over the attempts of that node with the {@linkplain Rungs#FULL full ladder}; one in the control process, over
 * whole nodes, because a frozen process cannot watch itself.
 *
 * <p>The owner of a watch gets its verdicts and ends it with {@link Unwatch} when the attempt is over, well or not. Each
 * verdict is also published on the system's event stream and logged as one line with key-value pairs. If an owner
 * dies, its watches end with it: nobody is left to act on them.
 *
 * <p>It uses one timer, set for the earliest deadline or one {@link #PULSE}, whichever comes first, and none while there
 * is nothing to watch. A deadline that has come is not judged at once: everything that was in the mailbox by then is
 * heard first.
 */
public final class Watchdog implements Rules<Watchdog.Command> {
    /** The longest the watchdog sleeps while it has something to watch. */
    public static final Duration PULSE = Duration.ofSeconds(1);

    /** A watchdog that comes round this much later than it meant to was itself unable to run. */
    public static final Duration TOLERANCE = Duration.ofSeconds(1);

    /** What a watchdog understands. All but the requests for a snapshot stay inside their process. */
    public sealed interface Command {}

    /**
     * Watch an attempt from now on, at {@code STARTING 0/1}. Repeating it changes nothing.
     *
     * @param timeouts how long each phase may go without an advance
     * @param rungs what can be done about a stall from here
     * @param owner gets the verdicts; when it dies, the watch ends
     */
    public record Watch(AttemptId attempt, String model, PhaseTimeouts timeouts, Rungs rungs, ActorRef<Verdict> owner)
            implements Command {}

    /** The attempt is at this position; whether that is an advance is for the watchdog to say. */
    public record Advanced(AttemptId attempt, Position position) implements Command {}

    /** The attempt's runner is alive. Never counts as progress. */
    public record Heartbeat(AttemptId attempt) implements Command {}

    /** The runner has given its thread back, with or without a result. */
    public record RunnerReturned(AttemptId attempt) implements Command {}

    /** The attempt is over, or its ladder's last verdict has been carried out. */
    public record Unwatch(AttemptId attempt) implements Command {}

    /**
     * Expect words from a node from now on. Repeating it counts as a word.
     *
     * @param limit how long it may be silent ({@code node_silence_timeout})
     * @param owner is told when it is; when the owner dies, nobody listens for the node any more
     */
    public record Listen(String node, Duration limit, ActorRef<NodeSilent> owner) implements Command {
        public Listen {
            PhaseTimeouts.requireUsable("node_silence_timeout", limit);
        }
    }

    /** The node has said something, whatever it was. */
    public record Heard(String node) implements Command {}

    /** Expect nothing from the node any more. */
    public record Forget(String node) implements Command {}

    /** Asks for a snapshot with a row for each attempt. */
    public record GetTable(ActorRef<Table> replyTo) implements Command, CborSerializable {}

    /** Asks for the counts alone. */
    public record GetCounts(ActorRef<WatchCounts> replyTo) implements Command, CborSerializable {}

    private enum Tick implements Command {
        TICK
    }

    /** Sent to itself behind everything that was in the mailbox when the deadline came. */
    private record Judge(long upTo) implements Command {}

    private record OwnerGone(ActorRef<?> owner) implements Command {}

    private final Surroundings<Command> around;
    private final TimerScheduler<Command> timers;
    private final AwakeClock clock;
    private final WatchList attempts;
    private final NodeSilence nodes;
    private final String name;
    private final Map<AttemptId, ActorRef<Verdict>> attemptOwners = new HashMap<>();
    private final Map<String, ActorRef<NodeSilent>> nodeOwners = new HashMap<>();
    /** How many watches each owner holds; it is death-watched while it holds any. */
    private final Map<ActorRef<?>, Integer> holds = new HashMap<>();

    /** Whether the timer is set; then {@link #wakeAt} says for when. */
    private boolean armed;

    private long wakeAt;

    /** Whether a {@link Judge} is on its way; until it comes, no timer is needed. */
    private boolean judging;

    /** The rules of {@link #create}'s actor. */
    public Watchdog(Surroundings<Command> around, String name, LongSupplier nanoTime, InstantSource wall) {
        this.around = around;
        this.timers = around.timers();
        this.name = name;
        this.clock = new AwakeClock(nanoTime, PULSE, TOLERANCE);
        this.attempts = new WatchList(name, wall);
        this.nodes = new NodeSilence(wall);
    }

    /**
     * A watchdog with nothing to watch.
     *
     * @param name for reports: {@code node} or {@code control}
     * @param nanoTime monotonic nanoseconds, {@link System#nanoTime} outside of tests. Time that jumps by more than
     *     {@link #PULSE} and {@link #TOLERANCE} is taken for the watchdog's own sleep, so tests move it in small steps
     * @param wall tells the time of day for reports
     */
    public static Behavior<Command> create(String name, LongSupplier nanoTime, InstantSource wall) {
        return RulesActor.create(Watchdog.class, around -> new Watchdog(around, name, nanoTime, wall));
    }

    @Override
    public boolean hear(Command command) {
        long now = clock.now();
        switch (command) {
            case Advanced it -> attempts.advanced(it.attempt(), it.position(), now);
            case Heartbeat it -> attempts.heartbeat(it.attempt(), now);
            case Watch it -> onWatch(it, now);
            case RunnerReturned it -> attempts.runnerReturned(it.attempt(), now).ifPresent(this::announce);
            case Unwatch it -> onUnwatch(it.attempt());
            case Listen it -> onListen(it, now);
            case Heard it -> nodes.heard(it.node(), now);
            case Forget it -> onForget(it.node());
            case GetTable it -> it.replyTo().tell(new Table(name, attempts.rows(now), counts()));
            case GetCounts it -> it.replyTo().tell(counts());
            case Tick _ -> onTick(now);
            case Judge it -> onJudge(it.upTo(), now);
            case OwnerGone it -> onOwnerGone(it.owner());
        }
        arm(now);
        return true;
    }

    private void onWatch(Watch it, long now) {
        if (attempts.watch(it.attempt(), it.model(), it.timeouts(), it.rungs(), now)) {
            attemptOwners.put(it.attempt(), it.owner());
            hold(it.owner());
        }
    }

    private void onUnwatch(AttemptId attempt) {
        attempts.unwatch(attempt);
        release(attemptOwners.remove(attempt));
    }

    private void onListen(Listen it, long now) {
        nodes.expect(it.node(), it.limit(), now);
        hold(it.owner());
        release(nodeOwners.put(it.node(), it.owner()));
    }

    private void onForget(String node) {
        nodes.forget(node);
        release(nodeOwners.remove(node));
    }

    private void onTick(long now) {
        armed = false;
        if (attempts.isDue(now) || nodes.isDue(now)) {
            judging = true;
            around.self().tell(new Judge(now));
        }
    }

    private void onJudge(long upTo, long now) {
        judging = false;
        for (var verdict = attempts.poll(upTo, now); verdict.isPresent(); verdict = attempts.poll(upTo, now)) {
            announce(verdict.get());
        }
        for (var silent = nodes.poll(upTo, now); silent.isPresent(); silent = nodes.poll(upTo, now)) {
            announce(silent.get());
        }
    }

    private void onOwnerGone(ActorRef<?> owner) {
        holds.remove(owner);
        List<AttemptId> lostAttempts = keysOf(attemptOwners, owner);
        List<String> lostNodes = keysOf(nodeOwners, owner);
        lostAttempts.forEach(attempt -> {
            attempts.unwatch(attempt);
            attemptOwners.remove(attempt);
        });
        lostNodes.forEach(node -> {
            nodes.forget(node);
            nodeOwners.remove(node);
        });
        around.log()
                .info(
                        "{} has ended, so {} attempts and {} nodes are no longer watched",
                        owner.path(),
                        lostAttempts.size(),
                        lostNodes.size());
    }

    private void announce(Verdict verdict) {
        ActorRef<Verdict> owner = attemptOwners.get(verdict.stall().attempt());
        if (owner != null) {
            owner.tell(verdict);
        }
        publish(verdict);
        Reports.log(around.log(), verdict);
    }

    private void announce(NodeSilent silent) {
        ActorRef<NodeSilent> owner = nodeOwners.get(silent.node());
        if (owner != null) {
            owner.tell(silent);
        }
        publish(silent);
        Reports.log(around.log(), silent);
    }

    private void publish(Object event) {
        around.publish(event);
    }

    private WatchCounts counts() {
        return attempts.counts(nodes, clock.slept());
    }

    /** Sets the timer if there is something to wait for and it is not set early enough already. */
    private void arm(long now) {
        if (judging) {
            return;
        }
        if (attempts.isQuiet() && nodes.isQuiet()) {
            clock.rest();
            return;
        }
        long untilPulse = PULSE.toNanos();
        long untilAttempt = attempts.isQuiet() ? untilPulse : attempts.nextLook() - now;
        long untilNode = nodes.isQuiet() ? untilPulse : nodes.nextLook() - now;
        long wait = Math.max(0, Math.min(untilPulse, Math.min(untilAttempt, untilNode)));
        if (!armed || now + wait - wakeAt < 0) {
            armed = true;
            wakeAt = now + wait;
            timers.startSingleTimer(Tick.TICK, Tick.TICK, Duration.ofNanos(wait));
        }
    }

    private void hold(ActorRef<?> owner) {
        if (holds.merge(owner, 1, Integer::sum) == 1) {
            around.watch(owner, new OwnerGone(owner));
        }
    }

    private void release(@Nullable ActorRef<?> owner) {
        if (owner != null && holds.computeIfPresent(owner, (_, n) -> n == 1 ? null : n - 1) == null) {
            around.unwatch(owner);
        }
    }

    private static <K> List<K> keysOf(Map<K, ? extends ActorRef<?>> owners, ActorRef<?> owner) {
        return owners.entrySet().stream()
                .filter(e -> e.getValue().equals(owner))
                .map(Map.Entry::getKey)
                .toList();
    }
}
