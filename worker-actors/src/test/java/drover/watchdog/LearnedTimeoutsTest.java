package drover.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.job.AttemptTimings;
import drover.job.AttemptTimings.PhaseTime;
import drover.job.WorkKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LearnedTimeoutsTest {
    private static final WorkKind KIND = new WorkKind("m", 36, true);
    private static final Duration FLOOR = Duration.ofMillis(100);
    /** Two significant digits, as the histogram keeps. */
    private static final Percentage DIGITS = Percentage.withPercentage(1);

    private final LearnedTimeouts learned = new LearnedTimeouts(new LearningRules(true, FLOOR));

    @Test
    void afterFiftyStepsTheDeadlineIsFourTimesTheSlowestOfAThousand() {
        attempt("gpu0", KIND, 49, 200, 200);
        assertThat(learned.limits("gpu0", KIND)).isEmpty();
        attempt("gpu0", KIND, 1, 200, 200);

        LearnedLimit limit = learned.limits("gpu0", KIND).getFirst();

        assertThat(limit.phase()).isEqualTo(Phase.DENOISING);
        assertThat(limit.observations()).isEqualTo(50);
        assertThat((double) limit.length().toMillis()).isCloseTo(800, DIGITS);
        assertThat((double) limit.quantile().toMillis()).isCloseTo(200, DIGITS);
    }

    @Test
    void neverBelowTheFloorAndNeverBelowTheSlowestHealthyStep() {
        attempt("gpu0", KIND, 60, 1, 1);
        assertThat(learned.limits("gpu0", KIND).getFirst().length()).isEqualTo(FLOOR);

        // One in 6,000 is below the percentile, but such a step is known to be healthy.
        for (int i = 0; i < 99; i++) {
            attempt("gpu0", KIND, 60, 1, 1);
        }
        attempt("gpu0", KIND, 1, 900, 900);
        assertThat(learned.limits("gpu0", KIND).getFirst().length()).isEqualTo(Duration.ofMillis(900));
    }

    @Test
    void oneNodeIsNotJudgedByAnotherNorOneSizeByAnother() {
        attempt("gpu0", KIND, 60, 10, 10);

        assertThat(learned.limits("gpu1", KIND)).isEmpty();
        assertThat(learned.limits("gpu0", new WorkKind("m", 40, true))).isEmpty();
        assertThat(learned.limits("gpu0", new WorkKind("n", 36, true))).isEmpty();
    }

    @Test
    void loadingAndUploadingAreNotTheModelsOwnTime() {
        for (int i = 0; i < 100; i++) {
            learned.observe(
                    "gpu0",
                    KIND,
                    new AttemptTimings(List.of(
                            new PhaseTime(Phase.LOADING, Duration.ofMillis(1), 1, Duration.ofMillis(1)),
                            new PhaseTime(Phase.UPLOADING, Duration.ofMillis(1), 1, Duration.ofMillis(1)))));
        }
        assertThat(learned.limits("gpu0", KIND)).isEmpty();
    }

    @Test
    void switchedOffNothingIsLearned() {
        LearnedTimeouts off = new LearnedTimeouts(new LearningRules(false, FLOOR));
        off.observe("gpu0", KIND, timings(60, 10, 10));
        assertThat(off.limits("gpu0", KIND)).isEmpty();
        assertThat(off.rows()).isEmpty();
    }

    @Test
    void whatIsKnownIsShown() {
        attempt("gpu0", KIND, 20, 10, 10);

        assertThat(learned.rows()).singleElement().satisfies(row -> {
            assertThat(row.node()).isEqualTo("gpu0");
            assertThat(row.kind()).isEqualTo("0.26 MP, guided");
            assertThat(row.observations()).isEqualTo(20);
            assertThat(row.limit()).isEmpty();
        });
    }

    /** The learned limit is the one that the watchdog goes by, and its verdict says where it came from. */
    @Test
    void theWatchdogGoesByIt() {
        attempt("gpu0", KIND, 60, 1_000, 1_000);
        PhaseTimeouts timeouts = PhaseTimeouts.defaults().tightened(learned.limits("gpu0", KIND));
        WatchList list = new WatchList("node", () -> Instant.EPOCH);
        AttemptId attempt = new AttemptId(new JobId("j"), 1);
        list.watch(attempt, "m", timeouts, Rungs.FULL, 0);
        list.advanced(attempt, new Position(Phase.DENOISING, 1, 20), 0);

        assertThat(list.poll(seconds(3.9), seconds(3.9))).isEmpty();
        Optional<Verdict> verdict = list.poll(seconds(4.2), seconds(4.2));

        assertThat(verdict.orElseThrow().stall().origin())
                .startsWith("learned: p99.9 of 60 steps is ")
                .endsWith("tighter than default inference_step_timeout=15s");
    }

    /** Whatever was observed: a healthy step that has been seen before is never called a stall. */
    @Property
    void noStepThatWasSeenIsTooSlow(
            @ForAll @Size(min = 1, max = 100) List<@IntRange(min = 1, max = 20_000) Integer> steps) {
        LearnedTimeouts all = new LearnedTimeouts(new LearningRules(true, FLOOR));
        int slowest = 0;
        for (int millis : steps) {
            all.observe("gpu0", KIND, timings(1, millis, millis));
            slowest = Math.max(slowest, millis);
        }
        PhaseTimeouts timeouts = PhaseTimeouts.defaults().tightened(all.limits("gpu0", KIND));
        Duration configured = PhaseTimeouts.defaults().limit(Phase.DENOISING).length();
        Duration limit = timeouts.limit(Phase.DENOISING).length();

        assertThat(limit).isLessThanOrEqualTo(configured);
        assertThat(limit).isGreaterThanOrEqualTo(FLOOR);
        assertThat(limit.compareTo(configured) == 0 || limit.compareTo(Duration.ofMillis(slowest)) >= 0)
                .isTrue();
        if (steps.size() < PhaseTimeouts.MIN_OBSERVATIONS) {
            assertThat(limit).isEqualTo(configured);
        }
    }

    private void attempt(String node, WorkKind kind, int steps, long meanMillis, long longestMillis) {
        learned.observe(node, kind, timings(steps, meanMillis, longestMillis));
    }

    private static AttemptTimings timings(int steps, long meanMillis, long longestMillis) {
        Duration total = Duration.ofMillis(meanMillis * (steps - 1) + longestMillis);
        return new AttemptTimings(
                List.of(new PhaseTime(Phase.DENOISING, total, steps, Duration.ofMillis(longestMillis))));
    }

    private static long seconds(double s) {
        return (long) (s * 1e9);
    }
}
