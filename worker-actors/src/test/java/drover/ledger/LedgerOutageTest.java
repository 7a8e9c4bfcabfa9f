package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobState;
import drover.ledger.JobLedger.AcceptReply;
import drover.ledger.JobLedger.AppendReply;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL server goes away under a ledger, and comes back. */
class LedgerOutageTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final LedgerSettings.Waits SHORT =
            new LedgerSettings.Waits(Duration.ofSeconds(2), Duration.ofMillis(20), Duration.ofMillis(200));

    @TempDir
    static Path folder;

    private static Postgres server;

    private LedgerSettings settings;
    private ActorRef<JobLedger.Command> ledger;
    private final TestProbe<AcceptReply> accepts = KIT.createTestProbe();
    private final TestProbe<AppendReply> appends = KIT.createTestProbe();

    @BeforeAll
    static void start() {
        server = Postgres.in(folder);
    }

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
        server.close();
    }

    @BeforeEach
    void open() throws LedgerException {
        settings = server.fresh().withWaits(SHORT);
        ledger = KIT.spawn(JobLedger.create(LedgerDatabase.open(settings), settings, new SimpleMeterRegistry()));
    }

    @AfterEach
    void close() {
        if (ledger != null) {
            KIT.stop(ledger, LONG);
        }
    }

    private void accept(String id) {
        ledger.tell(new JobLedger.Accept(Jobs.accepted(id), Optional.empty(), accepts.getRef()));
    }

    private void accepted(String id) {
        accept(id);
        accepts.expectMessageClass(AcceptReply.Accepted.class, LONG);
    }

    /** What can be read; a reader may find that its connection was cut, and is told to come back. */
    private List<Job> all() {
        TestProbe<ReadReply<List<Job>>> probe = KIT.createTestProbe();
        return probe.awaitAssert(LONG, () -> {
            ledger.tell(new JobLedger.Query(Optional.empty(), Optional.empty(), 1000, probe.getRef()));
            return switch (probe.receiveMessage(LONG)) {
                case ReadReply.Found<List<Job>> found -> found.value();
                case ReadReply.Unavailable<List<Job>> unavailable -> throw new AssertionError(unavailable.reason());
            };
        });
    }

    @Test
    void runningJobsGoOnWithoutTheServerAndNothingIsLostOrDoubled() {
        accepted("a");
        server.stop();
        ledger.tell(new JobLedger.Append(Jobs.assigned("a", 1), appends.getRef()));
        ledger.tell(new JobLedger.Append(Jobs.started("a", 1), appends.getRef()));
        ledger.tell(new JobLedger.Append(Jobs.produced("a", 1), appends.getRef()));
        accepts.awaitAssert(() -> {
            accept("b");
            AcceptReply.Unavailable refused = accepts.expectMessageClass(AcceptReply.Unavailable.class, LONG);
            assertThat(refused.retryAfter()).isPositive();
            return refused;
        });
        appends.expectNoMessage(Duration.ofMillis(300));

        server.start();
        for (JobState state : List.of(JobState.ASSIGNED, JobState.RUNNING, JobState.PRODUCED)) {
            assertThat(appends.expectMessageClass(AppendReply.Recorded.class, LONG)
                            .job()
                            .state())
                    .isEqualTo(state);
        }
        accepted("c");
        assertThat(all()).map(Job::id).containsExactly(new JobId("c"), new JobId("a"));
        assertThat(all().getLast().attempts()).hasSize(1);
    }

    @Test
    void aConnectionThatIsCutWhileJobsFlowLosesNoneAndDoublesNone() {
        int n = 400;
        for (int i = 0; i < n; i++) {
            accept("j" + i);
            if (i % 100 == 50) {
                server.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'drover'");
            }
        }
        List<AcceptReply> replies = accepts.receiveSeveralMessages(n, LONG);
        List<JobId> told = replies.stream()
                .filter(AcceptReply.Accepted.class::isInstance)
                .map(reply -> ((AcceptReply.Accepted) reply).job().id())
                .toList();
        accepts.awaitAssert(() -> {
            accept("last");
            AcceptReply reply = accepts.receiveMessage(LONG);
            assertThat(reply).isInstanceOf(AcceptReply.Accepted.class);
            return reply;
        });

        assertThat(all())
                .map(Job::id)
                .filteredOn(id -> !id.value().equals("last"))
                .containsExactlyInAnyOrderElementsOf(told);
    }

    @Test
    void oneDroverAtATimeWrites() {
        assertThatThrownBy(() -> LedgerDatabase.open(settings).close())
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("already in use by a Drover on")
                .hasMessageContaining("Another Drover uses it");
    }

    @Test
    void aSchemaThatDoesNotExistIsCalledThat() {
        LedgerSettings nowhere =
                settings.withUrl(settings.url().replaceFirst("currentSchema=\\w+", "currentSchema=nowhere"));
        assertThatThrownBy(() -> LedgerDatabase.open(nowhere).close())
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("there is no schema nowhere in database postgres")
                .hasMessageContaining("CREATE SCHEMA");
    }

    @Test
    void aWriterThatHasBeenReplacedStops() throws LedgerException {
        accepted("a");
        TestProbe<Done> end = KIT.createTestProbe();
        server.execute("UPDATE " + schema() + ".ledger_writer SET epoch = epoch + 1");
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'drover'");
        accept("b");
        end.expectTerminated(ledger, LONG);

        LedgerDatabase successor = LedgerDatabase.open(settings);
        assertThat(successor.recover().unfinished())
                .map(kept -> kept.job().id())
                .containsExactly(new JobId("a"));
        successor.close();
    }

    private String schema() {
        return settings.url().substring(settings.url().indexOf('=') + 1);
    }
}
