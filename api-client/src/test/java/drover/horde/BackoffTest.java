package drover.horde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Property
    void itGrowsToItsLimitLessTheJitter(
            @ForAll @IntRange(min = 1, max = Integer.MAX_VALUE) int failures,
            @ForAll @LongRange(min = 1, max = 100_000) long first,
            @ForAll @IntRange(max = 10) int tenths,
            @ForAll long seed) {
        double jitter = tenths / 10.0;
        Duration longest = Duration.ofMillis(first * 100);
        Duration wait = new Backoff(Duration.ofMillis(first), longest, jitter).after(failures, new Random(seed));
        double full = Math.min(first * Math.pow(2, failures - 1.0), first * 100.0);
        assertThat(wait.toMillis()).isBetween((long) (full * (1 - jitter)) - 1, Math.round(full));
    }

    @Test
    void workersThatFailTogetherDoNotComeBackTogether() {
        Backoff backoff = Backoff.POP;
        assertThat(backoff.after(3, new Random(1))).isNotEqualTo(backoff.after(3, new Random(2)));
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(() -> new Backoff(Duration.ZERO, Duration.ofSeconds(1), 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1), 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(1), 1.5))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
