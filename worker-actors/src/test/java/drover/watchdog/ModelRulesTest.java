package drover.watchdog;

import static drover.watchdog.WatchdogFixture.attempt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ModelRulesTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    @Test
    void severalJobsOnSeveralGpusPutTheBlameOnTheModel() {
        assertThat(judge(strike("a", "gpu0", 2), strike("b", "gpu1", 1)))
                .hasValue("stalled 2 GPUs with 2 jobs within 3600s, and nothing worked in between");
    }

    @Test
    void onePoisonousJobSaysNothingAboutItsModel() {
        assertThat(judge(strike("a", "gpu0", 2), strike("a", "gpu1", 1))).isEmpty();
    }

    @Test
    void oneBadGpuSaysNothingAboutItsModels() {
        assertThat(judge(strike("a", "gpu0", 2), strike("b", "gpu0", 1))).isEmpty();
    }

    @Test
    void whatLiesFarBackOrBeforeASuccessIsForgiven() {
        List<Strike> strikes = List.of(strike("a", "gpu0", 61), strike("b", "gpu1", 1));
        assertThat(ModelRules.DEFAULT.withdraw(strikes, Optional.empty(), NOW)).isEmpty();
        List<Strike> recent = List.of(strike("a", "gpu0", 5), strike("b", "gpu1", 1));
        assertThat(ModelRules.DEFAULT.withdraw(recent, Optional.of(NOW.minusSeconds(120)), NOW))
                .isEmpty();
        assertThat(ModelRules.DEFAULT.withdraw(recent, Optional.of(NOW.minusSeconds(600)), NOW))
                .isPresent();
    }

    @Test
    void uselessRulesAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ModelRules(0, 1, Duration.ofHours(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> new ModelRules(1, 1, Duration.ZERO));
    }

    private static Optional<String> judge(Strike... strikes) {
        return ModelRules.DEFAULT.withdraw(List.of(strikes), Optional.empty(), NOW);
    }

    private static Strike strike(String job, String gpu, int minutesAgo) {
        return new Strike(attempt(job), "emoji", gpu, NOW.minus(Duration.ofMinutes(minutesAgo)));
    }
}
