package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    @Test
    void changesOutliveTheProcessNewestFirst() throws LedgerException {
        AuditEntry first = entry("1", Instant.parse("2026-01-01T00:00:00.123456Z"));
        AuditEntry second = entry("2", Instant.parse("2026-01-01T00:00:01Z"));
        try (LedgerDatabase database = LedgerDatabase.open(LedgerSettings.h2In(folder))) {
            ActorRef<AuditLog.Command> log = KIT.spawn(AuditLog.create(database));
            assertThat(keep(log, first)).isEqualTo(new AuditLog.Reply.Written());
            assertThat(database.audit(10)).containsExactly(first);
            keep(log, second);
        }
        try (LedgerDatabase database = LedgerDatabase.open(LedgerSettings.h2In(folder))) {
            ActorRef<AuditLog.Command> log = KIT.spawn(AuditLog.create(database));
            assertThat(newest(log, 10)).isEqualTo(new JobLedger.ReadReply.Found<>(List.of(second, first)));
            assertThat(newest(log, 1)).isEqualTo(new JobLedger.ReadReply.Found<>(List.of(second)));
        }
    }

    @Test
    void whatCannotBeWrittenIsToldAndWrittenLater() throws Exception {
        AuditEntry first = entry("1", Instant.parse("2026-01-01T00:00:00Z"));
        AuditEntry second = entry("2", Instant.parse("2026-01-01T00:00:01Z"));
        try (LedgerDatabase database = LedgerDatabase.open(LedgerSettings.h2In(folder))) {
            ActorRef<AuditLog.Command> log = KIT.spawn(AuditLog.create(database));
            TestDatabase.execute(LedgerSettings.h2In(folder), "ALTER TABLE audit RENAME TO elsewhere");
            assertThat(keep(log, first)).isInstanceOf(AuditLog.Reply.NotWritten.class);
            assertThat(newest(log, 10)).isInstanceOf(JobLedger.ReadReply.Unavailable.class);

            TestDatabase.execute(LedgerSettings.h2In(folder), "ALTER TABLE elsewhere RENAME TO audit");
            assertThat(keep(log, second)).isEqualTo(new AuditLog.Reply.Written());
            assertThat(database.audit(10)).containsExactly(second, first);
        }
    }

    @Test
    void whatACallerSendsStaysOnItsLine() {
        AuditEntry entry = new AuditEntry(
                "1",
                Instant.EPOCH,
                "alice",
                Optional.of("10.0.0.1"),
                "node.drain",
                "gpu0\n2026 root: drain",
                Optional.of("x".repeat(10_000)),
                "done");
        assertThat(entry.subject()).isEqualTo("gpu0?2026 root: drain");
        assertThat(entry.toString())
                .startsWith("alice (10.0.0.1): node.drain gpu0?")
                .hasSizeLessThan(1_000);
    }

    private static AuditLog.Reply keep(ActorRef<AuditLog.Command> log, AuditEntry entry) {
        TestProbe<AuditLog.Reply> operator = KIT.createTestProbe();
        log.tell(new AuditLog.Keep(entry, operator.ref()));
        return operator.receiveMessage(PATIENCE);
    }

    private static JobLedger.ReadReply<List<AuditEntry>> newest(ActorRef<AuditLog.Command> log, int limit) {
        TestProbe<JobLedger.ReadReply<List<AuditEntry>>> reader = KIT.createTestProbe();
        log.tell(new AuditLog.Newest(limit, reader.ref()));
        return reader.receiveMessage(PATIENCE);
    }

    private static AuditEntry entry(String id, Instant at) {
        return new AuditEntry(
                id, at, "alice", Optional.of("127.0.0.1"), "node.drain", "gpu0", Optional.of("fans"), "done");
    }
}
