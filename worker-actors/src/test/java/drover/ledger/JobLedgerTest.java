package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.ledger.JobLedger.AcceptReply;
import drover.ledger.JobLedger.AppendReply;
import drover.ledger.JobLedger.IdempotencyKey;
import drover.ledger.JobLedger.ReadReply;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabase.class)
@ExtendWith(Postgres.Shared.class)
class JobLedgerTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final Duration LONG = Duration.ofSeconds(20);

    private final TestDatabase kind;

    @TempDir
    private Path folder;

    private LedgerSettings settings;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private ActorRef<JobLedger.Command> ledger;
    private final TestProbe<AcceptReply> accepts = KIT.createTestProbe();
    private final TestProbe<AppendReply> appends = KIT.createTestProbe();
    private final TestProbe<JobLedger.OpenJob> board = KIT.createTestProbe();

    JobLedgerTest(TestDatabase kind) {
        this.kind = kind;
    }

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    @BeforeEach
    void open(Postgres server) throws LedgerException {
        settings = kind.fresh(folder, server);
        ledger = ledger(settings);
    }

    private void open() throws LedgerException {
        ledger = ledger(settings);
    }

    private ActorRef<JobLedger.Command> ledger(LedgerSettings with) throws LedgerException {
        return KIT.spawn(JobLedger.create(LedgerDatabase.open(with), with, meters));
    }

    @AfterEach
    void close() {
        if (ledger == null) {
            return; // It was not opened: there is no server here.
        }
        TestProbe<Done> done = KIT.createTestProbe();
        ledger.tell(new JobLedger.Close(done.getRef()));
        done.expectMessage(LONG, Done.getInstance());
    }

    private void accept(String id, Optional<IdempotencyKey> key) {
        ledger.tell(new JobLedger.Accept(Jobs.accepted(id), key, accepts.getRef()));
    }

    private Job accepted(String id) {
        accept(id, Optional.empty());
        return accepts.expectMessageClass(AcceptReply.Accepted.class, LONG).job();
    }

    private Job append(JobEvent event) {
        ledger.tell(new JobLedger.Append(event, appends.getRef()));
        return appends.expectMessageClass(AppendReply.Recorded.class, LONG).job();
    }

    private Optional<Job> find(String id) {
        TestProbe<ReadReply<Optional<Job>>> probe = KIT.createTestProbe();
        ledger.tell(new JobLedger.Find(new JobId(id), probe.getRef()));
        return found(probe);
    }

    private List<String> query(Optional<JobState> state, Optional<JobId> before, int limit) {
        TestProbe<ReadReply<List<Job>>> probe = KIT.createTestProbe();
        ledger.tell(new JobLedger.Query(state, before, limit, probe.getRef()));
        return found(probe).stream().map(job -> job.id().value()).toList();
    }

    private List<String> forModel(String model, Optional<JobState> state, Optional<JobId> before) {
        TestProbe<ReadReply<List<Job>>> probe = KIT.createTestProbe();
        ledger.tell(new JobLedger.Query(state, Optional.of(model), before, 10, probe.getRef()));
        return found(probe).stream().map(job -> job.id().value()).toList();
    }

    private static <T> T found(TestProbe<ReadReply<T>> probe) {
        return switch (probe.receiveMessage(LONG)) {
            case ReadReply.Found<T> found -> found.value();
            case ReadReply.Unavailable<T> unavailable -> throw new AssertionError(unavailable.reason());
        };
    }

    @Test
    void anAcceptedJobGoesToTheBoardAndIsFound() {
        ledger.tell(new JobLedger.Attach(board.getRef()));
        Job job = accepted("a");

        assertThat(job).isEqualTo(Job.of(Jobs.accepted("a")));
        board.expectMessage(new JobLedger.OpenJob(job));
        assertThat(find("a")).contains(job);
        assertThat(find("b")).isEmpty();
    }

    @Test
    void theJobOfAnOrderIsOnDiskWithItsOrderOnly() throws LedgerException {
        Order order = OrderBookTest.order("a", 2);
        Order further = order.with(0, order.parts().getFirst().uploaded());
        close();
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<JobLedger.Command> on = KIT.spawn(JobLedger.create(database, settings, meters));
            on.tell(new JobLedger.AcceptOrder(Jobs.accepted("a"), order, accepts.getRef()));
            accepts.expectMessageClass(AcceptReply.Accepted.class, LONG);
            assertThat(database.openOrders()).containsExactly(order);
            assertThat(database.find(order.job())).contains(Job.of(Jobs.accepted("a")));

            TestProbe<OrderBook.Kept> kept = KIT.createTestProbe();
            KIT.spawn(OrderBook.create(database, () -> Jobs.NOON)).tell(new OrderBook.Put(further, kept.ref()));
            kept.receiveMessage(LONG);
            on.tell(new JobLedger.AcceptOrder(Jobs.accepted("a"), order, accepts.getRef()));
            accepts.expectMessageClass(AcceptReply.Repeated.class, LONG);
            assertThat(database.openOrders())
                    .as("what is in the book has come further")
                    .containsExactly(further);
        }
        open();
    }

    @Test
    void aWholeLifeIsRecordedAndSurvivesReopening() throws LedgerException {
        accepted("a");
        append(Jobs.assigned("a", 1));
        append(Jobs.started("a", 1));
        append(Jobs.stalled("a", 1));
        append(Jobs.assigned("a", 2));
        append(Jobs.produced("a", 2));
        Job done = append(Jobs.delivered("a"));
        close();
        open();

        assertThat(find("a")).contains(done);
        assertThat(done.attempts()).hasSize(2);
        assertThat(done.state()).isEqualTo(JobState.DELIVERED);
    }

    @Test
    void unfinishedJobsComeBackOldestFirstThenNewOnes() throws LedgerException {
        accepted("c");
        accepted("a");
        accepted("b");
        accepted("ended");
        append(Jobs.cancelled("ended"));
        append(Jobs.assigned("a", 1));
        Job produced = append(Jobs.produced("a", 1));
        close();
        open();
        ledger.tell(new JobLedger.Attach(board.getRef()));
        Job late = accepted("d");

        board.expectMessage(LONG, new JobLedger.OpenJob(Job.of(Jobs.accepted("c"))));
        board.expectMessage(new JobLedger.OpenJob(produced));
        board.expectMessage(new JobLedger.OpenJob(Job.of(Jobs.accepted("b"))));
        board.expectMessage(new JobLedger.OpenJob(late));
        assertThat(append(Jobs.delivered("a")).state()).isEqualTo(JobState.DELIVERED);
    }

    @Test
    void aLaterBoardReplacesAnEarlierOne() {
        TestProbe<JobLedger.OpenJob> second = KIT.createTestProbe();
        ledger.tell(new JobLedger.Attach(board.getRef()));
        ledger.tell(new JobLedger.Attach(second.getRef()));
        Job job = accepted("a");

        second.expectMessage(new JobLedger.OpenJob(job));
        board.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void theSameKeyAndRequestGiveTheSameJob() throws LedgerException {
        IdempotencyKey key = new IdempotencyKey("order-1", "hash");
        accept("a", Optional.of(key));
        accept("b", Optional.of(key));
        accept("c", Optional.of(new IdempotencyKey("order-1", "other")));
        Job a = Job.of(Jobs.accepted("a"));

        accepts.expectMessage(LONG, new AcceptReply.Accepted(a));
        accepts.expectMessage(LONG, new AcceptReply.Repeated(a));
        accepts.expectMessage(LONG, new AcceptReply.KeyConflict(new JobId("a")));
        Job ended = append(Jobs.cancelled("a"));
        close();
        open();
        accepts.awaitAssert(() -> {
            accept("d", Optional.of(key));
            return accepts.expectMessage(new AcceptReply.Repeated(ended));
        });
        assertThat(find("b")).isEmpty();
    }

    @Test
    void theSameJobTwiceIsOneJob() {
        Job a = accepted("a");
        accept("a", Optional.empty());

        accepts.expectMessage(new AcceptReply.Repeated(a));
        assertThat(query(Optional.empty(), Optional.empty(), 10)).containsExactly("a");
    }

    @Test
    void whatTheStateForbidsIsRefusedAndChangesNothing() {
        Job a = accepted("a");
        for (JobEvent event : List.of(
                Jobs.started("a", 1),
                Jobs.produced("a", 1),
                Jobs.delivered("a"),
                Jobs.stalled("a", 1),
                Jobs.assigned("a", 2),
                Jobs.accepted("a"),
                Jobs.cancelled("unknown"))) {
            ledger.tell(new JobLedger.Append(event, appends.getRef()));
            AppendReply.Refused refused = appends.expectMessageClass(AppendReply.Refused.class, LONG);
            assertThat(refused.event()).isEqualTo(event);
            assertThat(refused.reason()).contains(event.job().value());
        }
        assertThat(find("a")).contains(a);
    }

    @Test
    void jobsAreListedNewestFirstInPages() {
        for (String id : List.of("a", "b", "c", "d", "e")) {
            accepted(id);
        }
        append(Jobs.cancelled("b"));
        append(Jobs.cancelled("d"));

        assertThat(query(Optional.empty(), Optional.empty(), 3)).containsExactly("e", "d", "c");
        assertThat(query(Optional.empty(), Optional.of(new JobId("c")), 3)).containsExactly("b", "a");
        assertThat(query(Optional.of(JobState.CANCELLED), Optional.empty(), 3)).containsExactly("d", "b");
        assertThat(query(Optional.of(JobState.QUEUED), Optional.of(new JobId("e")), 1))
                .containsExactly("c");
        assertThat(query(Optional.empty(), Optional.of(new JobId("unknown")), 3))
                .isEmpty();
        assertThat(forModel("emoji", Optional.of(JobState.QUEUED), Optional.of(new JobId("e"))))
                .containsExactly("c", "a");
        assertThat(forModel("emojo", Optional.empty(), Optional.empty())).isEmpty();
    }

    @Test
    void whatComesDuringATransactionGoesIntoTheNextOne() {
        int n = 2_000;
        IntStream.range(0, n).forEach(i -> accept("j" + i, Optional.empty()));
        Set<JobId> ids = new HashSet<>();
        for (int i = 0; i < n; i++) {
            ids.add(accepts.expectMessageClass(AcceptReply.Accepted.class, LONG)
                    .job()
                    .id());
        }
        TestProbe<LedgerStatistics> probe = KIT.createTestProbe();
        ledger.tell(new JobLedger.GetStatistics(probe.getRef()));
        LedgerStatistics statistics = probe.receiveMessage();

        assertThat(ids).hasSize(n);
        assertThat(statistics.events()).isEqualTo(n);
        assertThat(statistics.commits()).isLessThan(n / 10);
        assertThat(statistics.unfinished()).isEqualTo(n);
        assertThat(statistics.pending()).isZero();
        assertThat(statistics.p99())
                .isPositive()
                .isLessThanOrEqualTo(statistics.max().plusMillis(1));
        assertThat(meters.get("drover.ledger.commit").timer().count()).isEqualTo(statistics.commits());
    }

    @Test
    void moreJobsThanAllowedAreRefusedUntilOneEnds() throws LedgerException {
        close();
        ledger = ledger(settings.withLimits(new LedgerSettings.Limits(2, 1, 10, 10)));
        accepts.awaitAssert(() -> {
            accept("a", Optional.empty());
            return accepts.expectMessageClass(AcceptReply.Accepted.class);
        });
        accepted("b");
        accept("c", Optional.empty());

        assertThat(accepts.expectMessageClass(AcceptReply.TooMany.class).unfinished())
                .isEqualTo(2);
        append(Jobs.cancelled("a"));
        accepted("c");
    }

    @Test
    void closingWritesWhatHasGathered() throws LedgerException {
        IntStream.range(0, 100).forEach(i -> accept("j" + i, Optional.empty()));
        close();
        for (int i = 0; i < 100; i++) {
            accepts.expectMessageClass(AcceptReply.Accepted.class, LONG);
        }
        open();

        assertThat(query(Optional.empty(), Optional.empty(), 1000)).hasSize(100);
    }
}
