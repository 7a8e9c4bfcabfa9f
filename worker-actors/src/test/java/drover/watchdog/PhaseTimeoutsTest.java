package drover.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import drover.inference.Phase;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PhaseTimeoutsTest {
    @ParameterizedTest
    @CsvSource({
        "STARTING,        PT80S,  default preload_timeout=80s",
        "DOWNLOADING,     PT121S, default download_timeout=121s",
        "LOADING,         PT80S,  default preload_timeout=80s",
        "ENCODING,        PT30S,  default encode_timeout=30s",
        "DENOISING,       PT15S,  default inference_step_timeout=15s",
        "GENERATING,      PT15S,  default inference_step_timeout=15s",
        "DECODING,        PT60S,  default decode_timeout=60s",
        "POST_PROCESSING, PT63S,  default post_process_timeout=63s",
        "CHECKING,        PT60S,  default check_timeout=60s",
        "UPLOADING,       PT60S,  default upload_timeout=60s"
    })
    void defaultsFollowTheHordeWorkersKeys(Phase phase, Duration length, String origin) {
        assertThat(PhaseTimeouts.defaults().limit(phase)).isEqualTo(new PhaseTimeouts.Limit(length, origin));
    }

    @ParameterizedTest
    @EnumSource(Phase.class)
    void everyPhaseHasASettingThatReachesIt(Phase phase) {
        Duration odd = Duration.ofMillis(1234);
        PhaseTimeouts all = PhaseTimeouts.builder()
                .inferenceStep(odd)
                .preload(odd)
                .download(odd)
                .postProcess(odd)
                .encode(odd)
                .decode(odd)
                .check(odd)
                .upload(odd)
                .build();
        assertThat(all.limit(phase).length()).isEqualTo(odd);
        assertThat(all.limit(phase).origin()).startsWith("configured ").endsWith("_timeout=1.234s");
    }

    @Property(tries = 200)
    void whatIsLearnedNeverLoosens(
            @ForAll Phase phase,
            @ForAll @LongRange(min = 1, max = 200_000) long millis,
            @ForAll @IntRange(max = 200) int observations) {
        PhaseTimeouts configured = PhaseTimeouts.defaults();
        Duration learned = Duration.ofMillis(millis);
        PhaseTimeouts both =
                configured.tightened(List.of(new LearnedLimit(phase, learned, observations, learned.dividedBy(4))));
        boolean counts = observations >= PhaseTimeouts.MIN_OBSERVATIONS
                && learned.compareTo(configured.limit(phase).length()) < 0;
        assertThat(both.limit(phase).length())
                .isEqualTo(counts ? learned : configured.limit(phase).length());
        for (Phase other : Phase.values()) {
            if (other != phase) {
                assertThat(both.limit(other)).isEqualTo(configured.limit(other));
            }
        }
    }

    @Test
    void aLearnedTimeoutSaysWhereItComesFrom() {
        assertThat(PhaseTimeouts.defaults()
                        .tightened(List.of(
                                new LearnedLimit(Phase.DENOISING, Duration.ofMillis(2500), 80, Duration.ofMillis(625))))
                        .limit(Phase.DENOISING)
                        .origin())
                .isEqualTo("learned: p99.9 of 80 steps is 0.625s, tighter than default inference_step_timeout=15s");
    }

    @Test
    void theOuterWatchdogComesAfterTheWholeInnerLadder() {
        PhaseTimeouts inner = PhaseTimeouts.builder()
                .inferenceStep(Duration.ofSeconds(20))
                .cancelGrace(Duration.ofSeconds(3))
                .restartGrace(Duration.ofSeconds(4))
                .build();
        PhaseTimeouts.Limit outer = inner.fromOutside(Duration.ofSeconds(2)).limit(Phase.DENOISING);
        assertThat(outer.length()).isEqualTo(Duration.ofSeconds(29));
        assertThat(outer.origin()).isEqualTo("configured inference_step_timeout=20s + 9s for the node's own ladder");
    }

    @ParameterizedTest
    @CsvSource({"PT0S", "PT-1S", "PT24H0.001S"})
    void uselessTimeoutsAreRefused(Duration length) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PhaseTimeouts.builder().decode(length))
                .withMessageContaining("decode_timeout")
                .withMessageContaining("more than 0 s and at most 86400 s");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PhaseTimeouts.builder().cancelGrace(length).build())
                .withMessageContaining("cancel_grace");
    }
}
