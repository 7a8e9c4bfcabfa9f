package drover.source.appetite;

import static org.assertj.core.api.Assertions.assertThat;

import drover.source.appetite.PopFailure.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** How long a worker waits between two pops. */
final class PacingTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final Pacing pacing = new Pacing(new SplittableRandom(1));

    private double waits(Kind kind) {
        return waits(kind, Optional.empty());
    }

    private double waits(Kind kind, Optional<Duration> asked) {
        pacing.failed(NOW, new PopFailure(kind, asked));
        return Pacing.seconds(Duration.between(NOW, pacing.next()));
    }

    @Test
    void anIdleWorkerAsksAboutEverySecondAndLaterEveryOther() {
        for (int i = 0; i < 60; i++) {
            pacing.popped(NOW, false);
            assertThat(pacing.next()).isBetween(NOW.plusMillis(900), NOW.plusMillis(1100));
        }
        pacing.popped(NOW, false);
        assertThat(pacing.next()).isBetween(NOW.plusMillis(1800), NOW.plusMillis(2200));
        pacing.popped(NOW, true);
        assertThat(pacing.next()).isEqualTo(NOW.plusMillis(100));
    }

    @Property
    void troubleMakesItLaterAndLaterUpToAMinute(@ForAll long seed) {
        Pacing any = new Pacing(new SplittableRandom(seed));
        for (int i = 0; i < 40; i++) {
            any.failed(NOW, new PopFailure(Kind.TROUBLE, Optional.empty()));
            double wait = Pacing.seconds(Duration.between(NOW, any.next()));
            double expected = Math.min(60, 5 * Math.pow(2, i));
            assertThat(wait).isBetween(expected * 0.8, expected * 1.2);
        }
    }

    @Test
    void aGoodAnswerEndsIt() {
        waits(Kind.TROUBLE);
        waits(Kind.TROUBLE);
        pacing.popped(NOW, false);

        assertThat(waits(Kind.TROUBLE)).isBetween(4.0, 6.0);
    }

    @Test
    void twoWorkersDoNotComeAtOnce() {
        Pacing other = new Pacing(new SplittableRandom(2));
        PopFailure trouble = new PopFailure(Kind.TROUBLE, Optional.empty());
        pacing.failed(NOW, trouble);
        other.failed(NOW, trouble);

        assertThat(pacing.next()).isNotEqualTo(other.next());
    }

    @Test
    void whatTheServerAsksForIsHonoured() {
        assertThat(waits(Kind.RATE_LIMITED, Optional.of(Duration.ofSeconds(90))))
                .isEqualTo(90);
        assertThat(waits(Kind.TROUBLE, Optional.of(Duration.ofMinutes(2)))).isEqualTo(120);
        assertThat(waits(Kind.RATE_LIMITED, Optional.of(Duration.ZERO)))
                .as("it may ask for nothing at all")
                .isGreaterThan(1);
    }

    @Test
    void inMaintenanceItAsksSlowly() {
        assertThat(waits(Kind.MAINTENANCE)).isBetween(30.0, 60.0);
    }

    @Test
    void whatIsNotAcceptedIsTriedEveryFewMinutesAndWhatIsRefusedNotAtAll() {
        assertThat(waits(Kind.NOT_ACCEPTED)).isBetween(200.0, 300.0);
        assertThat(waits(Kind.TIMED_OUT_ADDRESS)).isGreaterThanOrEqualTo(270);
        pacing.failed(NOW, new PopFailure(Kind.REFUSED, Optional.empty()));
        assertThat(pacing.next()).isEqualTo(Instant.MAX);
        pacing.reset();
        assertThat(pacing.next()).isBefore(NOW);
    }
}
