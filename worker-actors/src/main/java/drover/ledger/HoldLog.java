package drover.ledger;

import drover.inference.CborSerializable;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps what operators have taken out of work, so that it stays out when processes are started anew or another host takes
 * over. It holds at once; while the database cannot be written, the change waits here and is written when it can.
 */
public final class HoldLog extends AbstractBehavior<HoldLog.Command> {
    /** What the log understands. */
    public sealed interface Command {}

    /** This is out, in place of what was said of it before. Safe to repeat. */
    public record Put(Hold hold) implements Command, CborSerializable {}

    /** An operator has let it back. Safe to repeat, also for what was never out. */
    public record Lift(Hold.Kind kind, String subject) implements Command, CborSerializable {}

    /** Asks which nodes are out, of any host. */
    public record GetNodes(ActorRef<HeldNodes> replyTo) implements Command, CborSerializable {}

    /** Answer to {@link GetNodes}. */
    public record HeldNodes(List<Hold> holds) implements CborSerializable {
        public HeldNodes {
            holds = List.copyOf(holds);
        }
    }

    private record Written(Map<Hold.Key, Optional<Hold>> changes) implements Command {}

    private record WriteFailed(Throwable cause) implements Command {}

    private record Write() implements Command {}

    private static final Duration RETRY = Duration.ofSeconds(5);

    private final TimerScheduler<Command> timers;
    private final LedgerDatabase database;
    private final Map<Hold.Key, Hold> held;
    private final Set<Hold.Key> unwritten = new HashSet<>();
    private boolean writing;

    /**
     * A log in this database, which somebody else closes.
     *
     * @param found what {@link LedgerDatabase#holds} has found there
     */
    public static Behavior<Command> create(LedgerDatabase database, List<Hold> found) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new HoldLog(context, timers, database, found)));
    }

    private HoldLog(
            ActorContext<Command> context, TimerScheduler<Command> timers, LedgerDatabase database, List<Hold> found) {
        super(context);
        context.setLoggerName(HoldLog.class);
        this.timers = timers;
        this.database = database;
        this.held = new LinkedHashMap<>(found.stream().collect(Collectors.toMap(Hold::key, Function.identity())));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Put(Hold hold) -> {
                if (!hold.equals(held.put(hold.key(), hold))) {
                    changed(hold.key());
                }
            }
            case Lift(Hold.Kind kind, String subject) -> {
                Hold.Key key = new Hold.Key(kind, subject);
                if (held.remove(key) != null) {
                    changed(key);
                }
            }
            case GetNodes(ActorRef<HeldNodes> replyTo) ->
                replyTo.tell(new HeldNodes(held.values().stream()
                        .filter(hold -> hold.kind() == Hold.Kind.NODE)
                        .toList()));
            case Write _ -> write();
            case Written(Map<Hold.Key, Optional<Hold>> changes) -> onWritten(changes);
            case WriteFailed(Throwable cause) -> {
                writing = false;
                getContext().getLog().error("{} orders of operators wait for the database", unwritten.size(), cause);
                timers.startSingleTimer(Write.class, new Write(), RETRY);
            }
        }
        return this;
    }

    private void changed(Hold.Key key) {
        unwritten.add(key);
        write();
    }

    private void write() {
        if (writing || unwritten.isEmpty()) {
            return;
        }
        writing = true;
        timers.cancel(Write.class);
        Map<Hold.Key, Optional<Hold>> changes =
                unwritten.stream().collect(Collectors.toMap(key -> key, key -> Optional.ofNullable(held.get(key))));
        try {
            getContext()
                    .pipeToSelf(
                            CompletableFuture.runAsync(() -> keep(changes), database.writer()),
                            (done, failure) -> failure == null ? new Written(changes) : new WriteFailed(failure));
        } catch (RejectedExecutionException e) {
            getContext().getSelf().tell(new WriteFailed(e)); // The database is being closed.
        }
    }

    /** Runs on the database's writer thread. */
    private void keep(Map<Hold.Key, Optional<Hold>> changes) {
        try {
            database.keepHolds(changes);
        } catch (WriteFailedException e) {
            throw new CompletionException(e);
        }
    }

    private void onWritten(Map<Hold.Key, Optional<Hold>> changes) {
        writing = false;
        changes.forEach((key, hold) -> {
            if (hold.equals(Optional.ofNullable(held.get(key)))) {
                unwritten.remove(key);
            }
        });
        write();
    }
}
