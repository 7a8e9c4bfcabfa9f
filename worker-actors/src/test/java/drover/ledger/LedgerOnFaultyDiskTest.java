package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobState;
import drover.ledger.JobLedger.AcceptReply;
import drover.ledger.JobLedger.AppendReply;
import drover.ledger.JobLedger.IdempotencyKey;
import drover.ledger.JobLedger.ReadReply;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerOnFaultyDiskTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    private LedgerSettings settings;
    private ActorRef<JobLedger.Command> ledger;
    private final TestProbe<AcceptReply> accepts = KIT.createTestProbe();
    private final TestProbe<AppendReply> appends = KIT.createTestProbe();
    private final TestProbe<JobLedger.OpenJob> board = KIT.createTestProbe();

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    @BeforeEach
    void open() throws LedgerException {
        FaultyDisk.reset();
        settings = LedgerSettings.at(FaultyDisk.url(folder))
                .withWaits(new LedgerSettings.Waits(
                        Duration.ofMillis(500), Duration.ofMillis(20), Duration.ofMillis(100)));
        reopen();
        ledger.tell(new JobLedger.Attach(board.getRef()));
    }

    private void reopen() throws LedgerException {
        ledger = KIT.spawn(JobLedger.create(LedgerDatabase.open(settings), settings, new SimpleMeterRegistry()));
    }

    private void close() {
        TestProbe<Done> done = KIT.createTestProbe();
        ledger.tell(new JobLedger.Close(done.getRef()));
        done.expectMessage(LONG, Done.getInstance());
    }

    private AcceptReply accept(String id, Optional<IdempotencyKey> key) {
        ledger.tell(new JobLedger.Accept(Jobs.accepted(id), key, accepts.getRef()));
        return accepts.receiveMessage(LONG);
    }

    private LedgerStatistics statistics() {
        TestProbe<LedgerStatistics> probe = KIT.createTestProbe();
        ledger.tell(new JobLedger.GetStatistics(probe.getRef()));
        return probe.receiveMessage(LONG);
    }

    private List<Job> all() {
        TestProbe<ReadReply<List<Job>>> probe = KIT.createTestProbe();
        ledger.tell(new JobLedger.Query(Optional.empty(), Optional.empty(), 1000, probe.getRef()));
        return switch (probe.receiveMessage(LONG)) {
            case ReadReply.Found<List<Job>> found -> found.value();
            case ReadReply.Unavailable<List<Job>> unavailable -> throw new AssertionError(unavailable.reason());
        };
    }

    @Test
    void everyCommitIsForcedToTheDiskBeforeItIsAnswered() {
        for (int i = 0; i < 20; i++) {
            int before = FaultyDisk.FORCED.get();
            assertThat(accept("j" + i, Optional.empty())).isInstanceOf(AcceptReply.Accepted.class);
            assertThat(FaultyDisk.FORCED.get()).isGreaterThan(before);
        }
        close();
    }

    @Test
    void aFullDiskRefusesJobsButKeepsTheEventsOfRunningOnes() throws LedgerException {
        refusesJobsButKeepsTheEventsOfRunningOnes(
                () -> FaultyDisk.failWrites = true, () -> FaultyDisk.failWrites = false);
    }

    @Test
    void aFileThatHasBecomeReadOnlyDoesTheSame() throws LedgerException {
        refusesJobsButKeepsTheEventsOfRunningOnes(() -> FaultyDisk.readOnly = true, () -> FaultyDisk.readOnly = false);
    }

    private void refusesJobsButKeepsTheEventsOfRunningOnes(Runnable trouble, Runnable end) throws LedgerException {
        accept("a", Optional.empty());
        trouble.run();
        assertThat(accept("b", Optional.empty())).isInstanceOf(AcceptReply.Unavailable.class);
        ledger.tell(new JobLedger.Append(Jobs.assigned("a", 1), appends.getRef()));
        ledger.tell(new JobLedger.Append(Jobs.started("a", 1), appends.getRef()));
        ledger.tell(new JobLedger.Append(Jobs.produced("a", 1), appends.getRef()));
        assertThat(statistics().writable()).isFalse();
        assertThat(statistics().pending()).isEqualTo(3);
        appends.expectNoMessage(Duration.ofMillis(300));

        end.run();
        for (JobState state : List.of(JobState.ASSIGNED, JobState.RUNNING, JobState.PRODUCED)) {
            assertThat(appends.expectMessageClass(AppendReply.Recorded.class, LONG)
                            .job()
                            .state())
                    .isEqualTo(state);
        }
        assertThat(accept("c", Optional.empty())).isInstanceOf(AcceptReply.Accepted.class);
        assertThat(statistics().writable()).isTrue();
        close();
        reopen();
        assertThat(all()).map(Job::id).containsExactly(new JobId("c"), new JobId("a"));
        assertThat(all()).map(Job::state).containsExactly(JobState.QUEUED, JobState.PRODUCED);
        close();
    }

    @Test
    void whatWasWrittenButNotForcedIsTakenBackWhenItsCallerWasRefused() throws LedgerException {
        IdempotencyKey key = new IdempotencyKey("order", "hash");
        FaultyDisk.failForce = true;
        assertThat(accept("a", Optional.of(key))).isInstanceOf(AcceptReply.Unavailable.class);
        FaultyDisk.failForce = false;
        accepts.awaitAssert(() -> {
            assertThat(accept("b", Optional.of(key))).isInstanceOf(AcceptReply.Accepted.class);
            return Done.getInstance();
        });
        close();
        reopen();

        assertThat(all()).map(Job::id).containsExactly(new JobId("b"));
        close();
    }

    @Test
    void anEventOfUnknownFateIsNotWrittenTwice() throws LedgerException {
        accept("a", Optional.empty());
        FaultyDisk.failForce = true;
        ledger.tell(new JobLedger.Append(Jobs.assigned("a", 1), appends.getRef()));
        appends.expectNoMessage(Duration.ofMillis(200));
        FaultyDisk.failForce = false;
        appends.expectMessageClass(AppendReply.Recorded.class, LONG);
        ledger.tell(new JobLedger.Append(Jobs.stalled("a", 1), appends.getRef()));
        appends.expectMessageClass(AppendReply.Recorded.class, LONG);
        close();
        reopen();

        assertThat(all().getFirst().attempts()).hasSize(1);
        close();
    }

    @Test
    void aLedgerThatCannotWriteStillCloses() throws LedgerException {
        accept("a", Optional.empty());
        FaultyDisk.failWrites = true;
        ledger.tell(new JobLedger.Append(Jobs.assigned("a", 1), appends.getRef()));
        close();
        FaultyDisk.failWrites = false;
        reopen();

        assertThat(all()).map(Job::state).containsExactly(JobState.QUEUED);
        close();
    }
}
