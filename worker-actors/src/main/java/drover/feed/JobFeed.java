package drover.feed;

import drover.inference.AttemptId;
import drover.inference.CborSerializable;
import drover.inference.JobId;
import drover.inference.Position;
import drover.inference.Preview;
import drover.job.Job;
import drover.ledger.JobLedger;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Tells whoever follows a job what happens to it. News is numbered within an epoch, which is this actor's life; a
 * follower that comes back within the epoch gets what it missed, if that is still remembered, and otherwise the present
 * state and all that comes after. The end of a job is the last thing a follower hears.
 */
public final class JobFeed extends AbstractBehavior<JobFeed.Command> {
    /** What the feed understands. */
    public sealed interface Command {}

    /** From the board or the delivery: the job has changed, and that is on disk. */
    public record Changed(Job job) implements Command {}

    /** From the board: the attempt says that it has come to this position. Only an advance is news. */
    public record Moved(AttemptId attempt, Position position) implements Command {}

    /**
     * Follow a job: everything after the given event, or from its present state, until its end. A follower that ends is
     * forgotten.
     *
     * @param lastEventId the last event that the follower has seen
     */
    public record Follow(JobId job, Optional<String> lastEventId, ActorRef<News> follower)
            implements Command, CborSerializable {}

    /** From the board: how a picture of the attempt looks now. Told to those who watch, and forgotten with the job. */
    public record Previewed(AttemptId attempt, Preview preview) implements Command {}

    /** Watch how a job's pictures come along, until the job or the viewer ends. Safe to repeat. */
    public record WatchPreviews(JobId job, ActorRef<Shown> viewer) implements Command, CborSerializable {}

    /** Asks for the newest preview of a job. */
    public record GetPreview(JobId job, ActorRef<LatestPreview> replyTo) implements Command, CborSerializable {}

    private record ViewerGone(JobId job, ActorRef<Shown> viewer) implements Command {}

    /** The follower has gone. */
    public record Unfollow(JobId job, ActorRef<News> follower) implements Command, CborSerializable {}

    /** Asks how far the running attempt of a job has come. */
    public record GetProgress(JobId job, ActorRef<LatestProgress> replyTo) implements Command, CborSerializable {}

    private record Looked(Follow follow, JobLedger.ReadReply<Optional<Job>> reply) implements Command {}

    private record Confirmed(JobId job, JobLedger.ReadReply<Optional<Job>> reply) implements Command {}

    /** What followers hear. */
    public sealed interface News extends CborSerializable {
        /** Names this piece of news; give it back as {@code lastEventId}. */
        String eventId();

        /** The job has changed its state; the last news of a job is a terminal one. */
        record State(String eventId, Job job) implements News {}

        /** The job has advanced. */
        record Progress(String eventId, AttemptId attempt, Position position) implements News {}

        /** The job cannot be followed now: it is not known, or cannot be read. */
        record Unknown(String eventId, String reason) implements News {}
    }

    /** How a picture of the attempt looked. */
    public record Shown(AttemptId attempt, Preview preview) implements CborSerializable {}

    /** Answer to {@link GetPreview}; empty if there is none now. */
    public record LatestPreview(Optional<Shown> shown) implements CborSerializable {}

    /** Answer to {@link GetProgress}; empty if nothing is known to run. */
    public record LatestProgress(Optional<News.Progress> progress) implements CborSerializable {}

    private static final Duration LOOK_UP_LIMIT = Duration.ofSeconds(5);

    private final FeedSettings settings;
    private final String epoch;
    private final ActorRef<JobLedger.Command> ledger;
    private final Map<JobId, JobNews> running = new HashMap<>();
    private final LinkedHashMap<JobId, JobNews> ended = new LinkedHashMap<>();
    private final Map<JobId, Set<ActorRef<News>>> followers = new HashMap<>();
    private final Previews previews = new Previews();
    private long last;

    /**
     * A feed with nothing to tell.
     *
     * @param epoch names this life of the feed; letters and digits
     * @param ledger asked for jobs that the feed does not remember
     */
    public static Behavior<Command> create(FeedSettings settings, String epoch, ActorRef<JobLedger.Command> ledger) {
        return Behaviors.setup(context -> new JobFeed(context, settings, epoch, ledger));
    }

    private JobFeed(
            ActorContext<Command> context, FeedSettings settings, String epoch, ActorRef<JobLedger.Command> ledger) {
        super(context);
        this.settings = settings;
        this.epoch = epoch;
        this.ledger = ledger;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
    }

    private Behavior<Command> onCommand(Command command) {
        switch (command) {
            case Changed changed -> onChanged(changed.job());
            case Moved moved -> onMoved(moved);
            case Follow follow -> onFollow(follow);
            case Unfollow unfollow -> onUnfollow(unfollow);
            case GetProgress get -> onGetProgress(get);
            case Previewed it -> onPreviewed(it);
            case WatchPreviews it -> {
                if (previews.watch(it.job(), it.viewer())) {
                    getContext().watchWith(it.viewer(), new ViewerGone(it.job(), it.viewer()));
                }
            }
            case ViewerGone it -> previews.unwatch(it.job(), it.viewer());
            case GetPreview it -> it.replyTo().tell(new LatestPreview(previews.latest(it.job())));
            case Looked looked -> onLooked(looked);
            case Confirmed confirmed -> onConfirmed(confirmed);
        }
        return this;
    }

