package drover.ledger;

import drover.inference.JobId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps the orders from outside: whoever has put one in hears when it is on disk. While the database cannot be written,
 * the newest state of each waits here, and is written when it can.
 */
public final class OrderBook extends AbstractBehavior<OrderBook.Command> {
    /** What the book understands. */
    public sealed interface Command {}

    /** This is how the order stands now. Safe to repeat. */
    public record Put(Order order, ActorRef<Kept> replyTo) implements Command {}

    /** Answer to {@link Put}: the order is on disk as it was then, or as it has become since. */
    public record Kept(JobId job) {}

    /**
     * This order is on its way to the disk together with its job, by {@link JobLedger.AcceptOrder}. From now on it counts
     * as an open one. If neither {@link Begun} nor a {@link Put} says within a second how that went, whoever was to say so
     * may be no more, and the book writes it by itself.
     */
    public record Coming(Order order) implements Command {}

    /** The ledger has written the order together with its job. */
    public record Begun(JobId job) implements Command {}

    /** Looks for an order, open or closed. */
    public record Find(JobId job, ActorRef<Found> replyTo) implements Command {}

    /** Answer to {@link Find}. It comes when the database can be read. */
    public record Found(JobId job, Optional<Order> order) {}

    /** Asks for every order that is not answered, oldest first. */
    public record GetOpen(ActorRef<Open> replyTo) implements Command {}

    /** Answer to {@link GetOpen}. It comes when the database can be read. */
    public record Open(List<Order> orders) {
        public Open {
            orders = List.copyOf(orders);
        }
    }

    /** Asks what all sources have earned since ever. */
    public record GetEarnings(ActorRef<Earnings> replyTo) implements Command {}

    /** Answer to {@link GetEarnings}; nothing if it cannot be read now. */
    public record Earnings(List<Earning> earnings) {
        public Earnings {
            earnings = List.copyOf(earnings);
        }
    }

    private record Written(Map<JobId, Order> orders) implements Command {}

    private record WriteFailed(Throwable cause) implements Command {}

    private record Write() implements Command {}

    private record Overdue(JobId job) implements Command {}

    private record Prune() implements Command {}

    private record Pruned() implements Command {}

    private record Read(Find find, Optional<Order> order) implements Command {}

    private record OpenRead(GetOpen get, List<Order> orders) implements Command {}

    private record Later(Command command) implements Command {}

    private record EarningsRead(GetEarnings get, List<Earning> earnings) implements Command {}

    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Duration PRUNE_EVERY = Duration.ofHours(1);
    /** Long after the last word about it can come. */
    private static final Duration KEEP_CLOSED = Duration.ofDays(1);

    private final TimerScheduler<Command> timers;
    private final LedgerDatabase database;
    private final InstantSource clock;
    private final LinkedHashMap<JobId, Order> unwritten = new LinkedHashMap<>();
    private final Map<JobId, Order> coming = new HashMap<>();
    private final Map<JobId, List<ActorRef<Kept>>> waiting = new HashMap<>();
    private boolean writing;

