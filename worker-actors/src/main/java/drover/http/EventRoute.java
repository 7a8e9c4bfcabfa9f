package drover.http;

import drover.client.PreviewView;
import drover.feed.JobFeed;
import drover.feed.JobFeed.News;
import drover.inference.JobId;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.typed.javadsl.ActorSource;
import org.apache.pekko.util.ByteString;

/** Tells by server-sent events what happens to a job, until its end. */
final class EventRoute extends AllDirectives {
    // The stage behind it takes everything at once, so this only bridges the moment between two of its turns.
    private static final int HAND_OVER = 1_024;
    // A comment; Pekko's own heartbeat is an event without data, which some clients report.
    private static final ByteString KEEP_ALIVE = ByteString.fromString(": keep-alive\n\n");

    private final ActorRef<JobFeed.Command> feed;
    private final HttpSettings settings;
    private final PreviewRoute previews;

    EventRoute(ActorRef<JobFeed.Command> feed, HttpSettings settings, PreviewRoute previews) {
        this.feed = feed;
        this.settings = settings;
        this.previews = previews;
    }

    /**
     * The events of a job.
     *
     * @param shown whether previews are among them
     */
    Route route(JobId id, HttpRequest request, boolean shown) {
        Optional<String> lastEventId = request.getHeader("Last-Event-ID").map(HttpHeader::value);
        return complete(HttpResponse.create()
                .withEntity(HttpEntities.createChunked(
                        MediaTypes.TEXT_EVENT_STREAM.toContentType(), events(id, lastEventId, shown)))
                .addHeaders(List.of(
                        RawHeader.create("Cache-Control", "no-store"), RawHeader.create("X-Accel-Buffering", "no"))));
    }

    private Source<ByteString, NotUsed> events(JobId id, Optional<String> lastEventId, boolean shown) {
        int capacity = settings.eventBuffer();
        Source<ByteString, NotUsed> told = ActorSource.<News>actorRef(
                        news -> false, news -> Optional.empty(), HAND_OVER, OverflowStrategy.dropHead())
                .mapMaterializedValue(follower -> {
                    feed.tell(new JobFeed.Follow(id, lastEventId, follower));
                    return NotUsed.getInstance();
                })
                .conflateWithSeed(news -> EventBuffer.of(news, capacity), EventBuffer::add)
                .mapConcat(EventBuffer::content)
                .takeWhile(news -> !isLast(news), true)
                .filterNot(news -> news instanceof News.Unknown)
                .map(EventRoute::event);
        return (shown ? told.merge(previews.follow(id).map(EventRoute::event), true) : told)
                .keepAlive(settings.keepAlive(), () -> KEEP_ALIVE);
    }

    private static boolean isLast(News news) {
        return switch (news) {
            case News.State state -> state.job().state().isTerminal();
            case News.Progress progress -> false;
            case News.Unknown unknown -> true;
        };
    }

    private static ByteString event(News news) {
        return switch (news) {
            case News.State(String id, var job) -> event("state", id, JobViews.of(job, Optional.empty()));
            case News.Progress(String id, var attempt, var position) ->
                event("progress", id, JobViews.progress(attempt.number(), position));
            case News.Unknown unknown -> throw new IllegalArgumentException("not an event: " + unknown);
        };
    }

    /** Without an id: nobody can come back to it. */
    private static ByteString event(PreviewView preview) {
        return ByteString.fromString("event:preview\ndata:" + Answers.text(preview) + "\n\n");
    }

    /** JSON has no line breaks of its own, so one data line is enough. */
    private static ByteString event(String type, String id, Object data) {
        return ByteString.fromString("id:" + id + "\nevent:" + type + "\ndata:" + Answers.text(data) + "\n\n");
    }
}
