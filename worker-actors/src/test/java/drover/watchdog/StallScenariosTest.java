package drover.watchdog;

import static drover.watchdog.WatchdogFixture.STEP_TIMEOUT;
import static drover.watchdog.WatchdogFixture.attempt;
import static drover.watchdog.WatchdogFixture.denoising;
import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AttemptId;
import drover.inference.Phase;
import drover.inference.Position;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of scenarios: where an attempt stops, and what it still sends afterwards. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StallScenariosTest {
    private static final int STEPS = 100;
    private static final Duration BETWEEN_STEPS = Duration.ofMillis(500);
    private static final Duration TICK = Duration.ofMillis(100);

    private WatchdogFixture fixture;

    /** What a stalled attempt goes on sending. */
    enum Afterwards {
        NOTHING,
        THE_SAME_POSITION,
        A_STEP_BACK,
        TO_AND_FRO,
        ANOTHER_ESTIMATE_OF_THE_STEPS,
        AN_EARLIER_PHASE;

        Position next(int step, int round) {
            return switch (this) {
                case NOTHING, THE_SAME_POSITION -> denoising(step, STEPS);
                case A_STEP_BACK -> denoising(Math.max(0, step - 1), STEPS);
                case TO_AND_FRO -> denoising(round % 2 == 0 ? step : Math.max(0, step - 1), STEPS);
                case ANOTHER_ESTIMATE_OF_THE_STEPS -> denoising(step, STEPS + round + 1);
                case AN_EARLIER_PHASE -> new Position(Phase.ENCODING, round, 1_000);
            };
        }
    }

    @BeforeAll
    void start() {
        fixture = new WatchdogFixture();
    }

    @AfterAll
    void stop() {
        fixture.close();
    }

    static Stream<Arguments> stalls() {
        return Stream.of(0, 1, 25, 50, 75, 99)
                .flatMap(percent -> Stream.of(false, true)
                        .flatMap(heartbeats -> Stream.of(Afterwards.values())
                                .map(afterwards -> Arguments.of(percent, heartbeats, afterwards))));
    }

    @ParameterizedTest(name = "at {0} %, heartbeats: {1}, then {2}")
    @MethodSource("stalls")
    void aStallIsFoundAtItsDeadline(int percent, boolean heartbeats, Afterwards afterwards) {
        AttemptId stuck = attempt("stalls");
        fixture.watch(stuck);
        for (int step = 0; step <= percent; step++) {
            fixture.advanced(stuck, denoising(step, STEPS));
            fixture.pass(BETWEEN_STEPS);
        }

        int rounds = (int) STEP_TIMEOUT.minus(BETWEEN_STEPS).dividedBy(TICK) - 1;
        int idle = 0;
        for (int round = 0; round < rounds; round++) {
            if (afterwards != Afterwards.NOTHING) {
                fixture.advanced(stuck, afterwards.next(percent, round));
                idle++;
            }
            if (heartbeats) {
                fixture.heartbeat(stuck);
            }
            fixture.pass(TICK);
        }
        fixture.expectNoVerdict();
        fixture.pass(TICK);

        Stall stall = fixture.owner.expectMessageClass(Verdict.Cancel.class).stall();
        assertThat(stall.attempt()).isEqualTo(stuck);
        assertThat(stall.position()).isEqualTo(denoising(percent, STEPS));
        assertThat(stall.percent()).isEqualTo(percent);
        assertThat(stall.sinceAdvance()).isEqualTo(STEP_TIMEOUT);
        assertThat(stall.idleReports()).isEqualTo(idle);
        if (heartbeats) {
            assertThat(stall.sinceHeartbeat()).hasValue(TICK.multipliedBy(2));
        } else {
            assertThat(stall.sinceHeartbeat()).isEmpty();
        }
        assertThat(stall.origin()).isEqualTo("configured inference_step_timeout=15s");
        fixture.tell(new Watchdog.Unwatch(stuck));
        fixture.expectNoVerdict();
    }

    @ParameterizedTest
    @EnumSource(Phase.class)
    void everyPhaseHasItsOwnDeadline(Phase phase) {
        AttemptId stuck = attempt("phases");
        Duration limit = WatchdogFixture.TIMEOUTS.limit(phase).length();
        fixture.watch(stuck);
        fixture.advanced(stuck, Position.entering(phase, 3));
        fixture.pass(limit.minus(TICK));
        fixture.expectNoVerdict();
        fixture.pass(TICK);
        Stall stall = fixture.owner.expectMessageClass(Verdict.Cancel.class).stall();
        assertThat(stall.limit()).isEqualTo(limit);
        assertThat(stall.position().phase()).isEqualTo(phase);
        fixture.tell(new Watchdog.Unwatch(stuck));
    }

    @ParameterizedTest
    @EnumSource(Phase.class)
    void steadyProgressIsLeftInPeaceHoweverSlow(Phase phase) {
        AttemptId slow = attempt("steady");
        Duration nearlyTooSlow = WatchdogFixture.TIMEOUTS.limit(phase).length().minus(TICK);
        fixture.watch(slow);
        for (int step = 0; step <= 4; step++) {
            fixture.advanced(slow, new Position(phase, step, 4));
            fixture.pass(nearlyTooSlow);
        }
        fixture.expectNoVerdict();
        fixture.tell(new Watchdog.Unwatch(slow));
    }
}
