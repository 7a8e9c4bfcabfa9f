package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.job.JobEvent;
import drover.watchdog.Incident;
import drover.watchdog.Rung;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabase.class)
@ExtendWith(Postgres.Shared.class)
class IncidentLogTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final AttemptId LOST = new AttemptId(new JobId("a"), 1);

    private final TestDatabase kind;

    @TempDir
    Path folder;

    private LedgerSettings settings;

    IncidentLogTest(TestDatabase kind) {
        this.kind = kind;
    }

    @BeforeEach
    void choose(Postgres server) {
        settings = kind.fresh(folder, server);
    }

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    @Test
    void incidentsOutliveTheProcessNewestFirstAndInTheirLastVersion() throws LedgerException {
        Incident first = incident("1", Instant.parse("2026-01-01T00:00:00.123456Z"));
        Incident second = incident("2", Instant.parse("2026-01-01T00:00:01Z"));
        Incident followedUp = first.with(new Incident.FollowUp(LOST, LOST.next(), "gpu1"));
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<IncidentLog.Command> log = KIT.spawn(IncidentLog.create(database));
            log.tell(new IncidentLog.Keep(first));
            log.tell(new IncidentLog.Keep(second));
            log.tell(new IncidentLog.Keep(followedUp));
            assertThat(newest(log, 10)).containsExactly(second, followedUp);
            await().untilAsserted(() -> assertThat(database.incidents(10)).containsExactly(second, followedUp));
        }
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<IncidentLog.Command> log = KIT.spawn(IncidentLog.create(database));
            assertThat(newest(log, 10)).containsExactly(second, followedUp);
            assertThat(newest(log, 1)).containsExactly(second);
        }
    }

    @Test
    void whatWasRunAgainBecomesPartOfTheIncidentWhicheverComesFirst() throws LedgerException {
        AttemptId other = new AttemptId(new JobId("b"), 1);
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<IncidentLog.Command> log = KIT.spawn(IncidentLog.create(database));
            Instant at = Instant.parse("2026-01-01T00:00:00Z");
            // The subscription to the event stream takes a moment; a repeated assignment changes nothing.
            await().untilAsserted(() -> {
                assigned(other.next(), "gpu1");
                log.tell(new IncidentLog.Keep(incident("before", at, other)));
                assertThat(newest(log, 10).getFirst().followUps())
                        .containsExactly(new Incident.FollowUp(other, other.next(), "gpu1"));
            });
            log.tell(new IncidentLog.Keep(incident("after", at.plusSeconds(1), LOST)));
            assigned(LOST.next(), "gpu2");
            await().untilAsserted(() -> assertThat(newest(log, 10).getFirst().followUps())
                    .containsExactly(new Incident.FollowUp(LOST, LOST.next(), "gpu2")));
        }
    }

    private static void assigned(AttemptId attempt, String node) {
        KIT.system().eventStream().tell(new EventStream.Publish<>(new JobEvent.Assigned(attempt, Instant.EPOCH, node)));
    }

    private static List<Incident> newest(ActorRef<IncidentLog.Command> log, int limit) {
        TestProbe<JobLedger.ReadReply<List<Incident>>> reader = KIT.createTestProbe();
        log.tell(new IncidentLog.Newest(limit, reader.ref()));
        return switch (reader.receiveMessage()) {
            case JobLedger.ReadReply.Found<List<Incident>>(List<Incident> found) -> found;
            case JobLedger.ReadReply.Unavailable<List<Incident>> unavailable ->
                throw new AssertionError(unavailable.reason());
        };
    }

    private static Incident incident(String id, Instant at) {
        return incident(id, at, LOST);
    }

    private static Incident incident(String id, Instant at, AttemptId lost) {
        return new Incident(
                id,
                at,
                "gpu0",
                "0",
                new Incident.Cause.Exited(137),
                Rung.REPLACE_PROCESS,
                new Incident.Memory(OptionalLong.of(5), OptionalLong.empty(), OptionalLong.empty()),
                new Incident.Stack.NotTaken("the process had ended"),
                List.of(lost),
                List.of());
    }
}
