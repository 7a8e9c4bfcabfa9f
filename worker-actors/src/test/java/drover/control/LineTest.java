package drover.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.board.JobBoard;
import drover.board.SlotId;
import drover.feed.JobFeed;
import drover.inference.JobId;
import drover.job.Job;
import drover.ledger.AuditEntry;
import drover.ledger.AuditLog;
import drover.ledger.HoldLog;
import drover.ledger.IncidentLog;
import drover.ledger.JobLedger;
import drover.ledger.Jobs;
import drover.source.dreamer.HordeSource;
import drover.watchdog.Incident;
import drover.watchdog.Rung;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LineTest {
    private static final JobId ID = new JobId("a");

    private final ActorTestKit kit = ActorTestKit.create(ManualTime.config());
    private final ManualTime time = ManualTime.get(kit.system());
    private final AtomicLong nanos = new AtomicLong();
    private final TestProbe<Dispatch.Command> proxy = kit.createTestProbe();
    private final TestProbe<Line.Connected> connections = kit.createTestProbe();
    private final ActorRef<Object> line =
            kit.spawn(Line.create(proxy.ref(), new LastDispatch(), connections.ref(), nanos::get));
    private final Other first = new Other();

    /** A dispatch of some host. */
    private final class Other {
        private final TestProbe<Dispatch.Command> dispatch = kit.createTestProbe();
        private final TestProbe<JobLedger.Command> ledger = kit.createTestProbe();
        private final TestProbe<IncidentLog.Command> incidents = kit.createTestProbe();
        private final TestProbe<AuditLog.Command> audit = kit.createTestProbe();
        private final TestProbe<HoldLog.Command> holds = kit.createTestProbe();
        private final TestProbe<JobBoard.Command> board = kit.createTestProbe();
        private final TestProbe<JobFeed.Command> feed = kit.createTestProbe();
        private final TestProbe<HordeSource.Command> horde = kit.createTestProbe();

        /** Answers when the line looks for a dispatch. */
        private void answer() {
            time.timePasses(Duration.ofMillis(250));
            Dispatch.GetParts asked = (Dispatch.GetParts) proxy.receiveMessage();
            asked.replyTo()
                    .tell(new Dispatch.Parts(
                            dispatch.ref(),
                            ledger.ref(),
                            incidents.ref(),
                            audit.ref(),
                            holds.ref(),
                            board.ref(),
                            feed.ref(),
                            horde.ref()));
        }
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void whatIsSaidReachesTheDispatch() {
        first.answer();
        JobBoard.SlotGone gone = new JobBoard.SlotGone(new SlotId("gpu0", 1, 0));
        line.tell(gone);
        first.board.expectMessage(gone);
        TestProbe<JobLedger.ReadReply<Optional<Job>>> reader = kit.createTestProbe();
        JobLedger.Find find = new JobLedger.Find(ID, reader.ref());
        line.tell(find);
        first.ledger.expectMessage(find);
    }

    @Test
    void withoutADispatchCallersAreToldAtOnce() {
        TestProbe<JobLedger.AcceptReply> caller = kit.createTestProbe();
        line.tell(new JobLedger.Accept(Jobs.accepted("a"), Optional.empty(), caller.ref()));
        assertThat(caller.expectMessageClass(JobLedger.AcceptReply.Unavailable.class)
                        .retryAfter())
                .isEqualTo(Line.RETRY_AFTER);
        TestProbe<JobLedger.ReadReply<Optional<Job>>> reader = kit.createTestProbe();
        line.tell(new JobLedger.Find(ID, reader.ref()));
        assertThat(reader.receiveMessage()).isInstanceOf(JobLedger.ReadReply.Unavailable.class);
    }

    @Test
    void followersAreToldOnByTheNextDispatch() {
        first.answer();
        TestProbe<JobFeed.News> follower = kit.createTestProbe();
        JobFeed.Follow follow = new JobFeed.Follow(ID, Optional.of("e-7"), follower.ref());
        line.tell(follow);
        first.feed.expectMessage(follow);

        Other second = new Other();
        second.answer();

        connections.expectMessage(new Line.Connected());
        connections.expectMessage(new Line.Connected());
        second.feed.expectMessage(new JobFeed.Follow(ID, Optional.empty(), follower.ref()));
        follower.stop();
        Other third = new Other();
        JobBoard.SlotGone gone = new JobBoard.SlotGone(new SlotId("gpu0", 1, 0));
        third.answer();
        line.tell(gone);
        third.board.expectMessage(gone);
    }

    @Test
    void incidentsWaitForADispatch() {
        Incident incident = new Incident(
                "i",
                Instant.EPOCH,
                "gpu0",
                "0",
                new Incident.Cause.Exited(137),
                Rung.REPLACE_PROCESS,
                Incident.Memory.UNKNOWN,
                new Incident.Stack.NotTaken("it was gone"),
                List.of(),
                List.of());
        line.tell(new IncidentLog.Keep(incident));

        first.answer();

        first.incidents.expectMessage(new IncidentLog.Keep(incident));
    }

    @Test
    void changesWaitForADispatchAndTheOperatorIsTold() {
        AuditEntry entry = new AuditEntry(
                "e", Instant.EPOCH, "ann", Optional.empty(), "node.drain", "gpu0", Optional.empty(), "done");
        TestProbe<AuditLog.Reply> operator = kit.createTestProbe();
        AuditLog.Keep keep = new AuditLog.Keep(entry, operator.ref());
        line.tell(keep);
        operator.expectMessageClass(AuditLog.Reply.NotWritten.class);

        first.answer();

        first.audit.expectMessage(keep);
    }

    @Test
    void aDispatchThatFallsSilentCountsAsAway() {
        first.answer();
        // Only what it has heard can fall silent.
        connections.expectMessage(new Line.Connected());
        nanos.addAndGet(Line.SILENCE.plusMillis(1).toNanos());
        time.timePasses(Duration.ofMillis(250));

        TestProbe<JobLedger.AcceptReply> caller = kit.createTestProbe();
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            line.tell(new JobLedger.Accept(Jobs.accepted("a"), Optional.empty(), caller.ref()));
            caller.expectMessageClass(JobLedger.AcceptReply.Unavailable.class, Duration.ofMillis(200));
        });
    }
}
