package drover.ledger;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import drover.inference.CborSerializable;
import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.rules.Rules;
import drover.rules.RulesActor;
import drover.rules.Surroundings;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The job database: the only writer. What comes in while one transaction is under way goes into the next one; the
 * database is never touched on the actor's own thread.
 */
public final class JobLedger implements Rules<JobLedger.Command> {
    /** What the ledger understands. Only what callers ask comes from other processes. */
    public sealed interface Command {}

    /** A job to be taken on; answered once it is on disk. From then on the attached board has it. */
    public sealed interface NewJob extends Command {
        /** Where the answer goes. */
        ActorRef<AcceptReply> replyTo();
    }

    /**
     * Takes on a job.
     *
     * @param key names the request, so that a repeated one is recognised
     */
    public record Accept(JobEvent.Accepted event, Optional<IdempotencyKey> key, ActorRef<AcceptReply> replyTo)
            implements NewJob, CborSerializable {}

    /**
     * Takes on the job of an order from outside. The order gets into the {@linkplain OrderBook book} in the same
     * transaction, as it stands here, unless it is there already: the job is never on disk without it.
     */
    public record AcceptOrder(JobEvent.Accepted event, Order order, ActorRef<AcceptReply> replyTo) implements NewJob {}

    /** Records an event; answered once it is on disk. An event that the job's state forbids is refused. */
    public record Append(JobEvent event, ActorRef<AppendReply> replyTo) implements Command {}

    /**
     * Makes this board the one that gets jobs: first every job on disk that has not come to its end, oldest first, then
     * each newly accepted one, as {@link OpenJob}. A later attachment replaces an earlier one.
     */
    public record Attach(ActorRef<OpenJob> board) implements Command {}

    /** To the attached board: a job that is on disk and has not come to its end. */
    public record OpenJob(Job job) {}

    /** Reads one job. */
    public record Find(JobId job, ActorRef<ReadReply<Optional<Job>>> replyTo) implements Command, CborSerializable {}

    /**
     * Reads jobs, newest first.
     *
     * @param state only those in this state
     * @param model only those for this model
     * @param before only those accepted before this job
     * @param limit at most this many, 1 to 1,000
     */
    public record Query(
            Optional<JobState> state,
            Optional<String> model,
            Optional<JobId> before,
            int limit,
            ActorRef<ReadReply<List<Job>>> replyTo)
            implements Command, CborSerializable {
        public Query {
            if (limit < 1 || limit > 1_000) {
                throw new IllegalArgumentException("limit must be 1 to 1000, but was " + limit);
            }
        }

        /** Jobs for any model. */
        public Query(
                Optional<JobState> state, Optional<JobId> before, int limit, ActorRef<ReadReply<List<Job>>> replyTo) {
            this(state, Optional.empty(), before, limit, replyTo);
        }
    }

    /** Asks how the ledger is doing. */
    public record GetStatistics(ActorRef<LedgerStatistics> replyTo) implements Command, CborSerializable {}

    /** Writes down what has gathered, closes the database and stops; answered when that is done. */
    public record Close(ActorRef<Done> replyTo) implements Command {}

    /**
     * Names a caller's request.
     *
     * @param key at most 255 characters
     * @param requestHash tells one request from another, at most 128 characters
     */
    public record IdempotencyKey(String key, String requestHash) {
        public IdempotencyKey {
            if (key.isEmpty() || key.length() > 255 || requestHash.length() > 128) {
                throw new IllegalArgumentException("an idempotency key is 1 to 255 characters, its hash at most 128");
            }
        }
    }

    /** Answers to {@link NewJob}. */
    public sealed interface AcceptReply extends CborSerializable {
        /** On disk. */
        record Accepted(Job job) implements AcceptReply {}

        /** The same request came before; this is its job. */
        record Repeated(Job job) implements AcceptReply {}

        /** The same key came before with another request. */
        record KeyConflict(JobId job) implements AcceptReply {}

        /** As many jobs as allowed are on the way. */
        record TooMany(int unfinished, Duration retryAfter) implements AcceptReply {}

        /** Nothing can be written now. */
        record Unavailable(String reason, Duration retryAfter) implements AcceptReply {}
    }

    /** Answers to {@link Append}. */
    public sealed interface AppendReply {
        /** On disk. */
        record Recorded(Job job) implements AppendReply {}

        /** The event does not fit the job's state; nothing was changed. */
        record Refused(JobEvent event, String reason) implements AppendReply {}
    }

