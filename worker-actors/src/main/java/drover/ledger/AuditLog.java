package drover.ledger;

import drover.inference.CborSerializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps what operators have changed in the job database. Whoever has made a change waits until it is on disk, or is told
 * that it cannot be written now; such an entry is kept in memory, up to {@value #MAX_UNWRITTEN}, and written when the
 * database is back.
 */
public final class AuditLog extends AbstractBehavior<AuditLog.Command> {
    /** What the log understands. */
    public sealed interface Command {}

    /** Keep this entry. */
    public record Keep(AuditEntry entry, ActorRef<Reply> replyTo) implements Command, CborSerializable {}

    /**
     * Reads entries, newest first.
     *
     * @param limit at most this many, 1 to 1,000
     */
    public record Newest(int limit, ActorRef<JobLedger.ReadReply<List<AuditEntry>>> replyTo)
            implements Command, CborSerializable {
        public Newest {
            if (limit < 1 || limit > 1_000) {
                throw new IllegalArgumentException("limit must be 1 to 1000, but was " + limit);
            }
        }
    }

    /** Answers to {@link Keep}. */
    public sealed interface Reply extends CborSerializable {
        /** On disk. */
        record Written() implements Reply {}

        /** Not on disk; it is written later if this process lives that long. */
        record NotWritten(String reason) implements Reply {}
    }

    private record Written(List<AuditEntry> entries) implements Command {}

    private record WriteFailed(List<AuditEntry> entries, Throwable cause) implements Command {}

    private record Write() implements Command {}

    private record Read(
            JobLedger.ReadReply<List<AuditEntry>> reply, ActorRef<JobLedger.ReadReply<List<AuditEntry>>> replyTo)
            implements Command {}

    static final int MAX_UNWRITTEN = 1_000;
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final TimerScheduler<Command> timers;
    private final LedgerDatabase database;
    private final LinkedHashMap<String, AuditEntry> unwritten = new LinkedHashMap<>();
    private final Map<String, ActorRef<Reply>> waiting = new HashMap<>();
    private boolean writing;

    /** A log in this database, which somebody else closes. */
    public static Behavior<Command> create(LedgerDatabase database) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> new AuditLog(context, timers, database)));
    }

    private AuditLog(ActorContext<Command> context, TimerScheduler<Command> timers, LedgerDatabase database) {
        super(context);
        this.timers = timers;
        this.database = database;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Keep keep -> onKeep(keep);
            case Newest newest -> onNewest(newest);
            case Write _ -> write();
            case Written written -> onWritten(written.entries());
            case WriteFailed failed -> onWriteFailed(failed);
            case Read read -> read.replyTo().tell(read.reply());
        }
        return this;
    }

    private void onKeep(Keep keep) {
        unwritten.put(keep.entry().id(), keep.entry());
        waiting.put(keep.entry().id(), keep.replyTo());
        if (unwritten.size() > MAX_UNWRITTEN) {
            AuditEntry dropped = unwritten.pollFirstEntry().getValue();
            answer(List.of(dropped), new Reply.NotWritten("too many entries wait for the job database"));
            getContext().getLog().error("too many changes wait for the database; only the log keeps: {}", dropped);
        }
        write();
    }

    private void write() {
        if (writing || unwritten.isEmpty()) {
            return;
        }
        writing = true;
        timers.cancel(Write.class);
        List<AuditEntry> batch = List.copyOf(unwritten.values());
        try {
            getContext()
                    .pipeToSelf(
                            CompletableFuture.runAsync(() -> keep(batch), database.writer()),
                            (done, failure) -> failure == null ? new Written(batch) : new WriteFailed(batch, failure));
        } catch (RejectedExecutionException e) {
            getContext().getSelf().tell(new WriteFailed(batch, e)); // The database is being closed.
        }
    }

    /** Runs on the database's writer thread. */
    private void keep(List<AuditEntry> batch) {
        try {
            database.keepAudit(batch);
        } catch (WriteFailedException e) {
            throw new CompletionException(e);
        }
    }

    private void onWritten(List<AuditEntry> entries) {
        writing = false;
        entries.forEach(entry -> unwritten.remove(entry.id()));
        answer(entries, new Reply.Written());
        write();
    }

    private void onWriteFailed(WriteFailed failed) {
        writing = false;
        getContext().getLog().error("{} changes wait for the database", unwritten.size(), failed.cause());
        answer(failed.entries(), new Reply.NotWritten("the job database cannot be written"));
        if (unwritten.keySet().stream().anyMatch(waiting::containsKey)) {
            write(); // They came meanwhile, and somebody waits for them.
        } else {
            timers.startSingleTimer(Write.class, new Write(), RETRY);
        }
    }

    private void answer(List<AuditEntry> entries, Reply reply) {
        for (AuditEntry entry : entries) {
            ActorRef<Reply> asker = waiting.remove(entry.id());
            if (asker != null) {
                asker.tell(reply);
            }
        }
    }

    private void onNewest(Newest newest) {
        List<AuditEntry> memory = new ArrayList<>(unwritten.values());
        JobLedger.ReadReply<List<AuditEntry>> unavailable =
                new JobLedger.ReadReply.Unavailable<>("the job database cannot be read now", RETRY);
        try {
            getContext()
                    .pipeToSelf(
                            CompletableFuture.supplyAsync(() -> database.audit(newest.limit()), database.readers()),
                            (found, failure) -> new Read(
                                    failure == null
                                            ? new JobLedger.ReadReply.Found<>(merge(memory, found, newest.limit()))
                                            : unavailable,
                                    newest.replyTo()));
        } catch (RejectedExecutionException e) {
            newest.replyTo().tell(unavailable); // Too many read already.
        }
    }

    private static List<AuditEntry> merge(List<AuditEntry> memory, List<AuditEntry> written, int limit) {
        return Stream.concat(memory.stream(), written.stream())
                .distinct()
                .sorted(Comparator.comparing(AuditEntry::at)
                        .thenComparing(AuditEntry::id)
                        .reversed())
                .limit(limit)
                .toList();
    }
}
