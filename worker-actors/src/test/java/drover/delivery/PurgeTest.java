package drover.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.board.BoardSettings;
import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.board.SlotId;
import drover.feed.FeedSettings;
import drover.feed.JobFeed;
import drover.inference.Artifact;
import drover.inference.AssetRef;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Sampler;
import drover.job.AttemptEnd;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.job.Priority;
import drover.ledger.JobLedger;
import drover.ledger.LedgerDatabase;
import drover.ledger.LedgerSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The defect "purge": a recovery that threw away finished results which only waited for delivery. Here they outlive the
 * loss of their node, a store that cannot be read, and a restart of the whole control side.
 */
class PurgeTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final SlotId SLOT = new SlotId("gpu0", 1, 0);
    private static final JobId JOB = new JobId("a");
    private static final byte[] PICTURE = {1, 2, 3};

    @TempDir
    private Path folder;

    private final TestProbe<SlotCommand> keeper = KIT.createTestProbe();

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    /** One life of the control side. */
    private record Control(ActorRef<JobLedger.Command> ledger, ActorRef<JobBoard.Command> board) {}

    private Control start(DirectoryAssetStore store) throws Exception {
        InstantSource clock = Instant::now;
        LedgerSettings settings = LedgerSettings.h2In(folder);
        ActorRef<JobLedger.Command> ledger =
                KIT.spawn(JobLedger.create(LedgerDatabase.open(settings), settings, new SimpleMeterRegistry()));
        ActorRef<JobFeed.Command> feed = KIT.spawn(JobFeed.create(FeedSettings.DEFAULTS, "e", ledger));
        ActorRef<Delivery.Command> delivery = KIT.spawn(Delivery.create(store, ledger, feed, clock));
        return new Control(
                ledger,
                KIT.spawn(JobBoard.create(
                        new JobBoard.Links(ledger, feed, delivery, KIT.system().ignoreRef()),
                        BoardSettings.DEFAULT,
                        List.of(),
                        clock)));
    }

    private static void stop(Control control) {
        TestProbe<Done> closed = KIT.createTestProbe();
        control.ledger().tell(new JobLedger.Close(closed.getRef()));
        closed.expectMessage(LONG, Done.getInstance());
        KIT.stop(control.board());
    }

    private static Job find(Control control) {
        TestProbe<JobLedger.ReadReply<Optional<Job>>> probe = KIT.createTestProbe();
        control.ledger().tell(new JobLedger.Find(JOB, probe.getRef()));
        return switch (probe.receiveMessage(LONG)) {
            case JobLedger.ReadReply.Found<Optional<Job>> found -> found.value().orElseThrow();
            case JobLedger.ReadReply.Unavailable<Optional<Job>> unavailable ->
                throw new AssertionError(unavailable.reason());
        };
    }

    private SlotCommand.Offer accept(Control control) {
        ImageRequest request =
                new ImageRequest("emoji", "x", "", 32, 32, 10, Sampler.EULER, 7.5, 42, 1, 1, Optional.empty());
        Instant now = Instant.now();
        control.ledger()
                .tell(new JobLedger.Accept(
                        new JobEvent.Accepted(JOB, now, request, Priority.NORMAL, now.plusSeconds(600)),
                        Optional.empty(),
                        KIT.<JobLedger.AcceptReply>createTestProbe().getRef()));
        control.board().tell(new JobBoard.SlotIdle(SLOT, Set.of("emoji"), Set.of(), keeper.getRef()));
        return keeper.expectMessageClass(SlotCommand.Offer.class, LONG);
    }

    @Test
    void finishedResultsThatWaitForDeliverySurviveEveryRecovery() throws Exception {
        Path assets = folder.resolve("assets");
        Path away = folder.resolve("not-mounted");
        DirectoryAssetStore store = DirectoryAssetStore.open(assets);
        Control first = start(store);
        SlotCommand.Offer offer = accept(first);
        AssetRef ref = store.put(offer.attempt(), 0, new Artifact("image/png", PICTURE, 42));
        Files.move(assets, away);
        first.board()
                .tell(new JobBoard.Produced(SLOT, offer.attempt(), List.of(ref), AttemptTimings.NONE, keeper.getRef()));
        keeper.expectMessage(LONG, new SlotCommand.ResultRecorded(SLOT, offer.attempt()));

        first.board()
                .tell(new JobBoard.AttemptEnded(
                        SLOT,
                        offer.attempt(),
                        AttemptEnd.unmeasured(AttemptOutcome.NODE_LOST, "drover:node.lost", "its process was killed"),
                        keeper.getRef()));
        first.board().tell(new JobBoard.SlotGone(SLOT));
        keeper.expectMessage(LONG, new SlotCommand.ResultRecorded(SLOT, offer.attempt()));
        assertThat(find(first).state()).isEqualTo(JobState.PRODUCED);

        stop(first);
        Control second = start(store);
        assertThat(find(second).state()).isEqualTo(JobState.PRODUCED);
        assertThat(find(second).assets()).containsExactly(ref);

        stop(second);
        Files.move(away, assets);
        Control third = start(store);
        await().atMost(LONG).until(() -> find(third).state() == JobState.DELIVERED);
        assertThat(find(third).attempts()).hasSize(1);
        try (InputStream bytes = store.open(ref)) {
            assertThat(bytes.readAllBytes()).isEqualTo(PICTURE);
        }
        stop(third);
    }
}
