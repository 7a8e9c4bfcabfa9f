package drover.ledger;

import drover.inference.JobId;
import drover.job.IllegalTransitionException;
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
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The job database: the only writer. What comes in while one transaction is under way goes into the next one; the
 * database is never touched on the actor's own thread.
 */
public final class JobLedger implements Rules<JobLedger.Command> {
    /** What the ledger understands. All of it stays within the process that owns the database. */
    public sealed interface Command {}

    /**
     * Takes on a job; answered once it is on disk. From then on the attached board has it.
     *
     * @param key names the request, so that a repeated one is recognised
     */
    public record Accept(JobEvent.Accepted event, Optional<IdempotencyKey> key, ActorRef<AcceptReply> replyTo)
            implements Command {}

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
    public record Find(JobId job, ActorRef<ReadReply<Optional<Job>>> replyTo) implements Command {}

    /**
     * Reads jobs, newest first.
     *
     * @param state only those in this state
     * @param before only those accepted before this job
     * @param limit at most this many, 1 to 1,000
     */
    public record Query(
            Optional<JobState> state, Optional<JobId> before, int limit, ActorRef<ReadReply<List<Job>>> replyTo)
            implements Command {
        public Query {
            if (limit < 1 || limit > 1_000) {
                throw new IllegalArgumentException("limit must be 1 to 1000, but was " + limit);
            }
        }
    }

    /** Asks how the ledger is doing. */
    public record GetStatistics(ActorRef<LedgerStatistics> replyTo) implements Command {}

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

    /** Answers to {@link Accept}. */
    public sealed interface AcceptReply {
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
    public sealed interface ReadReply<T> {
        /** What was found. */
        record Found<T>(T value) implements ReadReply<T> {}

        /** The database cannot be read now. */
        record Unavailable<T>(String reason, Duration retryAfter) implements ReadReply<T> {}
    }

    private record Loaded(LedgerStore.Recovered recovered) implements Command {}

    private record LoadFailed(Throwable cause) implements Command {}

    private record Load() implements Command {}

    private record Committed(List<Entry.Outcome> outcomes, Duration took) implements Command {}

    private record CommitFailed(Throwable cause) implements Command {}

    private record Retry() implements Command {}

    private record Lingered() implements Command {}

    private record BoardGone(ActorRef<OpenJob> board) implements Command {}

    private record Closed() implements Command {}

    /** What nobody waits for is on disk after this time at the latest; most of it goes with something else before. */
    private static final Duration LINGER = Duration.ofMillis(5);

    private static final int MAX_STASHED = 100_000;
    private static final Duration FULL_RETRY_AFTER = Duration.ofSeconds(5);

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
    private final LedgerSettings settings;
    private final LedgerState state = new LedgerState();
    private final CommitQueue queue;
    private final CommitTimes times;
    private final LedgerReads reads;
    private Optional<ActorRef<OpenJob>> board = Optional.empty();
    private long nextOrdinal;
    private int acceptancesPending;
    private final List<Command> waiting = new ArrayList<>();
    private Stage stage = Stage.LOADING;
    private Optional<ActorRef<Done>> closer = Optional.empty();
    private boolean unreadable;

