package drover.http;

import drover.board.JobBoard;
import drover.client.PreviewView;
import drover.feed.JobFeed;
import drover.feed.JobFeed.Shown;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Preview;
import drover.job.Job;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.typed.javadsl.ActorSource;

/**
 * Shows how pictures come along. As long as somebody looks, the board is told so every two seconds, and has the node make
 * previews; there are none of jobs whose pictures are to be checked before anybody sees them.
 */
final class PreviewRoute {
    private static final Duration RENEW = Duration.ofSeconds(2);

    private final ApiContext context;
    private final Ask ask;

    PreviewRoute(ApiContext context, Ask ask) {
        this.context = context;
        this.ask = ask;
    }

    /** Previews of a job from now on; never ends by itself. */
    Source<PreviewView, NotUsed> follow(JobId job) {
        Source<PreviewView, ?> wishes = Source.tick(Duration.ZERO, RENEW, job).mapConcat(wished -> {
            context.board().tell(new JobBoard.ShowPreviews(wished));
            return List.of();
        });
        return ActorSource.<Shown>actorRef(shown -> false, shown -> Optional.empty(), 1, OverflowStrategy.dropHead())
                .mapMaterializedValue(viewer -> {
                    context.feed().tell(new JobFeed.WatchPreviews(job, viewer));
                    return NotUsed.getInstance();
                })
                // A slow reader sees the newest one.
                .conflate((older, newer) -> newer)
                .map(PreviewRoute::view)
                .merge(wishes);
    }

    private static PreviewView view(Shown shown) {
        Preview preview = shown.preview();
        return new PreviewView(
                shown.attempt().number(),
                preview.position().step(),
                preview.position().of(),
                preview.width(),
                preview.height(),
                "image/jpeg",
                preview.jpeg());
    }

    /** The newest preview as a file; to be asked for again and again by those who cannot follow events. */
    CompletionStage<HttpResponse> latest(Job job) {
        context.board().tell(new JobBoard.ShowPreviews(job.id()));
        return ask.<JobFeed.Command, JobFeed.LatestPreview>of(
                        context.feed(), replyTo -> new JobFeed.GetPreview(job.id(), replyTo))
                .thenApply(latest -> latest.shown()
                        .map(shown -> file(shown.preview()))
                        .orElseThrow(() -> ProblemException.of(Problems.PREVIEW_NOT_FOUND, why(job))));
    }

    private static String why(Job job) {
        return switch (job.request()) {
            case ImageRequest image
            when image.safety().isPresent() -> "its pictures are checked before anybody sees them";
            default -> "job " + job.id() + " is " + Names.of(job.state());
        };
    }

    private static HttpResponse file(Preview preview) {
        return HttpResponse.create()
                .withEntity(HttpEntities.create(
                        ContentTypes.parse("image/jpeg"), Base64.getDecoder().decode(preview.jpeg())))
                .addHeaders(List.of(RawHeader.create("Cache-Control", "no-store")));
    }
}