    /** A book in this database, which somebody else closes. */
    public static Behavior<Command> create(LedgerDatabase database, InstantSource clock) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new OrderBook(context, timers, database, clock)));
    }

    private OrderBook(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            LedgerDatabase database,
            InstantSource clock) {
        super(context);
        context.setLoggerName(OrderBook.class);
        this.timers = timers;
        this.database = database;
        this.clock = clock;
        timers.startTimerWithFixedDelay(new Prune(), Duration.ofMinutes(1), PRUNE_EVERY);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Put(Order order, ActorRef<Kept> replyTo) -> {
                settled(order.job());
                unwritten.put(order.job(), order);
                waiting.computeIfAbsent(order.job(), _ -> new ArrayList<>()).add(replyTo);
                write();
            }
            case Coming(Order order) -> {
                coming.put(order.job(), order);
                timers.startSingleTimer(order.job(), new Overdue(order.job()), PATIENCE);
            }
            case Begun(JobId job) -> settled(job);
            case Overdue(JobId job) -> {
                Order order = coming.remove(job);
                if (order != null) {
                    unwritten.put(job, order);
                    write();
                }
            }
            case Find find -> onFind(find);
            case GetEarnings get ->
                read(() -> new EarningsRead(get, database.earnings()), new EarningsRead(get, List.of()));
            case GetOpen get -> read(() -> new OpenRead(get, database.openOrders()), get);
            case OpenRead(GetOpen get, List<Order> orders) -> get.replyTo().tell(new Open(newest(orders)));
            case Write _ -> write();
            case Written(Map<JobId, Order> orders) -> onWritten(orders);
            case WriteFailed(Throwable cause) -> {
                writing = false;
                getContext().getLog().error("{} orders wait for the database", unwritten.size(), cause);
                timers.startSingleTimer(Write.class, new Write(), RETRY);
            }
            case Later(Command later) -> timers.startSingleTimer(later, later, RETRY);
            case Prune _ -> prune();
            case Pruned _ -> {}
            case Read(Find find, Optional<Order> order) -> find.replyTo().tell(new Found(find.job(), order));
            case EarningsRead(GetEarnings get, List<Earning> earnings) ->
                get.replyTo().tell(new Earnings(earnings));
        }
        return this;
    }

    /** What becomes of an order that was coming is known. */
    private void settled(JobId job) {
        if (coming.remove(job) != null) {
            timers.cancel(job);
        }
    }

    private void write() {
        if (writing || unwritten.isEmpty()) {
            return;
        }
        writing = true;
        timers.cancel(Write.class);
        Map<JobId, Order> orders = new LinkedHashMap<>(unwritten);
        try {
            getContext()
                    .pipeToSelf(
                            CompletableFuture.runAsync(
                                    () -> onWriter(() -> database.keepOrders(orders.values())), database.writer()),
                            (done, failure) -> failure == null ? new Written(orders) : new WriteFailed(failure));
        } catch (RejectedExecutionException e) {
            getContext().getSelf().tell(new WriteFailed(e)); // The database is being closed.
        }
    }

    private interface Writing {
        void run() throws WriteFailedException;
    }

    private static void onWriter(Writing work) {
        try {
            work.run();
        } catch (WriteFailedException e) {
            throw new CompletionException(e);
        }
    }

    private void onWritten(Map<JobId, Order> orders) {
        writing = false;
        orders.forEach((job, order) -> {
            if (order.equals(unwritten.get(job))) {
                unwritten.remove(job);
                List<ActorRef<Kept>> callers = waiting.remove(job);
                if (callers != null) {
                    callers.forEach(caller -> caller.tell(new Kept(job)));
                }
            }
        });
        write();
    }

    /** What was read, and what has not been written yet. */
    private List<Order> newest(List<Order> read) {
        Map<JobId, Order> all = new LinkedHashMap<>();
        read.forEach(order -> all.put(order.job(), order));
        all.putAll(coming);
        all.putAll(unwritten);
        return all.values().stream().filter(order -> !order.isClosed()).toList();
    }

    private void onFind(Find find) {
        Order newest = unwritten.get(find.job());
        if (newest == null) {
            newest = coming.get(find.job());
        }
        if (newest != null) {
            find.replyTo().tell(new Found(find.job(), Optional.of(newest)));
        } else {
            read(() -> new Read(find, database.order(find.job())), find);
        }
    }

    /**
     * Reads on a reader's thread.
     *
     * @param otherwise what to hear in a second if that fails
     */
    private void read(Supplier<Command> reading, Command otherwise) {
        try {
            getContext()
                    .pipeToSelf(
                            CompletableFuture.supplyAsync(reading, database.readers()),
                            (value, failure) -> failure == null ? value : new Later(otherwise));
        } catch (RejectedExecutionException e) {
            getContext().getSelf().tell(new Later(otherwise));
        }
    }

    private void prune() {
        try {
            getContext()
                    .pipeToSelf(
                            CompletableFuture.runAsync(
                                    () -> onWriter(() ->
                                            database.pruneOrders(clock.instant().minus(KEEP_CLOSED))),
                                    database.writer()),
                            (done, failure) -> new Pruned());
        } catch (RejectedExecutionException e) {
            getContext().getLog().debug("closed orders are not removed, as the database is being closed");
        }
    }
}