    /** The rules of {@link #create}'s actor. */
    public JobLedger(
            Surroundings<Command> around, LedgerStore database, LedgerSettings settings, MeterRegistry meters) {
        this.around = around;
        this.timers = around.timers();
        this.database = database;
        this.settings = settings;
        this.queue = new CommitQueue(settings);
        this.times = new CommitTimes(meters);
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
        return RulesActor.create(JobLedger.class, around -> new JobLedger(around, database, settings, meters));
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
                timers.startSingleTimer(new Load(), settings.retryMax());
            }
            case Load _ -> load();
            case GetStatistics get -> get.replyTo().tell(times.statistics(false, state.size(), queue.size()));
            case Close close when unreadable -> close(close.replyTo());
            case Accept accept
            when unreadable || waiting.size() >= MAX_STASHED ->
                accept.replyTo().tell(new AcceptReply.Unavailable("the jobs are being read", FULL_RETRY_AFTER));
            default -> waiting.add(command);
        }
        return true;
    }

    private void onLoaded(LedgerStore.Recovered recovered) {
        nextOrdinal = recovered.nextOrdinal();
        recovered.unfinished().forEach(kept -> state.admit(kept.job(), kept.seq()));
        around.log().info("ledger open, {} jobs on the way", state.size());
        stage = Stage.READY;
        waiting.forEach(this::hear);
        waiting.clear();
    }

    private void onMessage(Command command) {
        switch (command) {
            case Accept accept -> onAccept(accept);
            case Append append -> onAppend(append);
            case Attach attach -> onAttach(attach.board());
            case Find find -> onFind(find);
            case Query query ->
                reads.answer(() -> database.query(query.state(), query.before(), query.limit()), query.replyTo());
            case GetStatistics get ->
                get.replyTo().tell(times.statistics(!queue.isFailing(), state.size(), queue.size()));
            case Committed committed -> onCommitted(committed);
            case CommitFailed failed -> onCommitFailed(failed.cause());
            case Retry retry -> {
                queue.retry();
                commit();
            }
            case Lingered lingered -> {
                queue.lingered();
                commit();
            }
            case BoardGone gone -> board = board.filter(b -> !b.equals(gone.board()));
            case Close close -> beginClosing(close.replyTo());
            case Loaded _, LoadFailed _, Load _, Closed _ -> {}
        }
    }

    private void onAccept(Accept accept) {
        if (queue.isFailing() || queue.size() >= settings.maxPending()) {
            accept.replyTo().tell(unavailable());
            return;
        }
        int unfinished = state.size() + acceptancesPending;
        if (unfinished >= settings.maxUnfinished()) {
            accept.replyTo().tell(new AcceptReply.TooMany(unfinished, FULL_RETRY_AFTER));
            return;
        }
        acceptancesPending++;
        queue.add(new Entry.Acceptance(accept.event(), accept.key(), nextOrdinal++, accept.replyTo()));
        commit();
    }

    private void onAppend(Append append) {
        try {
            state.project(append.event(), append.replyTo())
                    .ifPresentOrElse(
                            queue::add,
                            () -> append.replyTo()
                                    .tell(new AppendReply.Refused(
                                            append.event(),
                                            "job " + append.event().job() + " has come to its end, or never was")));
        } catch (IllegalTransitionException e) {
            append.replyTo().tell(new AppendReply.Refused(append.event(), String.valueOf(e.getMessage())));
        }
        commit();
    }

    private void onAttach(ActorRef<OpenJob> attached) {
        board = Optional.of(attached);
        around.watch(attached, new BoardGone(attached));
        state.projected().forEach(job -> attached.tell(new OpenJob(job)));
    }

    private void onFind(Find find) {
        Optional<Job> kept = state.find(find.job());
        if (kept.isPresent()) {
            find.replyTo().tell(new ReadReply.Found<>(kept));
        } else {
            reads.answer(() -> database.find(find.job()), find.replyTo());
        }
    }

    private void commit() {
        queue.next().ifPresent(batch -> {
            around.pipe(
                    CompletableFuture.supplyAsync(() -> timed(batch), database.writer()),
                    (committed, failure) -> failure == null ? committed : new CommitFailed(failure));
        });
        if (queue.isLingering() && !timers.isTimerActive(Lingered.class)) {
            timers.startSingleTimer(Lingered.class, new Lingered(), LINGER);
        }
    }

    private Committed timed(Entry.Batch batch) {
        long start = System.nanoTime();
        List<Entry.Outcome> outcomes = database.write(batch);
        return new Committed(outcomes, Duration.ofNanos(System.nanoTime() - start));
    }

    private void onCommitted(Committed committed) {
        if (queue.isFailing()) {
            around.log().info("the job database can be written again");
        }
        List<Entry> written = queue.succeeded();
        times.committed(committed.took(), written.size());
        for (int i = 0; i < written.size(); i++) {
            switch (written.get(i)) {
                case Entry.Acceptance acceptance ->
                    onAccepted(acceptance, committed.outcomes().get(i));
                case Entry.Addition addition -> {
                    state.written(addition);
                    addition.replyTo().tell(new AppendReply.Recorded(addition.after()));
                }
            }
        }
        commit();
    }

    private void onAccepted(Entry.Acceptance acceptance, Entry.Outcome outcome) {
        acceptancesPending--;
        switch (outcome) {
            case Entry.Outcome.Written written -> {
                Job job = Job.of(acceptance.event());
                state.admit(job, BatchWriter.ACCEPTED_SEQ);
                board.ifPresent(b -> b.tell(new OpenJob(job)));
                acceptance.replyTo().tell(new AcceptReply.Accepted(job));
            }
            case Entry.Outcome.Repeated repeated -> acceptance.replyTo().tell(new AcceptReply.Repeated(repeated.job()));
            case Entry.Outcome.KeyConflict conflict ->
                acceptance.replyTo().tell(new AcceptReply.KeyConflict(conflict.job()));
        }
    }

    private void onCommitFailed(Throwable cause) {
        times.failed();
        List<Entry.Acceptance> refused = new ArrayList<>();
        boolean again = queue.isFailing();
        Duration pause = queue.failed(refused);
        if (again) {
            around.log().warn("the job database still cannot be written, next try in {}: {}", pause, cause.toString());
        } else {
            around.log()
                    .error("the job database cannot be written, next try in {}; no jobs are taken on", pause, cause);
        }
        acceptancesPending -= refused.size();
        refused.forEach(acceptance -> acceptance.replyTo().tell(unavailable()));
        timers.startSingleTimer(new Retry(), pause);
    }

    private AcceptReply unavailable() {
        return new AcceptReply.Unavailable("the job database cannot be written", queue.retryAfter());
    }

    /** Writes what waits, takes nothing new on. What cannot be written now is given up: a restart runs it again. */
    private void beginClosing(ActorRef<Done> replyTo) {
        timers.cancelAll();
        closer = Optional.of(replyTo);
        stage = Stage.CLOSING;
        queue.retry();
        queue.lingered();
        commit();
        if (queue.isIdle()) {
            close(replyTo);
        }
    }

    private boolean whileClosing(Command command) {
        ActorRef<Done> replyTo = closer.orElseThrow();
        switch (command) {
            case Accept accept -> onAcceptTooLate(accept);
            case Committed committed -> {
                onCommitted(committed);
                if (queue.isIdle()) {
                    close(replyTo);
                }
            }
            case CommitFailed failed -> {
                around.log().error("{} events could not be written before the end", queue.size(), failed.cause());
                close(replyTo);
            }
            default -> onMessage(command);
        }
        return true;
    }

    private void close(ActorRef<Done> replyTo) {
        closer = Optional.of(replyTo);
        stage = Stage.CLOSED;
        around.pipe(
                CompletableFuture.runAsync(database::close, JobLedger::onOwnThread), (done, failure) -> new Closed());
    }

    private boolean onceClosed(Command command) {
        switch (command) {
            case Accept accept -> onAcceptTooLate(accept);
            case Closed _ -> {
                closer.orElseThrow().tell(Done.getInstance());
                return false;
            }
            default -> {}
        }
        return true;
    }

    private static void onAcceptTooLate(Accept accept) {
        accept.replyTo().tell(new AcceptReply.Unavailable("the ledger is closing", FULL_RETRY_AFTER));
    }

    @Override
    public void stopped() {
        onOwnThread(database::close);
    }

    private static void onOwnThread(Runnable task) {
        Thread.ofPlatform().name("drover-ledger-close").start(task);
    }
}