    private void onChanged(Job job) {
        if (ended.containsKey(job.id())) {
            return; // Nothing follows an end; this is a word that was overtaken.
        }
        JobNews news = running.get(job.id());
        if (news == null) {
            news = new JobNews(settings.newsPerJob());
            running.put(job.id(), news);
            if (!job.state().isTerminal() && !job.attempts().isEmpty()) {
                // The first word of a job that has been under way: after a take-over, or overtaken by an end which is
                // forgotten already. Then no other word would follow, and it would be remembered for ever.
                find(job.id(), reply -> new Confirmed(job.id(), reply));
            }
        }
        News.State state = new News.State(idOf(++last), job);
        news.add(last, state);
        tell(job.id(), state);
        if (!job.state().isOut()) {
            previews.clear(job.id());
        }
        if (job.state().isTerminal()) {
            previews.end(job.id()).forEach(getContext()::unwatch);
            running.remove(job.id());
            ended.put(job.id(), news);
            if (ended.size() > settings.endedJobs()) {
                ended.pollFirstEntry();
            }
            Set<ActorRef<News>> all = followers.remove(job.id());
            if (all != null) {
                all.forEach(getContext()::unwatch);
            }
        }
    }

    private void onConfirmed(Confirmed confirmed) {
        if (confirmed.reply() instanceof JobLedger.ReadReply.Found<Optional<Job>>(Optional<Job> found)
                && running.containsKey(confirmed.job())) {
            found.filter(job -> job.state().isTerminal()).ifPresent(this::onChanged);
        }
    }

    private void onMoved(Moved moved) {
        JobId job = moved.attempt().job();
        JobNews news = running.get(job);
        if (news != null && news.isAdvance(moved.attempt(), moved.position())) {
            News.Progress progress = new News.Progress(idOf(++last), moved.attempt(), moved.position());
            news.add(last, progress);
            tell(job, progress);
        }
    }

    private void onPreviewed(Previewed it) {
        JobNews news = running.get(it.attempt().job());
        if (news != null && news.isOut(it.attempt())) {
            previews.show(new Shown(it.attempt(), it.preview()));
        }
    }

    private void onFollow(Follow follow) {
        JobNews news = running.getOrDefault(follow.job(), ended.get(follow.job()));
        if (news == null) {
            find(follow.job(), reply -> new Looked(follow, reply));
        } else {
            replay(follow, news);
        }
    }

    private void onUnfollow(Unfollow unfollow) {
        followers.computeIfPresent(unfollow.job(), (job, all) -> {
            if (all.remove(unfollow.follower())) {
                getContext().unwatch(unfollow.follower());
            }
            return all.isEmpty() ? null : all;
        });
    }

    private void onGetProgress(GetProgress get) {
        JobNews news = running.get(get.job());
        get.replyTo().tell(new LatestProgress(news == null ? Optional.empty() : news.progress()));
    }

    private void onLooked(Looked looked) {
        Follow follow = looked.follow();
        JobNews news = running.getOrDefault(follow.job(), ended.get(follow.job()));
        if (news != null) {
            replay(follow, news); // It has been heard of while the ledger was asked.
            return;
        }
        switch (looked.reply()) {
            case JobLedger.ReadReply.Found<Optional<Job>>(Optional<Job> found) -> {
                if (found.isPresent()) {
                    follow.follower().tell(new News.State(idOf(last), found.get()));
                    if (!found.get().state().isTerminal()) {
                        add(follow);
                    }
                } else {
                    follow.follower().tell(new News.Unknown(idOf(last), "there is no such job"));
                }
            }
            case JobLedger.ReadReply.Unavailable<Optional<Job>>(String reason, var retryAfter) ->
                follow.follower().tell(new News.Unknown(idOf(last), reason));
        }
    }

    private void find(JobId job, Function<JobLedger.ReadReply<Optional<Job>>, Command> wrap) {
        CompletionStage<JobLedger.ReadReply<Optional<Job>>> found = AskPattern.ask(
                ledger,
                replyTo -> new JobLedger.Find(job, replyTo),
                LOOK_UP_LIMIT,
                getContext().getSystem().scheduler());
        getContext()
                .pipeToSelf(
                        found,
                        (reply, failure) -> wrap.apply(
                                failure == null
                                        ? reply
                                        : new JobLedger.ReadReply.Unavailable<>(
                                                "the ledger did not answer in time", LOOK_UP_LIMIT)));
    }

    private void replay(Follow follow, JobNews news) {
        List<News> missed = follow.lastEventId()
                .flatMap(this::numberOf)
                .flatMap(news::after)
                .orElseGet(news::present);
        // Whoever comes back after the end has to hear of it again, or would wait for ever.
        List<News> told = missed.isEmpty() && news.hasEnded() ? news.present() : missed;
        told.forEach(follow.follower()::tell);
        if (!news.hasEnded()) {
            add(follow);
        }
    }

    private void add(Follow follow) {
        if (followers
                .computeIfAbsent(follow.job(), job -> new LinkedHashSet<>())
                .add(follow.follower())) {
            getContext().watchWith(follow.follower(), new Unfollow(follow.job(), follow.follower()));
        }
    }

    private void tell(JobId job, News news) {
        followers.getOrDefault(job, Set.of()).forEach(follower -> follower.tell(news));
    }

    private String idOf(long number) {
        return epoch + "-" + number;
    }

    /** The number within this epoch; empty for an id of another one. */
    private Optional<Long> numberOf(String eventId) {
        String prefix = epoch + "-";
        if (!eventId.startsWith(prefix)) {
            return Optional.empty();
        }
        String digits = eventId.substring(prefix.length());
        return digits.matches("[0-9]{1,18}") ? Optional.of(Long.valueOf(digits)) : Optional.empty();
    }
}
