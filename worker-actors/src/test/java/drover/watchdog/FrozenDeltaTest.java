package drover.watchdog;

import static drover.watchdog.WatchdogFixture.STEP_TIMEOUT;
import static drover.watchdog.WatchdogFixture.attempt;
import static drover.watchdog.WatchdogFixture.denoising;
import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AttemptId;
import drover.inference.Phase;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A known defect: a worker compared its timeout with the gap between the last two heartbeats, which was only worked out
 * when a heartbeat <em>arrived</em>. Silence could never trip it, and the heartbeat that ended a long step condemned a
 * healthy process.
 */
class FrozenDeltaTest {
    private final WatchdogFixture fixture = new WatchdogFixture();
    private final AttemptId job = attempt("frozen");

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void silenceTripsTheDeadline() {
        fixture.watch(job);
        fixture.advanced(job, denoising(4, 20));
        fixture.heartbeat(job);
        fixture.pass(Duration.ofSeconds(1));
        fixture.advanced(job, denoising(5, 20));
        fixture.heartbeat(job);

        fixture.pass(STEP_TIMEOUT);

        Stall stall = fixture.owner.expectMessageClass(Verdict.Cancel.class).stall();
        assertThat(stall.sinceAdvance()).isEqualTo(STEP_TIMEOUT);
        assertThat(stall.sinceHeartbeat()).hasValue(STEP_TIMEOUT);
    }

    @Test
    void silenceTripsTheDeadlineEvenIfNothingIsEverHeardAtAll() {
        fixture.watch(job);
        fixture.pass(PhaseTimeouts.PRELOAD);
        Stall stall = fixture.owner.expectMessageClass(Verdict.Cancel.class).stall();
        assertThat(stall.position().phase()).isEqualTo(Phase.STARTING);
        assertThat(stall.sinceHeartbeat()).isEmpty();
    }

    @Test
    void theSlowStepThatHasJustArrivedIsAnAdvance() {
        fixture.watch(job);
        fixture.advanced(job, denoising(4, 20));
        for (int step = 5; step <= 20; step++) {
            fixture.pass(STEP_TIMEOUT.minusMillis(1));
            fixture.heartbeat(job);
            fixture.advanced(job, denoising(step, 20));
            fixture.expectNoVerdict();
        }
    }

    @ParameterizedTest(name = "the step comes before the timer: {0}")
    @ValueSource(booleans = {true, false})
    void theSlowStepThatIsInTheMailboxWhenItsDeadlineIsLookedAtIsAnAdvance(boolean stepFirst) {
        fixture.watch(job);
        fixture.advanced(job, denoising(4, 20));
        fixture.pass(STEP_TIMEOUT.minusMillis(1));
        fixture.whileBusy(() -> {
            if (stepFirst) {
                fixture.advanced(job, denoising(5, 20));
            }
            fixture.time.jump(Duration.ofMillis(1));
            if (!stepFirst) {
                fixture.advanced(job, denoising(5, 20));
            }
        });
        fixture.expectNoVerdict();
        assertThat(fixture.counts().advances()).isEqualTo(2);

        fixture.pass(STEP_TIMEOUT);
        Stall stall = fixture.owner.expectMessageClass(Verdict.Cancel.class).stall();
        assertThat(stall.position()).isEqualTo(denoising(5, 20));
        assertThat(stall.sinceAdvance()).isEqualTo(STEP_TIMEOUT);
    }
}
