package drover.control;

import drover.board.BoardSettings;
import drover.board.JobBoard;
import drover.delivery.Delivery;
import drover.feed.FeedSettings;
import drover.feed.JobFeed;
import drover.inference.AssetStore;
import drover.inference.CborSerializable;
import drover.job.Job;
import drover.ledger.AuditLog;
import drover.ledger.Hold;
import drover.ledger.HoldLog;
import drover.ledger.IncidentLog;
import drover.ledger.JobLedger;
import drover.ledger.LedgerDatabase;
import drover.ledger.LedgerException;
import drover.ledger.LedgerSettings;
import drover.ledger.OrderBook;
import drover.ledger.ResultRemoval;
import drover.ledger.Retention;
import drover.ledger.Tenure;
import drover.source.dreamer.HordeSource;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * What there is once, however many hosts there are: the ledger and all that lives by what it says. A cluster singleton
 * of the control processes. Its children:
 *
 * <pre>
 *  ledger    what is on disk; the only writer of jobs
 *  incidents what is kept about replacements
 *  retention removes what has been kept for long enough
 *  audit     what operators have changed
 *  holds     what operators have taken out
 *  feed      tells followers what happens to jobs
 *  delivery  brings finished results to whoever ordered them
 *  board     what waits, what runs where, what comes next
 *  orders    what was ordered from outside and has to be answered there
 *  horde     the AI Horde's jobs, from the pop to the submit
 * </pre>
 *
 * It gives its parts away only when the board has heard of every job that is on the way: a report about an attempt that
 * the board does not know counts as old and is acknowledged, and what it said would be lost.
 *
 * <p>Only the incidents, the audit, the retention and the work for the Horde can start anew in place. Every other part
 * remembers something that the rest relies on; if one of them fails, the dispatch ends, and its process with it. Another
 * host's takes over, or the next start.
 */
public final class Dispatch extends AbstractBehavior<Dispatch.Command> {
    /** What the dispatch understands. */
    public sealed interface Command {}

    /** Asks for the parts; answered as soon as they can be spoken to. */
    public record GetParts(ActorRef<Parts> replyTo) implements Command, CborSerializable {}

    /** Writes down what has gathered, closes the database and stops; answered when that is done. */
    public record Close(ActorRef<Done> replyTo) implements Command {}

    /**
     * The actors that others speak to.
     *
     * @param dispatch theirs; when it ends, so have they
     */
    public record Parts(
            ActorRef<Command> dispatch,
            ActorRef<JobLedger.Command> ledger,
            ActorRef<IncidentLog.Command> incidents,
            ActorRef<AuditLog.Command> audit,
            ActorRef<HoldLog.Command> holds,
            ActorRef<JobBoard.Command> board,
            ActorRef<JobFeed.Command> feed,
            ActorRef<HordeSource.Command> horde)
            implements CborSerializable {
        /** All of them behind one actor that passes on what it gets, wherever they are. */
        static Parts behind(ActorRef<Object> line, ActorRef<Command> dispatch) {
            return new Parts(
                    dispatch,
                    line.narrow(),
                    line.narrow(),
                    line.narrow(),
                    line.narrow(),
                    line.narrow(),
                    line.narrow(),
                    line.narrow());
        }
    }

    /** Lets sources take no more jobs; answered when that is so. */
    public record StopSources(ActorRef<Done> replyTo) implements Command {}

    /** Lets sources answer what they have taken: with what is there, or that nothing will come. Answered when that is done. */
    public record FinishSources(ActorRef<Done> replyTo) implements Command {}

    private record Opened(LedgerDatabase database) implements Command {}

    private record HoldsRead(LedgerDatabase database, List<Hold> holds) implements Command {}

    private record HoldsUnread(LedgerDatabase database, Throwable cause) implements Command {}

    private record OpenFailed(String reason) implements Command {}

    private record Open() implements Command {}

    private record BoardStarted() implements Command {}

    private record JobsTold() implements Command {}

    private record Lost(String part) implements Command {}

    private record Closed() implements Command {}

    /** Opens the job database; may block. */
    @FunctionalInterface
    public interface Databases {
        /** The database, for this process alone. */
        LedgerDatabase open(Tenure tenure) throws LedgerException;
    }

