package drover.watchdog;

import static drover.watchdog.WatchdogFixture.CANCEL_GRACE;
import static drover.watchdog.WatchdogFixture.STEP_TIMEOUT;
import static drover.watchdog.WatchdogFixture.TIMEOUTS;
import static drover.watchdog.WatchdogFixture.attempt;
import static drover.watchdog.WatchdogFixture.denoising;
import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AttemptId;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A known defect: a worker faulted the first job that it found in its table, not the one whose process was stuck; the
 * healthy job was lost and the hung one leaked.
 */
class WrongVictimTest {
    private static final Duration BETWEEN_STEPS = Duration.ofSeconds(1);

    private final WatchdogFixture fixture = new WatchdogFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @ParameterizedTest(name = "the stuck one is watched first: {0}")
    @ValueSource(booleans = {true, false})
    void onlyTheStuckAttemptGetsVerdicts(boolean stuckFirst) {
        AttemptId stuck = attempt("stuck");
        AttemptId healthy = attempt("healthy");
        TestProbe<Verdict> ownerOfStuck = fixture.kit.createTestProbe();
        TestProbe<Verdict> ownerOfHealthy = fixture.kit.createTestProbe();
        var watchStuck = new Watchdog.Watch(stuck, "emoji", TIMEOUTS, Rungs.FULL, ownerOfStuck.ref());
        var watchHealthy = new Watchdog.Watch(healthy, "emoji", TIMEOUTS, Rungs.FULL, ownerOfHealthy.ref());
        fixture.tell(stuckFirst ? watchStuck : watchHealthy);
        fixture.tell(stuckFirst ? watchHealthy : watchStuck);
        fixture.advanced(stuck, denoising(7, 100));

        int steps = (int) STEP_TIMEOUT.plus(CANCEL_GRACE).dividedBy(BETWEEN_STEPS);
        for (int step = 0; step <= steps; step++) {
            fixture.advanced(healthy, denoising(step, 100));
            // The stuck one may go on sending; that must not harm the other either.
            fixture.heartbeat(stuck);
            fixture.advanced(stuck, denoising(7, 100));
            fixture.pass(BETWEEN_STEPS);
        }

        assertThat(ownerOfStuck.expectMessageClass(Verdict.Cancel.class).stall().attempt())
                .isEqualTo(stuck);
        assertThat(ownerOfStuck
                        .expectMessageClass(Verdict.ReplaceProcess.class)
                        .stall()
                        .attempt())
                .isEqualTo(stuck);
        ownerOfStuck.expectNoMessage(Duration.ZERO);
        ownerOfHealthy.expectNoMessage(Duration.ZERO);
        assertThat(fixture.rows())
                .filteredOn(row -> row.attempt().equals(healthy))
                .singleElement()
                .satisfies(row -> {
                    assertThat(row.rung()).isEqualTo(Rung.WATCHING);
                    assertThat(row.position()).isEqualTo(denoising(steps, 100));
                });
    }
}
