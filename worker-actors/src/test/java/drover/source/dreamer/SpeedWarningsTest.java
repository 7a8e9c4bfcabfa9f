package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SpeedWarningsTest {
    private static final long ORDINARY = 512 * 512 * 30;

    private final SpeedWarnings warnings = new SpeedWarnings();

    private static SpeedWarnings.Answered job(double reward, double workSeconds, long pixelSteps, double seconds) {
        return new SpeedWarnings.Answered(
                reward, Duration.ofMillis((long) (workSeconds * 1000)), pixelSteps, Duration.ofMillis((long)
                        (seconds * 1000)));
    }

    @Test
    void slownessIsSaidWhenItBegins() {
        assertThat(warnings.of(job(10, 24, ORDINARY, 30), false)).isEmpty();
        assertThat(warnings.of(job(10, 26, ORDINARY, 30), false))
                .hasValueSatisfying(
                        said -> assertThat(said).contains("0.38 kudos a second", "suppress_speed_warnings"));
        assertThat(warnings.of(job(10, 40, ORDINARY, 50), false))
                .as("said already")
                .isEmpty();
        assertThat(warnings.of(job(10, 5, ORDINARY, 6), false)).isEmpty();
        assertThat(warnings.of(job(10, 40, ORDINARY, 50), false))
                .as("it begins again")
                .isPresent();
    }

    @Test
    void whoWantsNoWordOfItGetsNone() {
        assertThat(warnings.of(job(10, 400, ORDINARY, 500), true)).isEmpty();
    }

    @Test
    void whatIsNotPaidIsNotSlow() {
        assertThat(warnings.of(job(0, 400, ORDINARY, 500), false)).isEmpty();
    }

    /** The server suspects workers beyond 20 megapixel-steps a second, and pauses those of strangers. */
    @Test
    void whatTheServerDoesNotBelieveIsSaidOnce() {
        assertThat(warnings.of(job(10, 0.3, ORDINARY, 0.40), false)).isEmpty();
        assertThat(warnings.of(job(10, 0.3, ORDINARY, 0.38), true))
                .hasValueSatisfying(said -> assertThat(said).contains("faster than the server believes"));
        assertThat(warnings.of(job(10, 0.1, ORDINARY, 0.2), true)).isEmpty();
    }
}
