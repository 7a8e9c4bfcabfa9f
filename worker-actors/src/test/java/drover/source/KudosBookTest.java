package drover.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import drover.source.KudosBook.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Sums, rates within the last hour, and rates without idle time. */
final class KudosBookTest {
    private static final Instant START = Instant.parse("2026-11-21T06:00:00Z");

    private static Entry job(String model, double reward, int pictures, double seconds, long endsAfter) {
        return new Entry(model, reward, pictures, seconds, START.plusSeconds(endsAfter));
    }

    @Test
    void sumsAreOfTheSessionOfEachModelAndOfEver() {
        KudosBook book = new KudosBook(START, 1000);
        book.rewarded(job("A", 10, 2, 20, 30));
        book.rewarded(job("B", 30, 1, 10, 60));
        book.rewarded(job("A", 5, 1, 30, 90));

        assertThat(book.session()).isEqualTo(new KudosBook.Totals(3, 4, 45, 60));
        assertThat(book.session().perJob()).isEqualTo(15);
        assertThat(book.session().perSecond()).isEqualTo(0.75);
        assertThat(book.byModel().get("A")).isEqualTo(new KudosBook.Totals(2, 3, 15, 50));
        assertThat(book.byModel()).containsOnlyKeys("A", "B");
        assertThat(book.ever()).isEqualTo(1045);
    }

    @Test
    void theHourSlides() {
        KudosBook book = new KudosBook(START, 0);
        book.rewarded(job("A", 100, 1, 10, 600));
        assertThat(book.perHour(START.plusSeconds(1800)))
                .as("half an hour so far")
                .isEqualTo(200);

        book.rewarded(job("A", 50, 1, 10, 3600));
        assertThat(book.perHour(START.plusSeconds(3600))).isEqualTo(150);
        assertThat(book.perHour(START.plusSeconds(600 + 3600)))
                .as("the first is out")
                .isEqualTo(50);
        assertThat(book.perHour(START.plusSeconds(7200))).isZero();
        assertThat(book.session().kudos()).isEqualTo(150);
    }

    @Test
    void aSecondsLuckIsNoRate() {
        KudosBook book = new KudosBook(START, 0);
        book.rewarded(job("A", 10, 1, 1, 1));
        assertThat(book.perHour(START.plusSeconds(1))).isEqualTo(600);
        assertThat(book.perActiveHour()).isEqualTo(600);
    }

    @Test
    void idleTimeDoesNotCountAndWorkBesideEachOtherCountsOnce() {
        KudosBook book = new KudosBook(START, 0);
        book.rewarded(job("A", 10, 1, 120, 1200));
        book.rewarded(job("A", 10, 1, 60, 3000));
        book.rewarded(job("A", 10, 1, 500, 3300));

        assertThat(book.active()).isEqualTo(Duration.ofSeconds(120 + 500));
        assertThat(book.perActiveHour()).isCloseTo(30 * 3600 / 620.0, within(1e-9));
    }

    @Test
    void nothingIsNoRate() {
        KudosBook book = new KudosBook(START, 0);
        assertThat(book.perHour(START)).isZero();
        assertThat(book.perActiveHour()).isZero();
        assertThat(book.session().perJob()).isZero();
        assertThat(book.session().perSecond()).isZero();
    }

    @Property(tries = 200)
    void theTimeAtWorkIsThatOfAllSecondsWithAJob(@ForAll long seed, @ForAll @IntRange(min = 1, max = 200) int jobs) {
        Random random = new Random(seed);
        KudosBook book = new KudosBook(START, 0);
        BitSet busy = new BitSet();
        List<Integer> ends = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            ends.add(600 + random.nextInt(40_000));
        }
        ends.sort(null);
        for (int end : ends) {
            int seconds = 1 + random.nextInt(600);
            busy.set(end - seconds, end);
            book.rewarded(job("A", 1, 1, seconds, end));
        }

        assertThat(book.active()).isEqualTo(Duration.ofSeconds(busy.cardinality()));
    }
}
