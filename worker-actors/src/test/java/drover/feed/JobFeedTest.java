package drover.feed;

import static org.assertj.core.api.Assertions.assertThat;

import drover.feed.JobFeed.News;
import drover.inference.AttemptId;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.Preview;
import drover.inference.Sampler;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.Priority;
import drover.ledger.JobLedger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JobFeedTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final JobId ID = new JobId("a");
    private static final AttemptId FIRST = new AttemptId(ID, 1);

    private final ActorTestKit kit = ActorTestKit.create();
    private final TestProbe<JobLedger.Command> ledger = kit.createTestProbe();
    private final ActorRef<JobFeed.Command> feed = kit.spawn(JobFeed.create(new FeedSettings(8, 2), "e", ledger.ref()));
    private final TestProbe<News> follower = kit.createTestProbe();

    private final Job queued = Job.of(new JobEvent.Accepted(
            ID,
            T0,
            new ImageRequest("m", "p", "", 64, 64, 20, Sampler.DDIM, 5, 1, 1, 1, Optional.empty()),
            Priority.NORMAL,
            T0.plusSeconds(60)));
    private final Job assigned = queued.apply(new JobEvent.Assigned(FIRST, T0, "gpu0"));
    private final Job produced = assigned.apply(new JobEvent.Produced(FIRST, T0, List.of()));
    private final Job delivered = produced.apply(new JobEvent.Delivered(ID, T0));

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void aFollowerHearsThePresentAndThenEverythingUntilTheEnd() {
        feed.tell(new JobFeed.Changed(queued));
        feed.tell(new JobFeed.Changed(assigned));
        feed.tell(new JobFeed.Moved(FIRST, at(3)));

        follow(Optional.empty());
        feed.tell(new JobFeed.Moved(FIRST, at(4)));
        feed.tell(new JobFeed.Changed(produced));
        feed.tell(new JobFeed.Changed(delivered));

        follower.expectMessage(new News.State("e-2", assigned));
        follower.expectMessage(new News.Progress("e-3", FIRST, at(3)));
        follower.expectMessage(new News.Progress("e-4", FIRST, at(4)));
        follower.expectMessage(new News.State("e-5", produced));
        follower.expectMessage(new News.State("e-6", delivered));
    }

    @Test
    void onlyAnAdvanceIsNews() {
        feed.tell(new JobFeed.Changed(assigned));
        follow(Optional.empty());
        follower.expectMessage(new News.State("e-1", assigned));

        for (int step : new int[] {3, 2, 3, 1, 4}) {
            feed.tell(new JobFeed.Moved(FIRST, at(step)));
        }

        follower.expectMessage(new News.Progress("e-2", FIRST, at(3)));
        follower.expectMessage(new News.Progress("e-3", FIRST, at(4)));
    }

    @Test
    void whoComesBackGetsWhatItMissed() {
        feed.tell(new JobFeed.Changed(assigned));
        IntStream.rangeClosed(1, 3).forEach(step -> feed.tell(new JobFeed.Moved(FIRST, at(step))));

        follow(Optional.of("e-2"));

        follower.expectMessage(new News.Progress("e-3", FIRST, at(2)));
        follower.expectMessage(new News.Progress("e-4", FIRST, at(3)));
        follower.expectNoMessage(Duration.ZERO);
    }

    @Test
    void whatIsForgottenOrOfAnotherLifeIsReplacedByThePresent() {
        feed.tell(new JobFeed.Changed(assigned));
        IntStream.rangeClosed(1, 12).forEach(step -> feed.tell(new JobFeed.Moved(FIRST, at(step))));

        for (String id : List.of("e-1", "other-11", "e-", "e-99999999999999999999", "nonsense")) {
            follow(Optional.of(id));
            follower.expectMessage(new News.State("e-1", assigned));
            follower.expectMessage(new News.Progress("e-13", FIRST, at(12)));
        }
    }

    @Test
    void whoComesBackAfterTheEndHearsOfItAgain() {
        feed.tell(new JobFeed.Changed(delivered));

        follow(Optional.of("e-1"));

        follower.expectMessage(new News.State("e-1", delivered));
    }

    @Test
    void aJobThatIsNotRememberedIsLookedUpInTheLedger() {
        follow(Optional.empty());

        JobLedger.Find find = ledger.expectMessageClass(JobLedger.Find.class);
        assertThat(find.job()).isEqualTo(ID);
        find.replyTo().tell(new JobLedger.ReadReply.Found<>(Optional.of(delivered)));
        follower.expectMessage(new News.State("e-0", delivered));

        follow(Optional.empty());
        ledger.expectMessageClass(JobLedger.Find.class)
                .replyTo()
                .tell(new JobLedger.ReadReply.Found<>(Optional.empty()));
        follower.expectMessageClass(News.Unknown.class);
    }

    @Test
    void endedJobsAreRememberedOnlySoFar() {
        feed.tell(new JobFeed.Changed(delivered));
        follow(Optional.empty());
        follower.expectMessage(new News.State("e-1", delivered));
        ledger.expectNoMessage(Duration.ZERO);

        forgetTheEnds();
        follow(Optional.empty());
        ledger.expectMessageClass(JobLedger.Find.class);
    }

    @Test
    void aWordThatComesAfterAForgottenEndBringsNothingBackToLife() {
        feed.tell(new JobFeed.Changed(delivered));
        forgetTheEnds();

        feed.tell(new JobFeed.Changed(produced)); // Overtaken on its way.
        ledger.expectMessageClass(JobLedger.Find.class)
                .replyTo()
                .tell(new JobLedger.ReadReply.Found<>(Optional.of(delivered)));

        follower.awaitAssert(() -> {
            follow(Optional.empty());
            follower.expectMessage(new News.State("e-5", delivered));
            return null;
        });
    }

    @Test
    void aJobUnderWayThatTheFeedHearsOfForTheFirstTimeIsFollowedToItsEnd() {
        feed.tell(new JobFeed.Changed(assigned));
        ledger.expectMessageClass(JobLedger.Find.class)
                .replyTo()
                .tell(new JobLedger.ReadReply.Found<>(Optional.of(assigned)));
        follow(Optional.empty());
        follower.expectMessage(new News.State("e-1", assigned));

        feed.tell(new JobFeed.Changed(produced));
        follower.expectMessage(new News.State("e-2", produced));
    }

    @Test
    void progressIsKnownWhileAnAttemptRuns() {
        TestProbe<JobFeed.LatestProgress> asker = kit.createTestProbe();
        feed.tell(new JobFeed.Changed(assigned));
        feed.tell(new JobFeed.Moved(FIRST, at(3)));
        feed.tell(new JobFeed.GetProgress(ID, asker.ref()));
        asker.expectMessage(new JobFeed.LatestProgress(Optional.of(new News.Progress("e-2", FIRST, at(3)))));

        feed.tell(new JobFeed.Changed(produced));
        feed.tell(new JobFeed.GetProgress(ID, asker.ref()));
        asker.expectMessage(new JobFeed.LatestProgress(Optional.empty()));
    }

    private static JobFeed.Previewed previewed(AttemptId attempt, int step) {
        return new JobFeed.Previewed(attempt, new Preview("jpeg", 8, 8, at(step)));
    }

    private static JobFeed.Shown shown(int step) {
        return new JobFeed.Shown(FIRST, previewed(FIRST, step).preview());
    }

    private Optional<JobFeed.Shown> latest() {
        TestProbe<JobFeed.LatestPreview> asker = kit.createTestProbe();
        feed.tell(new JobFeed.GetPreview(ID, asker.ref()));
        return asker.receiveMessage().shown();
    }

    @Test
    void whoWatchesSeesPreviewsOfTheAttemptThatIsOutAndNobodyElseIsTold() {
        TestProbe<JobFeed.Shown> viewer = kit.createTestProbe();
        feed.tell(new JobFeed.Changed(assigned));
        follow(Optional.empty());
        feed.tell(previewed(FIRST, 3));
        feed.tell(new JobFeed.WatchPreviews(ID, viewer.ref()));
        feed.tell(new JobFeed.WatchPreviews(ID, viewer.ref()));
        viewer.expectMessage(shown(3));

        feed.tell(previewed(new AttemptId(ID, 2), 4));
        feed.tell(previewed(new AttemptId(new JobId("unknown"), 1), 4));
        feed.tell(previewed(FIRST, 5));
        viewer.expectMessage(shown(5));
        assertThat(latest()).contains(shown(5));

        feed.tell(new JobFeed.Changed(produced));
        feed.tell(previewed(FIRST, 6)); // Overtaken on its way.
        assertThat(latest()).isEmpty();
        viewer.expectNoMessage(Duration.ZERO);
        follower.expectMessage(new News.State("e-1", assigned));
        follower.expectMessage(new News.State("e-2", produced));
    }

    /** As many other jobs end as the feed remembers. */
    private void forgetTheEnds() {
        for (String other : List.of("b", "c")) {
            JobId id = new JobId(other);
            Job job = Job.of(new JobEvent.Accepted(id, T0, queued.request(), Priority.NORMAL, T0.plusSeconds(60)));
            feed.tell(new JobFeed.Changed(job.apply(new JobEvent.Cancelled(id, T0))));
        }
    }

    private void follow(Optional<String> lastEventId) {
        feed.tell(new JobFeed.Follow(ID, lastEventId, follower.ref()));
    }

    private static Position at(int step) {
        return new Position(Phase.DENOISING, step, 20);
    }
}
