package drover.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.feed.JobFeed;
import drover.inference.Artifact;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Sampler;
import drover.job.Fault;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.Priority;
import drover.ledger.JobLedger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeliveryTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("a"), 1);

    @TempDir
    Path folder;

    private final ActorTestKit kit = ActorTestKit.create(ManualTime.config());
    private final ManualTime time = ManualTime.get(kit.system());
    private final TestProbe<JobLedger.Command> ledger = kit.createTestProbe();
    private final TestProbe<JobFeed.Command> feed = kit.createTestProbe();
    private final TestProbe<Delivery.Outcome> board = kit.createTestProbe();
    private ActorRef<Delivery.Command> delivery;
    private Job produced;

    @BeforeEach
    void start() throws IOException {
        DirectoryAssetStore store = DirectoryAssetStore.open(folder);
        AssetRef asset = store.put(ATTEMPT, 0, new Artifact("image/png", new byte[] {1, 2, 3}, 1));
        delivery = kit.spawn(Delivery.create(store, ledger.ref(), feed.ref(), () -> T0));
        produced = Job.of(new JobEvent.Accepted(
                        ATTEMPT.job(),
                        T0,
                        new ImageRequest("m", "p", "", 64, 64, 20, Sampler.DDIM, 5, 1, 1, 1, Optional.empty()),
                        Priority.NORMAL,
                        T0.plusSeconds(60)))
                .apply(new JobEvent.Assigned(ATTEMPT, T0, "gpu0"))
                .apply(new JobEvent.Produced(ATTEMPT, T0, List.of(asset)));
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void aJobIsDeliveredWhenItsLastWordIsOnDisk() {
        delivery.tell(new Delivery.Deliver(produced, board.ref()));

        JobLedger.Append append = ledger.expectMessageClass(JobLedger.Append.class);
        assertThat(append.event()).isEqualTo(new JobEvent.Delivered(ATTEMPT.job(), T0));
        Job delivered = produced.apply(append.event());
        append.replyTo().tell(new JobLedger.AppendReply.Recorded(delivered));
        board.expectMessage(new Delivery.Outcome.Ended(delivered));
        feed.expectMessage(new JobFeed.Changed(delivered));
    }

    @Test
    void aRepeatedOrderIsCarriedOutOnce() {
        delivery.tell(new Delivery.Deliver(produced, board.ref()));
        JobLedger.Append append = ledger.expectMessageClass(JobLedger.Append.class);
        delivery.tell(new Delivery.Deliver(produced, board.ref()));
        Job delivered = produced.apply(append.event());
        append.replyTo().tell(new JobLedger.AppendReply.Recorded(delivered));

        board.expectMessage(new Delivery.Outcome.Ended(delivered));
        ledger.expectNoMessage();
    }

    private Job ofASource() {
        Job job = produced;
        return new Job(
                job.id(),
                job.request(),
                job.priority(),
                job.state(),
                job.accepted(),
                job.deadline(),
                job.changed(),
                job.attempts(),
                job.assets(),
                job.fault(),
                job.tenant(),
                Optional.of("worker"));
    }

    @Test
    void aJobOfASourceIsDeliveredWhenItsOrderIsAnswered() {
        TestProbe<Delivery.HandOver> source = kit.createTestProbe();
        Job job = ofASource();
        delivery.tell(new Delivery.Deliver(job, board.ref()));
        delivery.tell(new Delivery.Register(source.ref()));
        source.expectMessage(new Delivery.HandOver(job));
        ledger.expectNoMessage();
        time.timePasses(Duration.ofSeconds(5));
        source.expectMessage(new Delivery.HandOver(job));

        delivery.tell(new Delivery.HandedOver(job.id(), Optional.empty()));
        delivery.tell(new Delivery.HandedOver(job.id(), Optional.empty()));

        JobLedger.Append append = ledger.expectMessageClass(JobLedger.Append.class);
        assertThat(append.event()).isEqualTo(new JobEvent.Delivered(job.id(), T0));
        append.replyTo().tell(new JobLedger.AppendReply.Recorded(job.apply(append.event())));
        board.expectMessage(new Delivery.Outcome.Ended(job.apply(append.event())));
        ledger.expectNoMessage();
        time.timePasses(Duration.ofSeconds(5));
        source.expectNoMessage();
    }

    @Test
    void aJobOfASourceOfWhichNothingArrivedIsFaulted() {
        TestProbe<Delivery.HandOver> source = kit.createTestProbe();
        Job job = ofASource();
        delivery.tell(new Delivery.Register(source.ref()));
        delivery.tell(new Delivery.Deliver(job, board.ref()));
        source.expectMessage(new Delivery.HandOver(job));

        Fault fault = new Fault("drover:horde.faulted", "no upload succeeded");
        delivery.tell(new Delivery.HandedOver(job.id(), Optional.of(fault)));

        assertThat(ledger.expectMessageClass(JobLedger.Append.class).event())
                .isEqualTo(new JobEvent.Faulted(job.id(), T0, fault));
    }

    @Test
    void aResultThatIsGoneIsReportedAndNothingIsRecorded() throws IOException {
        Files.delete(folder.resolve(produced.assets().getFirst().key()));

        delivery.tell(new Delivery.Deliver(produced, board.ref()));

        assertThat(board.expectMessageClass(Delivery.Outcome.ResultLost.class).reason())
                .contains("a/1/0.png");
        ledger.expectNoMessage();
    }

    @Test
    void aStoreThatCannotBeReadIsAskedAgain() throws IOException {
        Path away = folder.resolveSibling(folder.getFileName() + "-unmounted");
        Files.move(folder, away);
        delivery.tell(new Delivery.Deliver(produced, board.ref()));
        board.expectNoMessage(Duration.ofMillis(100));

        Files.move(away, folder);
        // The first look runs on a thread of its own; time is moved until its failure has set the timer.
        await().untilAsserted(() -> {
            time.timePasses(Duration.ofSeconds(5));
            ledger.expectMessageClass(JobLedger.Append.class, Duration.ofMillis(20));
        });
    }

    @Test
    void aJobThatCameToAnotherEndIsLeftAlone() {
        delivery.tell(new Delivery.Deliver(produced, board.ref()));
        JobLedger.Append append = ledger.expectMessageClass(JobLedger.Append.class);

        append.replyTo().tell(new JobLedger.AppendReply.Refused(append.event(), "it is FAULTED"));

        board.expectMessage(new Delivery.Outcome.Overtaken(ATTEMPT.job(), "it is FAULTED"));
    }
}
