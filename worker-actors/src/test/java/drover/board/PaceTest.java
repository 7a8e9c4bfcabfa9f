package drover.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import drover.inference.AttemptId;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.Sampler;
import drover.job.AttemptEnd;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.job.AttemptTimings.PhaseTime;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is too late is not started, and what is too slow is handed over. */
class PaceTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final SlotId SLOW = new SlotId("slow", 1, 0);
    private static final SlotId FAST = new SlotId("fast", 1, 0);
    private static final Set<String> M = Set.of("m");

    private final Board board = new Board(BoardSettings.DEFAULT);
    private int jobs;

    @Test
    void theFasterOfTwoIdleNodesGetsTheJob() {
        learn(SLOW, 10);
        learn(FAST, 1);
        board.idle(SLOW, M, M, false, T0);
        board.idle(FAST, M, M, false, T0);

        assertThat(offer(take("a", 600)).slot()).isEqualTo(FAST);
    }

    @Test
    void aModelInMemoryGoesBeforeSpeedAndReliability() {
        learn(SLOW, 10);
        learn(FAST, 1);
        board.idle(FAST, M, Set.of(), false, T0);
        board.idle(SLOW, M, M, false, T0);

        assertThat(offer(take("a", 600)).slot()).isEqualTo(SLOW);
    }

    @Test
    void reliabilityGoesBeforeSpeed() {
        learn(SLOW, 10);
        learn(FAST, 1);
        AttemptId failed = give(FAST, 600);
        board.ended(FAST, failed, AttemptEnd.unmeasured(AttemptOutcome.FAILED, "c", "failed"), T0);
        board.cancel(failed.job(), T0);
        board.idle(FAST, M, M, false, T0);
        board.idle(SLOW, M, M, false, T0);

        assertThat(offer(take("a", 600)).slot()).isEqualTo(SLOW);
    }

    @Test
    void aJobThatNoNodeCanDoInTimeIsExpiredWithAReasonAndNotStarted() {
        learn(SLOW, 10);
        board.idle(SLOW, M, M, false, T0);

        List<BoardAction> actions = take("a", 7);

        assertThat(actions)
                .singleElement()
                .isInstanceOfSatisfying(
                        BoardAction.Write.class,
                        write -> assertThat(write.event())
                                .isInstanceOfSatisfying(
                                        JobEvent.Expired.class,
                                        expired -> assertThat(expired.reason())
                                                .contains("not started", "about 10.0 s", "only 7.0 s away")));
        // At 80 % of what is foretold it would still be in time.
        assertThat(offer(take("b", 9)).slot()).isEqualTo(SLOW);
    }

    @Test
    void nothingIsForetoldFromTooFewAttempts() {
        for (int i = 1; i < Pace.ENOUGH; i++) {
            produce(SLOW, 10);
        }
        board.idle(SLOW, M, M, false, T0);

        assertThat(offer(take("a", 1)).slot()).isEqualTo(SLOW);
    }

    @Test
    void aJobThatTheSlowNodeCannotDoInTimeWaitsForTheFastOne() {
        learn(SLOW, 10);
        learn(FAST, 1);
        AttemptId busy = give(FAST, 600);
        board.idle(SLOW, M, M, false, T0);
        assertThat(take("a", 5)).isEmpty();

        board.produced(FAST, busy, List.of(), timings(1), T0);
        assertThat(offer(board.idle(FAST, M, M, false, T0)).attempt().job()).isEqualTo(new JobId("a"));
    }

    @Test
    void loadingCountsWhereTheModelIsNotInMemory() {
        Pace pace = new Pace(Duration.ofMinutes(30));
        Job job = job("a", 600);
        Entry entry = new Entry(job);
        AttemptTimings cold = new AttemptTimings(List.of(
                new PhaseTime(Phase.LOADING, Duration.ofSeconds(5), 1, Duration.ofSeconds(5)),
                new PhaseTime(Phase.DENOISING, Duration.ofSeconds(2), 20, Duration.ofMillis(100)),
                new PhaseTime(Phase.DECODING, Duration.ofSeconds(1), 1, Duration.ofSeconds(1))));
        for (int i = 0; i < Pace.ENOUGH; i++) {
            pace.worked("n", entry.kind, entry.work, cold, true, T0);
        }

        assertThat(pace.estimate("n", entry.kind, entry.work, true)).contains(Duration.ofSeconds(3));
        assertThat(pace.estimate("n", entry.kind, entry.work, false)).contains(Duration.ofSeconds(8));
        assertThat(pace.estimate("n", entry.kind, 2 * entry.work, true)).contains(Duration.ofSeconds(5));
        assertThat(pace.speed("n", "m").orElseThrow()).isEqualTo(entry.work / 3.0, within(1e-6));
    }

    @Test
    void aSpeedOfLateWeighsMoreThanAnOldOne() {
        Pace pace = new Pace(Duration.ofMinutes(30));
        Entry entry = new Entry(job("a", 600));
        pace.worked("n", entry.kind, entry.work, timings(1), false, T0);
        pace.worked("n", entry.kind, entry.work, timings(3), false, T0.plus(Duration.ofMinutes(30)));

        assertThat(pace.speed("n", "m").orElseThrow()).isEqualTo(1.5 * entry.work / 3.5, within(1e-6));
    }

    @Test
    void aRunningJobThatWillBeTooLateIsHandedToAnotherNodeWithoutBlame() {
        AttemptId attempt = give(SLOW, 60);
        board.idle(FAST, M, M, false, T0);

        List<BoardAction> actions = crawl(attempt, 4);

        assertThat(actions).hasAtLeastOneElementOfType(BoardAction.Cancel.class);
        assertThat(actions)
                .anySatisfy(action -> assertThat(action)
                        .isInstanceOfSatisfying(
                                BoardAction.Write.class,
                                write -> assertThat(write.event())
                                        .isInstanceOfSatisfying(JobEvent.AttemptEnded.class, ended -> {
                                            assertThat(ended.outcome()).isEqualTo(AttemptOutcome.TOO_SLOW);
                                            assertThat(ended.outcome().isBlamed())
                                                    .isFalse();
                                        })));
        assertThat(offer(actions).slot()).isEqualTo(FAST);
        assertThat(board.snapshot(T0).nodes()).allMatch(node -> node.failuresInARow() == 0);
        assertThat(board.snapshot(T0).withdrawn()).isEmpty();
    }

    @Test
    void aRunningJobThatNobodyCanMakeInTimeIsExpiredEarly() {
        AttemptId attempt = give(SLOW, 60);

        List<BoardAction> actions = crawl(attempt, 4);

        assertThat(actions).hasSize(2);
        assertThat(actions.getFirst()).isInstanceOf(BoardAction.Cancel.class);
        assertThat(actions.getLast())
                .isInstanceOfSatisfying(
                        BoardAction.Write.class,
                        write -> assertThat(write.event())
                                .isInstanceOfSatisfying(
                                        JobEvent.Expired.class,
                                        expired -> assertThat(expired.reason())
                                                .contains("4000 ms a step", "no other node can make it")));
    }

    @Test
    void aSlowJobGoesOnAsLongAsABusyNodeMightStillMakeIt() {
        give(FAST, 600);
        AttemptId attempt = give(SLOW, 60);

        assertThat(crawl(attempt, 4)).isEmpty();
    }

    @Test
    void aHealthyJobWithJitterIsLeftAlone() {
        AttemptId attempt = give(SLOW, 60);
        board.idle(FAST, M, M, false, T0);
        Instant now = T0;
        for (int step = 1; step <= 20; step++) {
            // Ten-fold jitter: 19 × 0.5 s and one step of 5 s.
            now = now.plusMillis(step == 8 ? 5_000 : 500);
            assertThat(board.advanced(attempt, new Position(Phase.DENOISING, step, 20), now))
                    .noneMatch(BoardAction.Cancel.class::isInstance);
        }
    }

    /** Advances step by step, as slowly as this, until the board does something or 8 steps are done. */
    private List<BoardAction> crawl(AttemptId attempt, int secondsPerStep) {
        Instant now = T0;
        board.advanced(attempt, new Position(Phase.LOADING, 1, 1), now);
        for (int step = 1; step <= 12; step++) {
            now = now.plusSeconds(secondsPerStep);
            List<BoardAction> actions = board.advanced(attempt, new Position(Phase.DENOISING, step, 20), now);
            if (!actions.isEmpty()) {
                return actions;
            }
        }
        return List.of();
    }

    private void learn(SlotId slot, int seconds) {
        for (int i = 0; i < Pace.ENOUGH; i++) {
            produce(slot, seconds);
        }
    }

    private void produce(SlotId slot, int seconds) {
        AttemptId attempt = give(slot, 600);
        board.produced(slot, attempt, List.of(), timings(seconds), T0);
        board.ended(attempt.job());
    }

    private AttemptId give(SlotId slot, int deadlineSeconds) {
        board.idle(slot, M, M, false, T0);
        BoardAction.Offer offer = offer(take("job" + jobs++, deadlineSeconds));
        assertThat(offer.slot()).isEqualTo(slot);
        return offer.attempt();
    }

    private List<BoardAction> take(String id, int deadlineSeconds) {
        return board.take(job(id, deadlineSeconds), T0);
    }

    private static Job job(String id, int deadlineSeconds) {
        ImageRequest request =
                new ImageRequest("m", "a cat", "", 64, 64, 20, Sampler.EULER, 5, 1, 1, 1, Optional.empty());
        return Job.of(
                new JobEvent.Accepted(new JobId(id), T0, request, Priority.NORMAL, T0.plusSeconds(deadlineSeconds)));
    }

    private static AttemptTimings timings(int seconds) {
        return BoardTest.timings(seconds, 20);
    }

    private static BoardAction.Offer offer(List<BoardAction> actions) {
        return actions.stream()
                .filter(BoardAction.Offer.class::isInstance)
                .map(BoardAction.Offer.class::cast)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no offer in " + actions));
    }
}
