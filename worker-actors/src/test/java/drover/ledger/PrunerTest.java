package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.ledger.JobLedger.IdempotencyKey;
import drover.watchdog.Incident;
import drover.watchdog.Rung;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
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
class PrunerTest {
    private static final Duration DAY = Duration.ofDays(1);

    private final TestDatabase kind;

    @TempDir
    Path folder;

    private LedgerDatabase database;
    private final Set<String> removed = new HashSet<>();
    private boolean diskGone;
    private long ordinal = 1;

    PrunerTest(TestDatabase kind) {
        this.kind = kind;
    }

    @BeforeEach
    void open(Postgres server) throws LedgerException {
        database = LedgerDatabase.open(kind.fresh(folder, server));
    }

    @AfterEach
    void close() {
        if (database != null) {
            database.close();
        }
    }

    private void removeResults(JobId job) throws IOException {
        if (diskGone) {
            throw new IOException("its disk is not mounted");
        }
        removed.add(job.value());
    }

    /** A job that ended at noon or, if so wanted, has not. */
    private void write(String id, JobEvent... later) throws WriteFailedException {
        List<Entry> entries = new ArrayList<>();
        JobEvent.Accepted accepted = Jobs.accepted(id);
        entries.add(new Entry.Acceptance(
                accepted,
                Optional.of(new IdempotencyKey("key-" + id, "hash")),
                Optional.empty(),
                ordinal,
                TestInbox.<JobLedger.AcceptReply>create().getRef()));
        ordinal++;
        Job job = Job.of(accepted);
        int seq = 1;
        for (JobEvent event : later) {
            job = job.apply(event);
            seq++;
            entries.add(new Entry.Addition(
                    event, job, seq, TestInbox.<JobLedger.AppendReply>create().getRef()));
        }
        database.write(new Entry.Batch(entries, false, List.of()));
    }

    private int round(RetentionSettings settings, Instant now) throws IOException, WriteFailedException {
        Pruner pruner = new Pruner(database, this::removeResults, settings);
        pruner.begin();
        int jobs = 0;
        while (true) {
            Pruner.Step step = pruner.step(now);
            jobs += step.jobs();
            assertThat(step.jobs()).isLessThanOrEqualTo(Pruner.BATCH);
            if (!step.more()) {
                return jobs;
            }
        }
    }

    private List<String> kept() {
        return database.query(Optional.empty(), Optional.empty(), Optional.empty(), 1000).stream()
                .map(job -> job.id().value())
                .toList();
    }

    private static RetentionSettings keep(Map<JobState, Duration> ages) {
        return new RetentionSettings(ages, OptionalLong.empty(), Optional.empty(), Optional.empty());
    }

    @Test
    void jobsGoWhenTheirStatesAgeIsOverWithResultsAndKeys() throws Exception {
        write("cancelled", Jobs.cancelled("cancelled"));
        write("expired", Jobs.expired("expired"));
        write("waiting");
        Instant end = Jobs.cancelled("cancelled").at();
        RetentionSettings settings = keep(Map.of(JobState.CANCELLED, DAY, JobState.EXPIRED, DAY.multipliedBy(2)));

        assertThat(round(settings, end.plus(DAY))).isZero();
        assertThat(round(settings, end.plus(DAY).plusSeconds(1))).isEqualTo(1);
        assertThat(removed).containsExactly("cancelled");
        assertThat(kept()).containsExactly("waiting", "expired");
        assertThat(round(settings, end.plus(DAY.multipliedBy(900)))).isEqualTo(1);
        assertThat(kept()).containsExactly("waiting");
        ordinal = 100;
        write("cancelled");
        assertThat(kept()).containsExactly("cancelled", "waiting");
    }

    @Test
    void whatIsKeptForEverStays() throws Exception {
        write("a", Jobs.cancelled("a"));
        write("b", Jobs.expired("b"));

        assertThat(round(keep(Map.of(JobState.EXPIRED, DAY)), Instant.parse("2999-01-01T00:00:00Z")))
                .isEqualTo(1);
        assertThat(kept()).containsExactly("a");
    }