    /** Answers to reading. */
    public sealed interface ReadReply<T> extends CborSerializable {
        /** What was found. */
        record Found<T>(
                @JsonSerialize(using = ReadValue.Writer.class) @JsonDeserialize(using = ReadValue.Reader.class)
                T value) implements ReadReply<T> {}

        /** The database cannot be read now. */
        record Unavailable<T>(String reason, Duration retryAfter) implements ReadReply<T> {}
    }

    private record Loaded(LedgerStore.Recovered recovered) implements Command {}

    private record LoadFailed(Throwable cause) implements Command {}

    private record Load() implements Command {}

    private record Committed(List<Entry.Outcome> outcomes, Duration took) implements Command {}

    private record CommitFailed(boolean unknown, Throwable cause) implements Command {}

    private record Retry() implements Command {}

    private record Lingered() implements Command {}

    private record BoardGone(ActorRef<OpenJob> board) implements Command {}

    private record Closed() implements Command {}

    /** What nobody waits for is on disk after this time at the latest; most of it goes with something else before. */
    private static final Duration LINGER = Duration.ofMillis(5);

    private static final int MAX_STASHED = 100_000;

    /** How far it is in its own life. */
    private enum Stage {
        /** Until the unfinished jobs have been read everything waits; jobs only as long as that promises to be short. */
        LOADING,
        READY,
        /** What waits is written, nothing new is taken on. */
        CLOSING,
        /** The database is being closed. */
        CLOSED
    }

    private final Surroundings<Command> around;
    private final TimerScheduler<Command> timers;
    private final LedgerStore database;
    private final Duration loadRetry;
    private final LedgerBooks books;
    private final LedgerReads reads;
    private final List<Command> waiting = new ArrayList<>();
    private Stage stage = Stage.LOADING;
    private Optional<ActorRef<Done>> closer = Optional.empty();
    private boolean unreadable;

    /**
     * The rules of {@link #create}'s actor.
     *
     * @param nanoTime monotonic nanoseconds
     */
    public JobLedger(
            Surroundings<Command> around,
            LedgerStore database,
            LedgerSettings settings,
            MeterRegistry meters,
            LongSupplier nanoTime) {
        this.around = around;
        this.timers = around.timers();
        this.database = database;
        this.loadRetry = settings.waits().retryMax();
        this.books = new LedgerBooks(settings, new CommitTimes(meters), nanoTime, around.log());
        this.reads = new LedgerReads(database.readers());
        load();
    }

    /**
     * The ledger over this database.
     *
     * @param database closed by the ledger when it stops
     * @param meters receives {@code drover.ledger.commit}
     */
    public static Behavior<Command> create(LedgerStore database, LedgerSettings settings, MeterRegistry meters) {
        return RulesActor.create(
                JobLedger.class, around -> new JobLedger(around, database, settings, meters, System::nanoTime));
    }

    @Override
    public boolean hear(Command command) {
        return switch (stage) {
            case LOADING -> whileLoading(command);
            case READY -> {
                onMessage(command);
                yield true;
            }
            case CLOSING -> whileClosing(command);
            case CLOSED -> onceClosed(command);
        };
    }

    private void load() {
        around.pipe(
                CompletableFuture.supplyAsync(database::recover, database.writer()),
                (recovered, failure) -> failure == null ? new Loaded(recovered) : new LoadFailed(failure));
    }

    private boolean whileLoading(Command command) {
        switch (command) {
            case Loaded loaded -> onLoaded(loaded.recovered());
            case LoadFailed failed -> {
                unreadable = true;
                around.log().error("the ledger cannot read its jobs and tries again", failed.cause());
                timers.startSingleTimer(new Load(), loadRetry);
            }
            case Load _ -> load();
            case GetStatistics get -> get.replyTo().tell(books.statistics(false));
            case Close close when unreadable -> close(close.replyTo());
            case NewJob accept
            when unreadable || waiting.size() >= MAX_STASHED ->
                accept.replyTo()
                        .tell(new AcceptReply.Unavailable("the jobs are being read", LedgerBooks.FULL_RETRY_AFTER));
            default -> waiting.add(command);
        }
        return true;
    }

    private void onLoaded(LedgerStore.Recovered recovered) {
        books.load(recovered);
        around.log().info("ledger open, {} jobs on the way", books.unfinished());
        stage = Stage.READY;
        waiting.forEach(this::hear);
        waiting.clear();
    }

