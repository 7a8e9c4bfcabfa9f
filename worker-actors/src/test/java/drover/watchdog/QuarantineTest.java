package drover.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import drover.watchdog.Quarantine.Policy;
import drover.watchdog.Quarantine.Standing;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class QuarantineTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    private static final Policy POLICY = new Policy(
            4, Duration.ofMinutes(10), Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofMinutes(5), 2);

    @Test
    void theWaitDoublesUpToTheLongest() {
        assertThat(IntStream.rangeClosed(0, 10).mapToObj(n -> POLICY.backOff(n).toSeconds()))
                .containsExactly(0L, 0L, 1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L);
        assertThat(POLICY.backOff(Integer.MAX_VALUE)).isEqualTo(Duration.ofSeconds(60));
    }

    @Test
    void aFreshGpuIsReadyAndTheFirstFailureCostsNoWait() {
        Quarantine gpu = Quarantine.clear(POLICY);
        assertThat(gpu.standing(NOW)).isEqualTo(new Standing.Ready());
        assertThat(gpu.failed(NOW, "stall").standing(NOW)).isEqualTo(new Standing.Ready());
    }

    @Test
    void furtherFailuresInARowWaitLonger() {
        Quarantine gpu = failed(Quarantine.clear(POLICY), 3);
        assertThat(gpu.standing(NOW)).isEqualTo(new Standing.BackingOff(NOW.plusSeconds(2), 3));
        assertThat(gpu.standing(NOW.plusSeconds(2))).isEqualTo(new Standing.Ready());
        assertThat(gpu.worked(NOW).standing(NOW)).isEqualTo(new Standing.Ready());
    }

    @Test
    void tooManyWithinTheWindowTakeItOutEvenIfSomethingWorkedInBetween() {
        Quarantine gpu = failed(failed(Quarantine.clear(POLICY), 3).worked(NOW), 1);
        assertThat(gpu.standing(NOW)).isInstanceOfSatisfying(Standing.Quarantined.class, out -> {
            assertThat(out.lock().until()).hasValue(NOW.plus(Duration.ofMinutes(5)));
            assertThat(out.lock().reason()).isEqualTo("4 failures within 600s, the last one: stall");
        });
    }

    @Test
    void failuresOutsideTheWindowAreForgotten() {
        Quarantine gpu = Quarantine.clear(POLICY);
        Instant at = NOW;
        for (int i = 0; i < 50; i++) {
            at = at.plus(Duration.ofMinutes(10).dividedBy(3));
            gpu = gpu.failed(at, "stall");
            assertThat(gpu.lock()).isEmpty();
            assertThat(gpu.failures()).hasSizeLessThan(4);
        }
    }

    @Test
    void onProbationOneFailurePutsItBackForTwiceAsLongAndInTheEndUntilAnOperatorComes() {
        Quarantine gpu = failed(Quarantine.clear(POLICY), 4);
        Instant second = NOW.plus(Duration.ofMinutes(5));
        assertThat(gpu.standing(second)).isEqualTo(new Standing.Ready());
        gpu = gpu.failed(second, "stall");
        assertThat(gpu.lock().orElseThrow().until()).hasValue(second.plus(Duration.ofMinutes(10)));
        Instant third = second.plus(Duration.ofMinutes(10));
        gpu = gpu.failed(third, "stall");
        assertThat(gpu.lock().orElseThrow().until()).isEmpty();
        assertThat(gpu.standing(third.plus(Duration.ofDays(365)))).isInstanceOf(Standing.Quarantined.class);
        assertThat(gpu.worked(third).standing(third)).isInstanceOf(Standing.Quarantined.class);
        assertThat(gpu.cleared()).isEqualTo(Quarantine.clear(POLICY));
    }

    @Test
    void somethingThatWorksEndsProbation() {
        Instant later = NOW.plus(Duration.ofMinutes(30));
        Quarantine gpu = failed(Quarantine.clear(POLICY), 4).worked(later).failed(later, "stall");
        assertThat(gpu.standing(later)).isEqualTo(new Standing.Ready());
    }

    @Test
    void whatAnOperatorTakesOutOnlyAnOperatorLetsIn() {
        Quarantine gpu = Quarantine.clear(POLICY).ordered(NOW, "fan is rattling");
        assertThat(gpu.failed(NOW, "stall").worked(NOW).standing(NOW.plus(Duration.ofDays(365))))
                .isInstanceOfSatisfying(
                        Standing.Quarantined.class,
                        out -> assertThat(out.lock().reason()).isEqualTo("fan is rattling"));
        assertThat(gpu.cleared().standing(NOW)).isEqualTo(new Standing.Ready());
    }

    @Property(tries = 300)
    void aGpuIsNeverStartedMoreOftenThanThePolicyAllows(
            @ForAll @Size(max = 60) List<@IntRange(max = 120) Integer> pauses) {
        Quarantine gpu = Quarantine.clear(POLICY);
        Instant at = NOW;
        Instant windowStart = NOW;
        int startsInWindow = 0;
        for (int pause : pauses) {
            at = at.plusSeconds(pause);
            if (at.isAfter(windowStart.plus(POLICY.window()))) {
                windowStart = at;
                startsInWindow = 0;
            }
            if (gpu.standing(at) instanceof Standing.Ready) {
                startsInWindow++;
                gpu = gpu.failed(at, "dies at once");
            }
            assertThat(startsInWindow).isLessThanOrEqualTo(POLICY.failures() + 2);
        }
    }

    @Test
    void uselessPoliciesAreRefused() {
        Duration second = Duration.ofSeconds(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Policy(0, second, second, second, second, 0))
                .withMessageContaining("failures must be at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Policy(1, second, second, second, second, 21))
                .withMessageContaining("releases must be 0 to 20");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Policy(1, Duration.ZERO, second, second, second, 0))
                .withMessageContaining("window must be more than 0 s");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Policy(1, second, second, Duration.ofMillis(999), second, 0))
                .withMessageContaining("must not be shorter than the first");
    }

    private static Quarantine failed(Quarantine gpu, int times) {
        Quarantine after = gpu;
        for (int i = 0; i < times; i++) {
            after = after.failed(NOW, "stall");
        }
        return after;
    }
}