    @Test
    void manyGoInManySteps() throws Exception {
        int many = 3 * Pruner.BATCH + 7;
        for (int i = 0; i < many; i++) {
            write("j" + i, Jobs.cancelled("j" + i));
        }

        assertThat(round(keep(Map.of(JobState.CANCELLED, DAY)), Jobs.NOON.plus(DAY.multipliedBy(2))))
                .isEqualTo(many);
        assertThat(removed).hasSize(many);
        assertThat(kept()).isEmpty();
    }

    @Test
    void theOldestGoWhenThereAreTooMany() throws Exception {
        for (int i = 0; i < 10; i++) {
            write("j" + i, i % 2 == 0 ? Jobs.cancelled("j" + i) : Jobs.expired("j" + i));
        }
        write("waiting");
        RetentionSettings settings =
                new RetentionSettings(Map.of(), OptionalLong.of(3), Optional.empty(), Optional.empty());

        assertThat(round(settings, Jobs.NOON)).isEqualTo(7);
        assertThat(kept()).containsExactly("waiting", "j9", "j8", "j7");
    }

    @Test
    void aJobStaysUntilItsResultsAreGone() throws Exception {
        write("a", Jobs.cancelled("a"));
        RetentionSettings settings = keep(Map.of(JobState.CANCELLED, DAY));
        Instant later = Jobs.NOON.plus(DAY.multipliedBy(2));
        diskGone = true;
        assertThatThrownBy(() -> round(settings, later)).isInstanceOf(IOException.class);
        assertThat(kept()).containsExactly("a");

        diskGone = false;
        assertThat(round(settings, later)).isEqualTo(1);
        assertThat(kept()).isEmpty();
    }

    @Test
    void incidentsGoToo() throws Exception {
        List<Incident> incidents = new ArrayList<>();
        for (int i = 0; i < Pruner.BATCH + 1; i++) {
            incidents.add(incident("i" + i, Jobs.NOON));
        }
        incidents.add(incident("late", Jobs.NOON.plus(DAY)));
        database.keep(incidents);
        round(
                new RetentionSettings(Map.of(), OptionalLong.empty(), Optional.of(DAY), Optional.empty()),
                Jobs.NOON.plus(DAY.plusSeconds(1)));

        assertThat(database.incidents(1000)).map(Incident::id).containsExactly("late");
    }

    @Test
    void whoChangedWhatGoesTooAndTheRestStays() throws Exception {
        List<AuditEntry> entries = new ArrayList<>();
        for (int i = 0; i < Pruner.BATCH + 1; i++) {
            entries.add(entry("e" + i, Jobs.NOON));
        }
        entries.add(entry("late", Jobs.NOON.plus(DAY)));
        database.keepAudit(entries);
        database.keep(List.of(incident("i", Jobs.NOON)));
        RetentionSettings settings =
                new RetentionSettings(Map.of(), OptionalLong.empty(), Optional.empty(), Optional.of(DAY));

        round(settings, Jobs.NOON.plus(DAY));
        assertThat(database.audit(1000)).hasSize(entries.size());
        round(settings, Jobs.NOON.plus(DAY.plusSeconds(1)));

        assertThat(database.audit(1000)).map(AuditEntry::id).containsExactly("late");
        assertThat(database.incidents(1000)).hasSize(1);
    }

    private static AuditEntry entry(String id, Instant at) {
        return new AuditEntry(id, at, "alice", Optional.empty(), "node.drain", "gpu0", Optional.empty(), "done");
    }

    private static Incident incident(String id, Instant at) {
        return new Incident(
                id,
                at,
                "gpu0",
                "0",
                new Incident.Cause.Exited(137),
                Rung.REPLACE_PROCESS,
                new Incident.Memory(OptionalLong.of(5), OptionalLong.empty(), OptionalLong.empty()),
                new Incident.Stack.NotTaken("the process had ended"),
                List.of(new AttemptId(new JobId("a"), 1)),
                List.of());
    }
}