    private void onMessage(Command command) {
        switch (command) {
            case NewJob accept -> {
                books.accept(accept);
                commit();
            }
            case Append append -> {
                books.append(append);
                commit();
            }
            case Attach(ActorRef<OpenJob> board) -> {
                around.watch(board, new BoardGone(board));
                books.attach(board);
            }
            case Find find -> onFind(find);
            case Query query ->
                reads.answer(
                        () -> database.query(query.state(), query.model(), query.before(), query.limit()),
                        query.replyTo());
            case GetStatistics get -> get.replyTo().tell(books.statistics(true));
            case Committed committed -> {
                books.committed(committed.outcomes(), committed.took());
                commit();
            }
            case CommitFailed failed -> onCommitFailed(failed);
            case Retry retry -> {
                books.retry();
                commit();
            }
            case Lingered lingered -> {
                books.lingered();
                commit();
            }
            case BoardGone gone -> books.detach(gone.board());
            case Close close -> beginClosing(close.replyTo());
            case Loaded _, LoadFailed _, Load _, Closed _ -> {}
        }
    }

    private void onFind(Find find) {
        Optional<Job> kept = books.find(find.job());
        if (kept.isPresent()) {
            find.replyTo().tell(new ReadReply.Found<>(kept));
        } else {
            reads.answer(() -> database.find(find.job()), find.replyTo());
        }
    }

    private void commit() {
        books.next().ifPresent(batch -> {
            around.pipe(
                    CompletableFuture.supplyAsync(() -> write(batch), database.writer()),
                    (done, failure) -> failure == null ? done : new CommitFailed(true, failure));
        });
        if (books.isLingering() && !timers.isTimerActive(Lingered.class)) {
            timers.startSingleTimer(Lingered.class, new Lingered(), LINGER);
        }
    }

    /** Runs on the database's writer thread. */
    private Command write(Entry.Batch batch) {
        long start = System.nanoTime();
        try {
            List<Entry.Outcome> outcomes = database.write(batch);
            return new Committed(outcomes, Duration.ofNanos(System.nanoTime() - start));
        } catch (WriteFailedException e) {
            return new CommitFailed(e.unknown(), e.reason());
        }
    }

    private void onCommitFailed(CommitFailed failed) {
        if (failed.cause() instanceof TakenOverException takenOver) {
            // Whatever is in this process's hands is the other's by now.
            throw takenOver;
        }
        timers.startSingleTimer(new Retry(), books.failed(failed.unknown(), failed.cause()));
    }

    /** Writes what waits, takes nothing new on. What cannot be written now is given up: a restart runs it again. */
    private void beginClosing(ActorRef<Done> replyTo) {
        timers.cancelAll();
        closer = Optional.of(replyTo);
        stage = Stage.CLOSING;
        books.retry();
        books.lingered();
        commit();
        if (books.isIdle()) {
            close(replyTo);
        }
    }

    private boolean whileClosing(Command command) {
        ActorRef<Done> replyTo = closer.orElseThrow();
        switch (command) {
            case NewJob accept -> onAcceptTooLate(accept);
            case Committed committed -> {
                books.committed(committed.outcomes(), committed.took());
                commit();
                if (books.isIdle()) {
                    close(replyTo);
                }
            }
            case CommitFailed failed -> {
                around.log().error("{} events could not be written before the end", books.pending(), failed.cause());
                close(replyTo);
            }
            default -> onMessage(command);
        }
        return true;
    }

    private void close(ActorRef<Done> replyTo) {
        closer = Optional.of(replyTo);
        stage = Stage.CLOSED;
        around.pipe(CompletableFuture.runAsync(database::close, around.blocking()), (done, failure) -> new Closed());
    }

    private boolean onceClosed(Command command) {
        switch (command) {
            case NewJob accept -> onAcceptTooLate(accept);
            case Closed _ -> {
                closer.orElseThrow().tell(Done.getInstance());
                return false;
            }
            default -> {}
        }
        return true;
    }

    private static void onAcceptTooLate(NewJob accept) {
        accept.replyTo().tell(new AcceptReply.Unavailable("the ledger is closing", LedgerBooks.FULL_RETRY_AFTER));
    }

    @Override
    public void stopped() {
        if (stage != Stage.CLOSED) {
            // The dispatchers may be ending with everything else.
            Thread.ofPlatform().name("drover-ledger-close").start(database::close);
        }
    }
}
