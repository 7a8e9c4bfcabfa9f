package drover.control;

import drover.board.JobBoard;
import drover.feed.JobFeed;
import drover.inference.JobId;
import drover.ledger.AuditLog;
import drover.ledger.HoldLog;
import drover.ledger.IncidentLog;
import drover.ledger.JobLedger;
import drover.source.dreamer.HordeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * This host's line to the {@link Dispatch}, wherever in the cluster that is. It takes what the dispatch's ledger, board,
 * feed, incidents, audit and holds take, and passes it on. While there is no dispatch it says so to callers; what keepers
 * and their supervisor say they say again by themselves; incidents and audit entries wait; followers are told on when
 * there is a dispatch again, beginning with the job's present state.
 */
final class Line extends AbstractBehavior<Object> {
    /** How long a caller should wait before it tries again. */
    static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    /** After this time without an answer the dispatch counts as away. */
    static final Duration SILENCE = Duration.ofSeconds(4);

    private static final Duration LOOK = Duration.ofMillis(250);
    private static final String AWAY = "no host has the job database now; another one is taking over";
    private static final int MAX_WAITING = 1_000;

    /** The line has found a dispatch that knows nothing of this host yet. */
    record Connected() {}

    private enum Tick {
        LOOK
    }

    private record Gone(ActorRef<Dispatch.Command> dispatch) {}

    private record FollowerGone(JobId job, ActorRef<JobFeed.News> follower) {}

    private final ActorRef<Dispatch.Command> proxy;
    private final LastDispatch last;
    private final ActorRef<Connected> connections;
    private final LongSupplier nanoTime;
    private final ActorRef<Dispatch.Parts> answers;
    private final Map<JobId, Set<ActorRef<JobFeed.News>>> followers = new HashMap<>();
    private final Deque<IncidentLog.Keep> incidents = new ArrayDeque<>();
    private final Deque<AuditLog.Keep> changes = new ArrayDeque<>();
    private Optional<Dispatch.Parts> parts = Optional.empty();
    private long heard;

