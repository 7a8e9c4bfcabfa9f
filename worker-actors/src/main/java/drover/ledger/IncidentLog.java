package drover.ledger;

import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.job.JobEvent;
import drover.watchdog.Incident;
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
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Keeps incidents in the job database, and adds to them what became of the jobs that they cost an attempt. An incident
 * that cannot be written now is kept in memory, up to {@value #MAX_UNWRITTEN}, and written when the database is back;
 * nothing waits for it.
 */
public final class IncidentLog extends AbstractBehavior<IncidentLog.Command> {
    /** What the log understands. */
    public sealed interface Command {}

    /** Keep this incident, in place of an earlier version with the same id. */
    public record Keep(Incident incident) implements Command, CborSerializable {}

    /**
     * Reads incidents, newest first.
     *
     * @param limit at most this many, 1 to 1,000
     */
    public record Newest(int limit, ActorRef<JobLedger.ReadReply<List<Incident>>> replyTo)
            implements Command, CborSerializable {
        public Newest {
            if (limit < 1 || limit > 1_000) {
                throw new IllegalArgumentException("limit must be 1 to 1000, but was " + limit);
            }
        }
    }

    /** A job has been given to a node: perhaps one whose last attempt was lost in an incident. */
    private record Assigned(JobEvent.Assigned event) implements Command {}

    private record Written(List<Incident> incidents) implements Command {}

    private record Read(
            JobLedger.ReadReply<List<Incident>> reply, ActorRef<JobLedger.ReadReply<List<Incident>>> replyTo)
            implements Command {}

    private record WriteFailed(Throwable cause) implements Command {}

    private record Write() implements Command {}

    static final int MAX_UNWRITTEN = 1_000;
    /** Incidents that may still get a follow-up. */
    private static final int MAX_RECENT = 1_000;

    private static final Duration RETRY = Duration.ofSeconds(5);

    private final TimerScheduler<Command> timers;
    private final LedgerDatabase database;
    private final LinkedHashMap<String, Incident> unwritten = new LinkedHashMap<>();
    private final LinkedHashMap<String, Incident> recent = new LinkedHashMap<>();
    /** Attempts that were lost and not run again so far, with their incident. */
    private final Map<AttemptId, String> open = new HashMap<>();
    /** Attempts that were run again before their incident was heard of. */
    private final LinkedHashMap<AttemptId, JobEvent.Assigned> rerun = new LinkedHashMap<>();

    private boolean writing;

    /** A log in this database, which somebody else closes. */
    public static Behavior<Command> create(LedgerDatabase database) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> new IncidentLog(context, timers, database)));
    }

    private IncidentLog(ActorContext<Command> context, TimerScheduler<Command> timers, LedgerDatabase database) {
        super(context);
        this.timers = timers;
        this.database = database;
        context.getSystem()
                .eventStream()
                .tell(new EventStream.Subscribe<>(
                        JobEvent.Assigned.class, context.messageAdapter(JobEvent.Assigned.class, Assigned::new)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Keep keep -> onKeep(keep.incident());
            case Assigned assigned -> onAssigned(assigned.event());
            case Newest newest -> onNewest(newest);
            case Write _ -> write();
            case Written written -> onWritten(written);
            case Read read -> read.replyTo().tell(read.reply());
            case WriteFailed failed -> onWriteFailed(failed.cause());
        }
        return this;
    }

    private void onKeep(Incident incident) {
        Incident known = incident;
        for (AttemptId lost : incident.lost()) {
            JobEvent.Assigned again = rerun.remove(lost);
            if (again != null) {
                known = known.with(new Incident.FollowUp(lost, again.attempt(), again.node()));
            } else {
                open.put(lost, incident.id());
            }
        }
        remember(known);
        keep(known);
    }

    /** What was run again, and where, becomes part of the incident, whichever is heard of first. */
    private void onAssigned(JobEvent.Assigned event) {
        if (event.attempt().number() == 1) {
            return;
        }
        AttemptId lost = new AttemptId(event.job(), event.attempt().number() - 1);
        String id = open.remove(lost);
        Incident incident = id == null ? null : recent.get(id);
        if (incident == null) {
            rerun.put(lost, event);
            if (rerun.size() > MAX_RECENT) {
                rerun.pollFirstEntry();
            }
        } else {
            Incident known = incident.with(new Incident.FollowUp(lost, event.attempt(), event.node()));
            remember(known);
            keep(known);
        }
    }

    private void remember(Incident incident) {
        recent.put(incident.id(), incident);
        if (recent.size() > MAX_RECENT) {
            recent.pollFirstEntry();
            open.values().removeIf(id -> !recent.containsKey(id));
        }
    }

    private void keep(Incident incident) {
        unwritten.put(incident.id(), incident);
        if (unwritten.size() > MAX_UNWRITTEN) {
            unwritten.pollFirstEntry();
        }
        if (!timers.isTimerActive(Write.class)) {
            write();
        }
    }

    private void write() {
        if (writing || unwritten.isEmpty()) {
            return;
        }
        writing = true;
        List<Incident> batch = List.copyOf(unwritten.values());
        getContext()
                .pipeToSelf(
                        CompletableFuture.runAsync(() -> keep(batch), database.writer()),
                        (done, failure) -> failure == null ? new Written(batch) : new WriteFailed(failure));
    }

    /** Runs on the database's writer thread. */
    private void keep(List<Incident> batch) {
        try {
            database.keep(batch);
        } catch (WriteFailedException e) {
            throw new CompletionException(e);
        }
    }

    private void onWritten(Written written) {
        writing = false;
        // An incident that has changed while it was written is written again.
        written.incidents().forEach(incident -> unwritten.remove(incident.id(), incident));
        write();
    }

    private void onWriteFailed(Throwable cause) {
        writing = false;
        getContext().getLog().warn("{} incidents wait for the database: {}", unwritten.size(), cause.getMessage());
        timers.startSingleTimer(Write.class, new Write(), RETRY);
    }

    private void onNewest(Newest newest) {
        List<Incident> waiting = new ArrayList<>(unwritten.values());
        JobLedger.ReadReply<List<Incident>> unavailable =
                new JobLedger.ReadReply.Unavailable<>("the job database cannot be read now", RETRY);
        try {
            getContext()
                    .pipeToSelf(
                            CompletableFuture.supplyAsync(() -> database.incidents(newest.limit()), database.readers()),
                            (found, failure) -> new Read(
                                    failure == null
                                            ? new JobLedger.ReadReply.Found<>(merge(waiting, found, newest.limit()))
                                            : unavailable,
                                    newest.replyTo()));
        } catch (RejectedExecutionException e) {
            newest.replyTo().tell(unavailable); // Too many read already.
        }
    }

    private static List<Incident> merge(List<Incident> waiting, List<Incident> written, int limit) {
        LinkedHashMap<String, Incident> all = new LinkedHashMap<>();
        waiting.forEach(incident -> all.put(incident.id(), incident));
        written.forEach(incident -> all.putIfAbsent(incident.id(), incident));
        return all.values().stream()
                .sorted(Comparator.comparing(Incident::at).reversed().thenComparing(Incident::id))
                .limit(limit)
                .toList();
    }
}
