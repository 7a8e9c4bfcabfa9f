package drover.node;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.Phase;
import drover.inference.Position;
import drover.job.AttemptTimings;
import drover.job.AttemptTimings.PhaseTime;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class AttemptTimerTest {
    private static final long MS = 1_000_000;

    @Test
    void everyPhaseHasItsTimeItsStepsAndItsLongestStep() {
        AttemptTimer timer = new AttemptTimer(1_000 * MS);
        timer.advanced(new Position(Phase.LOADING, 0, 1), 1_010 * MS);
        timer.advanced(new Position(Phase.LOADING, 1, 1), 1_110 * MS);
        timer.advanced(new Position(Phase.DENOISING, 0, 3), 1_111 * MS);
        timer.advanced(new Position(Phase.DENOISING, 1, 3), 1_131 * MS);
        timer.advanced(new Position(Phase.DENOISING, 1, 3), 1_140 * MS);
        timer.advanced(new Position(Phase.DENOISING, 2, 3), 1_181 * MS);
        timer.advanced(new Position(Phase.DENOISING, 3, 3), 1_191 * MS);
        timer.advanced(new Position(Phase.DECODING, 0, 1), 1_192 * MS);

        AttemptTimings timings = timer.timings(1_200 * MS);

        assertThat(timings.phases())
                .containsExactly(
                        time(Phase.STARTING, 10, 1, 10),
                        time(Phase.LOADING, 101, 1, 100),
                        time(Phase.DENOISING, 81, 3, 50),
                        time(Phase.DECODING, 8, 1, 8));
        assertThat(timings.total(Set.of(Phase.STARTING, Phase.LOADING))).isEqualTo(Duration.ofMillis(111));
    }

    @Property
    void noTimeIsLostAndNoneCountsTwice(
            @ForAll @Size(max = 40) List<@IntRange(max = 50) Integer> steps,
            @ForAll @Size(min = 1, max = 40) List<@IntRange(max = 1000) Integer> gaps) {
        AttemptTimer timer = new AttemptTimer(0);
        long now = 0;
        for (int i = 0; i < steps.size(); i++) {
            now += gaps.get(i % gaps.size());
            // Positions may also repeat or swing back.
            timer.advanced(
                    new Position(List.of(Phase.values()).get(steps.get(i) % Phase.values().length), steps.get(i), 50),
                    now);
        }
        AttemptTimings timings = timer.timings(now + 7);

        assertThat(timings.phases().stream().mapToLong(p -> p.total().toNanos()).sum())
                .isEqualTo(now + 7);
        assertThat(timings.phases()).allMatch(p -> p.longest().compareTo(p.total()) <= 0);
        assertThat(timings.phases()).isSortedAccordingTo(Comparator.comparing(PhaseTime::phase));
    }

    private static PhaseTime time(Phase phase, long total, int steps, long longest) {
        return new PhaseTime(phase, Duration.ofMillis(total), steps, Duration.ofMillis(longest));
    }
}
