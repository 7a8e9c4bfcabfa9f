package drover.watchdog;

import static drover.watchdog.WatchdogFixture.attempt;
import static drover.watchdog.WatchdogFixture.denoising;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What may cross a process boundary survives the way there and back. */
class MessagesTest {
    private static final ActorTestKit KIT = ActorTestKit.create(ConfigFactory.parseString(
                    "pekko.actor.serialization-bindings { \"drover.inference.CborSerializable\" = jackson-cbor }")
            .withFallback(ConfigFactory.load()));
    private static final Instant AT = IncidentTest.AT;
    private static final Stall STALL = IncidentTest.STALL;
    private static final WatchCounts COUNTS =
            new WatchCounts(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, Duration.ofMillis(1500));

    @AfterAll
    static void close() {
        KIT.shutdownTestKit();
    }

    static Stream<Object> messages() {
        NodeSilent silent = new NodeSilent("gpu0", Duration.ofSeconds(31), Duration.ofSeconds(30), AT);
        Table.Row row = new Table.Row(
                attempt("j1"),
                "emoji",
                denoising(1, 4),
                Duration.ofSeconds(3),
                Optional.empty(),
                1,
                Duration.ofSeconds(15),
                "default inference_step_timeout=15s",
                Rung.WATCHING,
                Optional.of(Duration.ofSeconds(12)));
        Incident.Stack none = new Incident.Stack.NotTaken("frozen");
        return Stream.of(
                STALL,
                new Verdict.Cancel(STALL),
                new Verdict.RestartActor(STALL),
                new Verdict.ReplaceProcess(STALL),
                silent,
                COUNTS,
                new Table("node", List.of(row), COUNTS),
                new Watchdog.GetTable(KIT.<Table>createTestProbe().ref()),
                new Watchdog.GetCounts(KIT.<WatchCounts>createTestProbe().ref()),
                IncidentTest.STALLED.with(
                        new Incident.FollowUp(attempt("j1"), attempt("j1").next(), "gpu1")),
                incident(new Incident.Cause.Silent(silent), none),
                incident(new Incident.Cause.Exited(137), none),
                incident(new Incident.Cause.Unusable("drover:engine.out-of-memory", "No room for 3 GiB."), none),
                new Strike(attempt("j1"), "emoji", "GPU-1234", AT),
                Quarantine.clear(Quarantine.Policy.DEFAULT).failed(AT, "stall").ordered(AT, "fan is rattling"));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void everyMessageComesBackAsItWent(Object message) {
        KIT.serializationTestKit().verifySerialization(message, true);
    }

    private static Incident incident(Incident.Cause cause, Incident.Stack stack) {
        return new Incident(
                "i-9",
                AT,
                "gpu0",
                "cpu",
                cause,
                Rung.REPLACE_PROCESS,
                Incident.Memory.UNKNOWN,
                stack,
                List.of(),
                List.of());
    }
}
