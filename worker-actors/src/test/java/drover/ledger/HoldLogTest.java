package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
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
class HoldLogTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00.123456Z");
    private static final Hold GPU = new Hold(Hold.Kind.NODE, "gpu0", "drained by alice: new fans", T0);
    private static final Hold MODEL = new Hold(Hold.Kind.MODEL, "m", "was withdrawn by alice: smears", T0);

    private final TestDatabase kind;

    @TempDir
    private Path folder;

    private LedgerSettings settings;

    HoldLogTest(TestDatabase kind) {
        this.kind = kind;
    }

    @AfterAll
    static void shutDown() {
        KIT.shutdownTestKit();
    }

    @BeforeEach
    void choose(Postgres server) {
        settings = kind.fresh(folder, server);
    }

    @Test
    void whatIsOutStaysOutUntilItIsLetBack() throws LedgerException {
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            assertThat(database.holds()).isEmpty();
            ActorRef<HoldLog.Command> log = KIT.spawn(HoldLog.create(database, List.of()));
            log.tell(new HoldLog.Put(GPU));
            log.tell(new HoldLog.Put(MODEL));
            log.tell(new HoldLog.Put(MODEL));
            assertThat(nodes(log)).containsExactly(GPU);
            isOnDisk(database, MODEL, GPU);
        }
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<HoldLog.Command> log = KIT.spawn(HoldLog.create(database, database.holds()));
            assertThat(nodes(log)).containsExactly(GPU);
            log.tell(new HoldLog.Lift(Hold.Kind.NODE, "gpu0"));
            log.tell(new HoldLog.Lift(Hold.Kind.NODE, "never held"));
            assertThat(nodes(log)).isEmpty();
            isOnDisk(database, MODEL);
        }
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            assertThat(database.holds()).containsExactly(MODEL);
        }
    }

    @Test
    void whatCannotBeWrittenHoldsAllTheSameAndIsWrittenLater() throws Exception {
        try (LedgerDatabase database = LedgerDatabase.open(settings)) {
            ActorRef<HoldLog.Command> log = KIT.spawn(HoldLog.create(database, List.of()));
            TestDatabase.execute(settings, "ALTER TABLE operator_holds RENAME TO elsewhere");
            LoggingTestKit.error("wait for the database").expect(KIT.system(), () -> {
                log.tell(new HoldLog.Put(GPU));
                return "told";
            });
            assertThat(nodes(log)).containsExactly(GPU);

            TestDatabase.execute(settings, "ALTER TABLE elsewhere RENAME TO operator_holds");
            log.tell(new HoldLog.Put(MODEL));
            isOnDisk(database, MODEL, GPU);
        }
    }

    private static void isOnDisk(LedgerDatabase database, Hold... holds) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(database.holds()).containsExactly(holds));
    }

    private static List<Hold> nodes(ActorRef<HoldLog.Command> log) {
        TestProbe<HoldLog.HeldNodes> asker = KIT.createTestProbe();
        log.tell(new HoldLog.GetNodes(asker.ref()));
        return asker.receiveMessage(PATIENCE).holds();
    }
}
