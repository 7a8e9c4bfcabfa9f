package drover.board;

import static org.assertj.core.api.Assertions.assertThat;

import drover.delivery.Delivery;
import drover.feed.JobFeed;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.job.AttemptTimings;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.ledger.Hold;
import drover.ledger.HoldLog;
import drover.ledger.JobLedger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How the board carries out its decisions, with a ledger whose answers the test gives. */
class JobBoardTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final SlotId SLOT = new SlotId("gpu0", 1, 0);
    private static final AttemptId FIRST = new AttemptId(new JobId("a"), 1);

    private final ActorTestKit kit = ActorTestKit.create(ManualTime.config());
    private final ManualTime time = ManualTime.get(kit.system());
    private final AtomicReference<Instant> now = new AtomicReference<>(T0);
    private final TestProbe<JobLedger.Command> ledger = kit.createTestProbe();
    private final TestProbe<JobFeed.Command> feed = kit.createTestProbe();
    private final TestProbe<Delivery.Command> delivery = kit.createTestProbe();
    private final TestProbe<HoldLog.Command> holds = kit.createTestProbe();
    private final TestProbe<SlotCommand> keeper = kit.createTestProbe();
    private final ActorRef<JobBoard.Command> board = kit.spawn(JobBoard.create(
            new JobBoard.Links(ledger.ref(), feed.ref(), delivery.ref(), holds.ref()),
            BoardSettings.DEFAULT,
            List.of(),
            () -> Objects.requireNonNull(now.get())));
    private ActorRef<JobLedger.OpenJob> reader;
    private Job job = BoardTest.job("a", "m", T0);

    @BeforeEach
    void theBoardAttaches() {
        reader = ledger.expectMessageClass(JobLedger.Attach.class).board();
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void anAttemptRunsToItsDelivery() {
        start();
        board.tell(new JobBoard.Advanced(SLOT, FIRST, new Position(Phase.LOADING, 1, 2)));
        feed.expectMessage(new JobFeed.Moved(FIRST, new Position(Phase.LOADING, 1, 2)));
        assertThat(appended()).isInstanceOf(JobEvent.Started.class);

        AssetRef asset = new AssetRef("a/1/0.png", "image/png", 3, "0".repeat(64), 1);
        board.tell(new JobBoard.Produced(SLOT, FIRST, List.of(asset), AttemptTimings.NONE, keeper.ref()));
        JobLedger.Append append = ledger.expectMessageClass(JobLedger.Append.class);
        assertThat(append.event()).isEqualTo(new JobEvent.Produced(FIRST, T0, List.of(asset)));
        keeper.expectNoMessage(Duration.ZERO);

        record(append);
        keeper.expectMessage(new SlotCommand.ResultRecorded(SLOT, FIRST));
        Delivery.Deliver deliver = delivery.expectMessageClass(Delivery.Deliver.class);
        assertThat(deliver.job().state()).isEqualTo(JobState.PRODUCED);

        deliver.replyTo().tell(new Delivery.Outcome.Ended(deliver.job()));
        TestProbe<JobBoard.Snapshot> snapshot = kit.createTestProbe();
        board.tell(new JobBoard.GetSnapshot(snapshot.ref()));
        assertThat(snapshot.receiveMessage().undelivered()).isZero();
    }

    @Test
    void aRepeatedReportIsAcknowledgedAgainAndRecordedOnce() {
        start();
        JobBoard.Produced report = new JobBoard.Produced(SLOT, FIRST, List.of(), AttemptTimings.NONE, keeper.ref());
        board.tell(report);
        JobLedger.Append append = ledger.expectMessageClass(JobLedger.Append.class);
        board.tell(report);
        keeper.expectNoMessage(Duration.ZERO);
        record(append);
        keeper.expectMessage(new SlotCommand.ResultRecorded(SLOT, FIRST));

        board.tell(report);

        keeper.expectMessage(new SlotCommand.ResultRecorded(SLOT, FIRST));
        ledger.expectNoMessage(Duration.ZERO);
    }

    @Test
    void aCancelledCallerIsAnsweredOnceItIsOnDisk() {
        start();
        TestProbe<JobBoard.CancelReply> caller = kit.createTestProbe();

        board.tell(new JobBoard.CancelJob(FIRST.job(), caller.ref()));

        keeper.expectMessageClass(SlotCommand.CancelAttempt.class);
        JobLedger.Append append = ledger.expectMessageClass(JobLedger.Append.class);
        caller.expectNoMessage(Duration.ZERO);
        record(append);
        assertThat(caller.expectMessageClass(JobBoard.CancelReply.Cancelled.class)
                        .job()
                        .state())
                .isEqualTo(JobState.CANCELLED);
        board.tell(new JobBoard.CancelJob(FIRST.job(), caller.ref()));
        caller.expectMessage(new JobBoard.CancelReply.NotHere());
    }

    @Test
    void aDeadlineIsKeptByOneTimer() {
        reader.tell(new JobLedger.OpenJob(job));
        feed.expectMessage(new JobFeed.Changed(job));

        now.set(T0.plusSeconds(600));
        time.timePasses(Duration.ofMinutes(10));

        assertThat(appended()).isInstanceOf(JobEvent.Expired.class);
    }

    @Test
    void anOperatorWithdrawsAndReleasesAModel() {
        TestProbe<JobBoard.ModelReply> operator = kit.createTestProbe();
        board.tell(new JobBoard.WithdrawModel("m", "looks odd", operator.ref()));
        assertThat(operator.expectMessageClass(JobBoard.ModelReply.Done.class).withdrawn())
                .containsExactly(new WithdrawnModel("m", "looks odd", T0, Optional.empty()));
        holds.expectMessage(new HoldLog.Put(new Hold(Hold.Kind.MODEL, "m", "looks odd", T0)));
        reader.tell(new JobLedger.OpenJob(job));
        feed.expectMessage(new JobFeed.Changed(job));
        board.tell(new JobBoard.SlotIdle(SLOT, Set.of("m"), Set.of(), keeper.ref()));
        ledger.expectNoMessage(Duration.ZERO);

        board.tell(new JobBoard.ReleaseModel("m", operator.ref()));
        holds.expectMessage(new HoldLog.Lift(Hold.Kind.MODEL, "m"));

        assertThat(operator.expectMessageClass(JobBoard.ModelReply.Done.class).withdrawn())
                .isEmpty();
        keeper.expectMessageClass(SlotCommand.Offer.class);
        assertThat(appended()).isInstanceOf(JobEvent.Assigned.class);
        board.tell(new JobBoard.ReleaseModel("m", operator.ref()));
        operator.expectMessage(new JobBoard.ModelReply.NotWithdrawn("m", List.of()));
    }

    @Test
    void aModelThatIsOutStaysOutWithTheNextBoard() {
        ActorRef<JobBoard.Command> next = kit.spawn(JobBoard.create(
                new JobBoard.Links(ledger.ref(), feed.ref(), delivery.ref(), holds.ref()),
                BoardSettings.DEFAULT,
                List.of(
                        new Hold(Hold.Kind.MODEL, "m", "looks odd", T0.minusSeconds(60)),
                        new Hold(Hold.Kind.NODE, "gpu7", "new fans", T0)),
                () -> T0));
        TestProbe<JobBoard.Snapshot> asker = kit.createTestProbe();
        next.tell(new JobBoard.GetSnapshot(asker.ref()));
        assertThat(asker.receiveMessage().withdrawn())
                .containsExactly(new WithdrawnModel("m", "looks odd", T0.minusSeconds(60), Optional.empty()));
        holds.expectNoMessage(Duration.ZERO);
    }

    private void start() {
        reader.tell(new JobLedger.OpenJob(job));
        feed.expectMessage(new JobFeed.Changed(job));
        board.tell(new JobBoard.SlotIdle(SLOT, Set.of("m"), Set.of(), keeper.ref()));
        keeper.expectMessage(new SlotCommand.Offer(SLOT, FIRST, job.request(), job.deadline(), List.of()));
        assertThat(appended()).isEqualTo(new JobEvent.Assigned(FIRST, T0, "gpu0"));
    }

    private JobEvent appended() {
        JobLedger.Append append = ledger.expectMessageClass(JobLedger.Append.class);
        record(append);
        return append.event();
    }

    /** What the ledger answers once the event is on disk. */
    private void record(JobLedger.Append append) {
        job = job.apply(append.event());
        append.replyTo().tell(new JobLedger.AppendReply.Recorded(job));
        feed.expectMessage(new JobFeed.Changed(job));
    }
}