    /**
     * What the dispatch stands on.
     *
     * @param removal removes results from the asset store
     * @param horde what the work for the Horde stands on
     * @param clock the time of day
     */
    public record Foundation(
            Databases databases,
            LedgerSettings ledger,
            AssetStore assets,
            ResultRemoval removal,
            FeedSettings feed,
            BoardSettings board,
            HordeSource.Foundation horde,
            MeterRegistry meters,
            InstantSource clock) {}

    private static final Duration REOPEN = Duration.ofSeconds(1);
    /** Longer than anything that lives answers in; the next step comes by itself or never. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final TimerScheduler<Command> timers;
    private final Foundation on;
    private final LastDispatch last;
    private final ActorRef<Parts> announce;
    private final List<ActorRef<Parts>> waiting = new ArrayList<>();
    private final List<ActorRef<Done>> closing = new ArrayList<>();
    private CompletionStage<LedgerDatabase> opening = new CompletableFuture<>();
    private Optional<Parts> parts = Optional.empty();
    private boolean ready;

    /**
     * A dispatch that opens the database, again and again until it is had.
     *
     * @param last who was in office before
     * @param announce hears of the parts as soon as they are there; for this process, whose keepers have nothing to report
     *     from before
     */
    static Behavior<Command> create(Foundation foundation, LastDispatch last, ActorRef<Parts> announce) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new Dispatch(context, timers, foundation, last, announce)));
    }

    private Dispatch(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            Foundation on,
            LastDispatch last,
            ActorRef<Parts> announce) {
        super(context);
        context.setLoggerName(Dispatch.class);
        this.timers = timers;
        this.on = on;
        this.last = last;
        this.announce = announce;
        open();
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Command.class, this::onCommand)
                .onSignal(PostStop.class, _ -> onPostStop())
                .build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case GetParts(ActorRef<Parts> replyTo) -> {
                if (ready) {
                    replyTo.tell(parts.orElseThrow());
                } else {
                    waiting.add(replyTo);
                }
            }
            case Open _ -> open();
            case Opened(LedgerDatabase database) -> readHolds(database);
            case HoldsRead(LedgerDatabase database, List<Hold> holds) -> start(database, holds);
            case HoldsUnread(LedgerDatabase database, Throwable cause) -> {
                getContext().getLog().error("what operators have taken out cannot be read; trying again", cause);
                timers.startSingleTimer(new Opened(database), REOPEN);
            }
            case OpenFailed(String reason) -> {
                getContext().getLog().warn("{}; trying again", reason);
                timers.startSingleTimer(new Open(), REOPEN);
            }
            case BoardStarted _ -> awaitJobs();
            case JobsTold _ -> onReady();
            case Close(ActorRef<Done> replyTo) -> {
                closing.add(replyTo);
                return close();
            }
            case StopSources(ActorRef<Done> replyTo) ->
                parts.ifPresentOrElse(
                        p -> p.horde().tell(new HordeSource.StopPopping(replyTo)),
                        () -> replyTo.tell(Done.getInstance()));
            case FinishSources(ActorRef<Done> replyTo) ->
                parts.ifPresentOrElse(
                        p -> p.horde().tell(new HordeSource.Finish(replyTo)), () -> replyTo.tell(Done.getInstance()));
            case Closed _ -> {
                closing.forEach(asker -> asker.tell(Done.getInstance()));
                return Behaviors.stopped();
            }
            case Lost _ when !closing.isEmpty() -> {}
            case Lost(String part) -> {
                getContext()
                        .getLog()
                        .error(
                                "{} has failed, and others rely on what it remembers. This process ends; jobs are on disk, "
                                        + "start it again.",
                                part);
                return Behaviors.stopped();
            }
        }
        return this;
    }

    private void open() {
        Cluster cluster = Cluster.get(getContext().getSystem());
        Tenure tenure = new Tenure(cluster.selfMember().address().hostPort(), last.removed(cluster));
        tenure.removed().ifPresent(host -> getContext().getLog().warn("taking over from {}, which is gone", host));
        opening = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return on.databases().open(tenure);
                    } catch (LedgerException e) {
                        throw new CompletionException(e);
                    }
                },
                getContext().getSystem().dispatchers().lookup(DispatcherSelector.blocking()));
        getContext()
                .pipeToSelf(
                        opening,
                        (database, failure) -> failure == null
                                ? new Opened(database)
                                : new OpenFailed(String.valueOf(
                                        (failure.getCause() == null ? failure : failure.getCause()).getMessage())));
    }

    /** Before anything is given out: what an operator has taken out stays out. */
    private void readHolds(LedgerDatabase database) {
        getContext()
                .pipeToSelf(
                        CompletableFuture.supplyAsync(database::holds, database.readers()),
                        (holds, failure) ->
                                failure == null ? new HoldsRead(database, holds) : new HoldsUnread(database, failure));
    }

    private void start(LedgerDatabase database, List<Hold> held) {
        if (!closing.isEmpty()) {
            return; // PostStop closes it.
        }
        var ledger = vital("ledger", JobLedger.create(database, on.ledger(), on.meters()));
        var incidents = renewable("incidents", IncidentLog.create(database));
        renewable(
                "retention",
                Retention.create(database, on.removal(), on.ledger().retention(), on.clock(), on.meters()));
        var audit = renewable("audit", AuditLog.create(database));
        var holds = vital("holds", HoldLog.create(database, held));
        var feed = vital("feed", JobFeed.create(on.feed(), UUID.randomUUID().toString(), ledger));
        var delivery = vital("delivery", Delivery.create(on.assets(), ledger, feed, on.clock()));
        var board = vital(
                "board",
                JobBoard.create(new JobBoard.Links(ledger, feed, delivery, holds), on.board(), held, on.clock()));
        var orders = vital("orders", OrderBook.create(database, on.clock()));
        var horde = renewable(
                "horde", HordeSource.create(on.horde(), new HordeSource.Links(orders, ledger, board, feed, delivery)));
        Parts mine = new Parts(getContext().getSelf(), ledger, incidents, audit, holds, board, feed, horde);
        parts = Optional.of(mine);
        announce.tell(mine);
        CompletionStage<JobBoard.Snapshot> started = AskPattern.ask(
                board,
                JobBoard.GetSnapshot::new,
                PATIENCE,
                getContext().getSystem().scheduler());
        getContext().pipeToSelf(started, (_, _) -> new BoardStarted());
    }

    /** The ledger answers in turn: when it answers this, it has told the board of every job. */
    private void awaitJobs() {
        CompletionStage<JobLedger.ReadReply<List<Job>>> told = AskPattern.ask(
                parts.orElseThrow().ledger(),
                replyTo -> new JobLedger.Query(Optional.empty(), Optional.empty(), 1, replyTo),
                PATIENCE,
                getContext().getSystem().scheduler());
        getContext().pipeToSelf(told, (_, _) -> new JobsTold());
    }

    private void onReady() {
        ready = true;
        Parts mine = parts.orElseThrow();
        waiting.forEach(asker -> asker.tell(mine));
        waiting.clear();
    }

    private Behavior<Command> close() {
        if (closing.size() > 1) {
            return this;
        }
        if (parts.isEmpty()) {
            closing.forEach(asker -> asker.tell(Done.getInstance()));
            return Behaviors.stopped();
        }
        CompletionStage<Done> closed = AskPattern.ask(
                parts.get().ledger(),
                JobLedger.Close::new,
                PATIENCE,
                getContext().getSystem().scheduler());
        getContext().pipeToSelf(closed, (_, _) -> new Closed());
        return this;
    }

    private Behavior<Command> onPostStop() {
        if (parts.isEmpty()) {
            opening.thenAccept(LedgerDatabase::close); // Otherwise the ledger does.
        }
        return this;
    }

    private <M> ActorRef<M> renewable(String name, Behavior<M> behavior) {
        return getContext().spawn(Behaviors.supervise(behavior).onFailure(SupervisorStrategy.restart()), name);
    }

    private <M> ActorRef<M> vital(String name, Behavior<M> behavior) {
        ActorRef<M> child = getContext().spawn(behavior, name);
        getContext().watchWith(child, new Lost(name));
        return child;
    }
}