    /**
     * A line.
     *
     * @param proxy passes on to the dispatch, wherever it is
     * @param last is told whom the line speaks to
     * @param connections is told whenever the line has found a dispatch
     * @param nanoTime monotonic nanoseconds
     */
    static Behavior<Object> create(
            ActorRef<Dispatch.Command> proxy,
            LastDispatch last,
            ActorRef<Connected> connections,
            LongSupplier nanoTime) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new Line(context, timers, proxy, last, connections, nanoTime)));
    }

    private Line(
            ActorContext<Object> context,
            TimerScheduler<Object> timers,
            ActorRef<Dispatch.Command> proxy,
            LastDispatch last,
            ActorRef<Connected> connections,
            LongSupplier nanoTime) {
        super(context);
        context.setLoggerName(Line.class);
        this.proxy = proxy;
        this.last = last;
        this.connections = connections;
        this.nanoTime = nanoTime;
        this.answers = context.getSelf().narrow();
        timers.startTimerWithFixedDelay(Tick.LOOK, Tick.LOOK, Duration.ZERO, LOOK);
    }

    @Override
    public Receive<Object> createReceive() {
        return newReceiveBuilder().onAnyMessage(this::onMessage).build();
    }

    private Behavior<Object> onMessage(Object message) {
        switch (message) {
            case JobBoard.Command it -> parts.ifPresent(p -> p.board().tell(it));
            case JobLedger.Command it -> parts.ifPresentOrElse(p -> p.ledger().tell(it), () -> refuse(it));
            case JobFeed.Command it -> onFeed(it);
            case IncidentLog.Command it -> onIncidents(it);
            case AuditLog.Command it -> onAudit(it);
            case HordeSource.Command it -> parts.ifPresent(p -> p.horde().tell(it));
            case HoldLog.Command it -> parts.ifPresent(p -> p.holds().tell(it));
            case Tick _ -> look();
            case Dispatch.Parts it -> connect(it);
            case Gone(var dispatch) -> {
                if (parts.filter(p -> p.dispatch().equals(dispatch)).isPresent()) {
                    disconnect("has ended");
                }
            }
            case FollowerGone(JobId job, var follower) -> forget(job, follower);
            default -> {
                return Behaviors.unhandled();
            }
        }
        return this;
    }

    private void look() {
        if (parts.isPresent() && nanoTime.getAsLong() - heard > SILENCE.toNanos()) {
            disconnect("does not answer");
        }
        proxy.tell(new Dispatch.GetParts(answers));
    }

    private void connect(Dispatch.Parts found) {
        heard = nanoTime.getAsLong();
        if (parts.filter(found::equals).isPresent()) {
            return;
        }
        parts = Optional.of(found);
        last.spokenTo(found.dispatch());
        getContext()
                .getLog()
                .info("the jobs are dispatched by {}", found.dispatch().path().address());
        getContext().watchWith(found.dispatch(), new Gone(found.dispatch()));
        followers.forEach((job, all) ->
                all.forEach(follower -> found.feed().tell(new JobFeed.Follow(job, Optional.empty(), follower))));
        incidents.forEach(found.incidents()::tell);
        incidents.clear();
        changes.forEach(found.audit()::tell);
        changes.clear();
        connections.tell(new Connected());
    }

    private void disconnect(String why) {
        getContext().getLog().warn("the dispatch {}; looking for the next one", why);
        parts.ifPresent(p -> getContext().unwatch(p.dispatch()));
        parts = Optional.empty();
    }

    private static void refuse(JobLedger.Command command) {
        switch (command) {
            case JobLedger.Accept it -> it.replyTo().tell(new JobLedger.AcceptReply.Unavailable(AWAY, RETRY_AFTER));
            case JobLedger.Find it -> it.replyTo().tell(new JobLedger.ReadReply.Unavailable<>(AWAY, RETRY_AFTER));
            case JobLedger.Query it -> it.replyTo().tell(new JobLedger.ReadReply.Unavailable<>(AWAY, RETRY_AFTER));
            default -> {
                // Nobody else is told anything: silence is an answer to whoever asks how the ledger is doing.
            }
        }
    }

    private void onFeed(JobFeed.Command command) {
        switch (command) {
            case JobFeed.Follow it -> {
                if (followers
                        .computeIfAbsent(it.job(), job -> new LinkedHashSet<>())
                        .add(it.follower())) {
                    getContext().watchWith(it.follower(), new FollowerGone(it.job(), it.follower()));
                }
                parts.ifPresent(p -> p.feed().tell(it));
            }
            case JobFeed.Unfollow it -> {
                forget(it.job(), it.follower());
                parts.ifPresent(p -> p.feed().tell(it));
            }
            case JobFeed.GetProgress it ->
                parts.ifPresentOrElse(
                        p -> p.feed().tell(it), () -> it.replyTo().tell(new JobFeed.LatestProgress(Optional.empty())));
            case JobFeed.GetPreview it ->
                parts.ifPresentOrElse(
                        p -> p.feed().tell(it), () -> it.replyTo().tell(new JobFeed.LatestPreview(Optional.empty())));
            default -> parts.ifPresent(p -> p.feed().tell(command));
        }
    }

    private void forget(JobId job, ActorRef<JobFeed.News> follower) {
        followers.computeIfPresent(job, (_, all) -> {
            if (all.remove(follower)) {
                getContext().unwatch(follower);
            }
            return all.isEmpty() ? null : all;
        });
    }

    private void onIncidents(IncidentLog.Command command) {
        if (parts.isPresent()) {
            parts.get().incidents().tell(command);
            return;
        }
        switch (command) {
            case IncidentLog.Keep it -> {
                incidents.add(it);
                if (incidents.size() > MAX_WAITING) {
                    incidents.remove();
                }
            }
            case IncidentLog.Newest it -> it.replyTo().tell(new JobLedger.ReadReply.Unavailable<>(AWAY, RETRY_AFTER));
            default -> {
                // What the log tells itself never comes this way.
            }
        }
    }

    private void onAudit(AuditLog.Command command) {
        if (parts.isPresent()) {
            parts.get().audit().tell(command);
            return;
        }
        switch (command) {
            case AuditLog.Keep it -> {
                it.replyTo().tell(new AuditLog.Reply.NotWritten(AWAY));
                changes.add(it);
                if (changes.size() > MAX_WAITING) {
                    getContext().getLog().error("too many changes wait; only the log keeps: {}", changes.remove());
                }
            }
            case AuditLog.Newest it -> it.replyTo().tell(new JobLedger.ReadReply.Unavailable<>(AWAY, RETRY_AFTER));
            default -> {
                // What the log tells itself never comes this way.
            }
        }
    }
}
