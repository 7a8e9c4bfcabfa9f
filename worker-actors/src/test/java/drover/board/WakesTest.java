package drover.board;

import static org.assertj.core.api.Assertions.assertThat;

import drover.board.Wakes.Wake;
import drover.inference.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WakesTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");

    private final Set<JobId> open = new HashSet<>();
    private final Wakes wakes = new Wakes(open::contains);

    @Test
    void jobsThatHaveEndedLeaveNothingBehindForLong() {
        // Each job wakes the board a week later, and ends at once; ten of them stay.
        IntStream.range(0, 100_000).forEach(i -> {
            JobId job = new JobId("j" + i);
            open.add(job);
            wakes.add(new Wake(T0.plus(Duration.ofDays(7)).plusSeconds(i), job, false));
            if (i % 10_000 != 0) {
                open.remove(job);
            }
            assertThat(wakes.size()).isLessThanOrEqualTo(Wakes.FEW);
        });

        assertThat(IntStream.range(0, 10)
                        .mapToObj(i -> wakes.takeDue(Instant.MAX).orElseThrow().job()))
                .containsExactlyElementsOf(IntStream.range(0, 10)
                        .mapToObj(i -> new JobId("j" + i * 10_000))
                        .toList());
        assertThat(wakes.takeDue(Instant.MAX)).isEmpty();
    }

    @Test
    void manyOpenJobsAreNotLookedAtAgainAndAgain() {
        int[] looks = {0};
        Wakes many = new Wakes(job -> {
            looks[0]++;
            return true;
        });

        IntStream.range(0, 100_000).forEach(i -> many.add(new Wake(T0.plusSeconds(i), new JobId("j" + i), false)));

        assertThat(many.size()).isEqualTo(100_000);
        assertThat(looks[0]).isLessThan(200_000);
    }

    @Test
    void whatIsDueComesInItsOrderAndNotBefore() {
        JobId first = new JobId("first");
        JobId second = new JobId("second");
        JobId ended = new JobId("ended");
        open.addAll(Set.of(first, second));
        wakes.add(new Wake(T0.plusSeconds(2), second, true));
        wakes.add(new Wake(T0, ended, false));
        wakes.add(new Wake(T0.plusSeconds(1), first, false));

        assertThat(wakes.next()).isEqualTo(T0.plusSeconds(1));
        assertThat(wakes.takeDue(T0)).isEmpty();
        assertThat(wakes.takeDue(T0.plusSeconds(1)).map(Wake::job)).contains(first);
        assertThat(wakes.takeDue(T0.plusSeconds(1))).isEmpty();
        assertThat(wakes.takeDue(T0.plusSeconds(9))).isEqualTo(Optional.of(new Wake(T0.plusSeconds(2), second, true)));
        assertThat(wakes.next()).isEqualTo(Instant.MAX);
    }
}
