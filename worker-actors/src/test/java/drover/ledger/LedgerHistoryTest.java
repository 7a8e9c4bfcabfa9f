package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.client.ReportQuery;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.job.Priority;
import drover.report.Recount;
import drover.report.ReportDesk;
import drover.report.ReportJobs;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
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
class LedgerHistoryTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final TestDatabase kind;

    @TempDir
    Path folder;

    private LedgerSettings settings;
    private LedgerDatabase database;
    private long ordinal = 1;

    LedgerHistoryTest(TestDatabase kind) {
        this.kind = kind;
    }

    @BeforeEach
    void open(Postgres server) throws LedgerException {
        settings = kind.fresh(folder, server);
        database = LedgerDatabase.open(settings);
    }

    @AfterEach
    void close() {
        if (database != null) {
            database.close();
        }
    }

    private Job write(List<JobEvent> life) throws WriteFailedException {
        JobEvent.Accepted accepted = (JobEvent.Accepted) life.getFirst();
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry.Acceptance(
                accepted,
                Optional.empty(),
                Optional.empty(),
                ordinal,
                TestInbox.<JobLedger.AcceptReply>create().getRef()));
        ordinal++;
        Job job = Job.of(accepted);
        int seq = 1;
        for (JobEvent event : life.subList(1, life.size())) {
            job = job.apply(event);
            seq++;
            entries.add(new Entry.Addition(
                    event, job, seq, TestInbox.<JobLedger.AppendReply>create().getRef()));
        }
        database.write(new Entry.Batch(entries, false, List.of()));
        return job;
    }

    /** A job for this model, accepted at one time and, if it has ended, cancelled at another. */
    private void write(String id, String model, Instant accepted, Optional<Instant> ended) throws WriteFailedException {
        var request = Jobs.request();
        List<JobEvent> life = new ArrayList<>();
        life.add(new JobEvent.Accepted(
                new JobId(id),
                accepted,
                new ImageRequest(
                        model,
                        request.prompt(),
                        "",
                        request.width(),
                        request.height(),
                        request.steps(),
                        request.sampler(),
                        request.cfgScale(),
                        request.seed(),
                        1,
                        1,
                        Optional.empty()),
                Priority.NORMAL,
                accepted.plus(HOUR)));
        ended.ifPresent(at -> life.add(new JobEvent.Cancelled(new JobId(id), at)));
        write(life);
    }

    private List<String> changedSince(Instant since, Duration longest, Optional<String> model) throws LedgerException {
        List<String> found = new ArrayList<>();
        try (LedgerHistory history = LedgerHistory.open(settings)) {
            history.changedSince(
                    since, longest, model, job -> found.add(job.id().value()));
        }
        return found;
    }

    @Test
    void whatHasChangedSinceIsShownAndNothingElse() throws Exception {
        Instant noon = Jobs.NOON;
        write("old", "m", noon.minus(HOUR.multipliedBy(9)), Optional.of(noon.minus(HOUR.multipliedBy(8))));
        write("across", "m", noon.minus(HOUR.multipliedBy(3)), Optional.of(noon.plusSeconds(5)));
        write("waits", "n", noon.minus(HOUR.multipliedBy(2)), Optional.empty());
        write("within", "n", noon.plusSeconds(1), Optional.of(noon.plusSeconds(6)));
        write("new", "m", noon.plusSeconds(2), Optional.empty());

        assertThat(changedSince(noon, HOUR.multipliedBy(3), Optional.empty()))
                .containsExactlyInAnyOrder("across", "within", "new");
        assertThat(changedSince(noon, HOUR.multipliedBy(3), Optional.of("n"))).containsExactly("within");
        assertThat(changedSince(noon.minus(HOUR.multipliedBy(20)), HOUR, Optional.empty()))
                .hasSize(5);
        assertThat(changedSince(noon.plusSeconds(100), HOUR, Optional.empty())).isEmpty();
    }

    @Test
    void whatIsUnderWayIsShownHoweverOldItIs() throws Exception {
        Instant noon = Jobs.NOON;
        write(List.of(Jobs.accepted("a"), Jobs.assigned("a", 1), Jobs.started("a", 1)));
        for (int i = 0; i < 40; i++) {
            write("later" + i, "m", noon.plus(HOUR.multipliedBy(100 + i)), Optional.empty());
        }

        assertThat(changedSince(noon, HOUR, Optional.empty())).hasSize(41).contains("a");
        assertThat(changedSince(noon.plus(HOUR.multipliedBy(120)), HOUR, Optional.empty()))
                .hasSize(20)
                .doesNotContain("a");
    }

    @Test
    void manyPagesAreReadOnceEach() throws Exception {
        int many = 3 * LedgerHistory.PAGE + 7;
        for (int i = 0; i < many; i++) {
            write("j" + i, "m", Jobs.NOON, Optional.empty());
        }

        assertThat(changedSince(Jobs.NOON, HOUR, Optional.empty()))
                .hasSize(many)
                .doesNotHaveDuplicates();
        List<Job> first = new ArrayList<>();
        try (LedgerHistory history = LedgerHistory.open(settings)) {
            history.changedSince(Jobs.NOON, HOUR, Optional.empty(), job -> {
                first.add(job);
                return first.size() < 10;
            });
        }
        assertThat(first).hasSize(10);
    }

    @Test
    void aReportIsWhatARecountGives() throws Exception {
        ReportJobs making = new ReportJobs(42);
        List<Job> all = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            all.add(write(making.life("j" + i)));
        }
        assertThat(all).extracting(Job::state).contains(JobState.DELIVERED, JobState.RUNNING, JobState.QUEUED);

        Instant now = ReportJobs.NOON.plus(Duration.ofMinutes(2));
        try (ReportDesk desk = new ReportDesk(settings, HOUR.multipliedBy(2), () -> now, System::nanoTime)) {
            for (Optional<String> model : List.of(Optional.<String>empty(), Optional.of("model1"))) {
                ReportDesk.Reply reply = answer(desk.make(new ReportQuery(HOUR, Optional.empty(), model)));

                assertThat(reply)
                        .isInstanceOfSatisfying(
                                ReportDesk.Reply.Made.class,
                                made -> new Recount(all, now.minus(HOUR), now, Optional.empty(), model)
                                        .check(made.report()));
            }
        }
        // The writer goes on as if nothing had been.
        write("after", "m", Jobs.NOON, Optional.empty());
        assertThat(database.find(new JobId("after"))).isPresent();
    }

    @Test
    void withoutADatabaseThereIsNoReportAndNoneIsMade() throws Exception {
        LedgerSettings nowhere = LedgerSettings.h2In(folder.resolve("nowhere"));
        try (ReportDesk desk = new ReportDesk(nowhere, HOUR, () -> Jobs.NOON, System::nanoTime)) {
            assertThat(answer(desk.make(new ReportQuery(HOUR, Optional.empty(), Optional.empty()))))
                    .isInstanceOfSatisfying(
                            ReportDesk.Reply.Unavailable.class,
                            it -> assertThat(it.reason()).contains("cannot be read"));
        }
        assertThat(folder.resolve("nowhere")).doesNotExist();
        assertThatThrownBy(() -> LedgerHistory.open(nowhere)).isInstanceOf(LedgerException.class);
    }

    private static ReportDesk.Reply answer(CompletionStage<ReportDesk.Reply> reply) throws Exception {
        return reply.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
}
