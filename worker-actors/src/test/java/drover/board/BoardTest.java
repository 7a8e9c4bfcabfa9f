package drover.board;

import static org.assertj.core.api.Assertions.assertThat;

import drover.board.BoardAction.Cancel;
import drover.board.BoardAction.Deliver;
import drover.board.BoardAction.Offer;
import drover.board.BoardAction.Write;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.SafetyPolicy;
import drover.inference.Sampler;
import drover.job.AttemptEnd;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.job.Priority;
import drover.job.Tenant;
import drover.watchdog.ModelRules;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BoardTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final SlotId GPU0 = new SlotId("gpu0", 1, 0);
    private static final SlotId GPU1 = new SlotId("gpu1", 1, 0);

    private final Board board = new Board(BoardSettings.DEFAULT);

    @Test
    void aWaitingJobGoesToTheSlotThatAsks() {
        assertThat(board.take(job("a", "m", T0), T0)).isEmpty();

        List<BoardAction> actions = board.idle(GPU0, Set.of("m"), Set.of(), false, T0);

        assertThat(offered(actions)).isEqualTo(attempt("a", 1));
        assertThat(events(actions)).containsExactly(new JobEvent.Assigned(attempt("a", 1), T0, "gpu0"));
        assertThat(slotOf(board, "a")).contains(GPU0);
    }

    @Test
    void aSlotGetsOnlyWhatItCanRun() {
        board.take(job("a", "other", T0), T0);

        assertThat(board.idle(GPU0, Set.of("m"), Set.of(), false, T0)).isEmpty();
    }

    @Test
    void aJobThatHasToBeCheckedGoesOnlyToASlotThatChecks() {
        Set<String> m = Set.of("m");
        board.take(checked("a", SafetyPolicy.CENSOR), T0);
        assertThat(board.idle(GPU0, m, m, false, T0)).isEmpty();
        assertThat(offered(board.idle(GPU1, m, Set.of(), true, T0))).isEqualTo(attempt("a", 1));

        board.take(checked("b", SafetyPolicy.CENSOR), T0);
        assertThat(slotOf(board, "b")).isEmpty();
        board.take(checked("c", SafetyPolicy.MARK), T0);
        assertThat(slotOf(board, "c")).contains(GPU0);

        // It failed there, and the other slot is no way out: it goes back.
        board.ended(
                GPU1,
                attempt("a", 1),
                AttemptEnd.unmeasured(AttemptOutcome.FAILED, "drover:safety.failed", "it was dark"),
                T0);
        board.cancel(new JobId("b"), T0);
        assertThat(offered(board.idle(GPU1, m, Set.of(), true, T0.plusSeconds(2))))
                .isEqualTo(attempt("a", 2));
    }

    private static Job checked(String id, SafetyPolicy policy) {
        ImageRequest request = new ImageRequest(
                        "m", "a cat", "", 64, 64, 20, Sampler.EULER, 5, 1, 1, 1, Optional.empty())
                .withSafety(policy);
        return Job.of(new JobEvent.Accepted(
                new JobId(id), T0, request, Priority.NORMAL, T0.plusSeconds(600), Tenant.DEFAULT));
    }

    @Test
    void urgencyGoesBeforeResidenceAndResidenceBeforeAge() {
        board.take(job("old", "cold", T0, Priority.NORMAL), T0);
        board.take(job("resident", "warm", T0.plusSeconds(10), Priority.NORMAL), T0);
        board.take(job("urgent", "cold", T0.plusSeconds(20), Priority.URGENT), T0);
        Instant now = T0.plusSeconds(21);

        assertThat(offered(board.idle(GPU0, Set.of("cold", "warm"), Set.of("warm"), false, now)))
                .isEqualTo(attempt("urgent", 1));
        assertThat(offered(board.idle(GPU1, Set.of("cold", "warm"), Set.of("warm"), false, now)))
                .isEqualTo(attempt("resident", 1));
        assertThat(offered(board.idle(new SlotId("gpu2", 1, 0), Set.of("cold", "warm"), Set.of("warm"), false, now)))
                .isEqualTo(attempt("old", 1));
    }

    @Test
    void noModelStarvesBehindAResidentOne() {
        board.take(job("old", "cold", T0, Priority.NORMAL), T0);
        Instant later = T0.plus(BoardSettings.DEFAULT.residentLead()).plusSeconds(1);
        board.take(job("resident", "warm", later, Priority.NORMAL), later);

        assertThat(offered(board.idle(GPU0, Set.of("cold", "warm"), Set.of("warm"), false, later)))
                .isEqualTo(attempt("old", 1));
    }

    @Test
    void theFirstAdvanceStartsTheAttemptAndLaterOnesAreNotRecorded() {
        give("a", GPU0);

        assertThat(events(board.advanced(attempt("a", 1), at(1), T0)))
                .containsExactly(new JobEvent.Started(attempt("a", 1), T0));
        assertThat(board.advanced(attempt("a", 1), at(2), T0)).isEmpty();
    }

    @Test
    void aStalledJobAvoidsTheNodeThatFailedItWhileAnotherCanTakeIt() {
        give("a", GPU0);
        board.idle(GPU1, Set.of("m"), Set.of(), false, T0);
        give("b", GPU1);

        // gpu0's process is replaced and asks again, while gpu1 is busy: the job waits for gpu1.
        board.gone(GPU0, T0);
        board.ended(GPU0, attempt("a", 1), AttemptEnd.unmeasured(AttemptOutcome.STALLED, "c", "stalled"), T0);
        SlotId gpu0Again = new SlotId("gpu0", 2, 0);
        assertThat(board.idle(gpu0Again, Set.of("m"), Set.of(), false, T0)).isEmpty();

        board.produced(GPU1, attempt("b", 1), List.of(asset()), AttemptTimings.NONE, T0);
        assertThat(offered(board.idle(GPU1, Set.of("m"), Set.of(), false, T0))).isEqualTo(attempt("a", 2));
    }

    @Test
    void withOnlyOneNodeAStalledJobGoesBackToItAfterAPauseThatGrows() {
        give("a", GPU0);
        Instant now = T0;
        for (int n = 1; n <= 2; n++) {
            board.ended(GPU0, attempt("a", n), AttemptEnd.unmeasured(AttemptOutcome.STALLED, "c", "stalled"), now);
            assertThat(board.idle(GPU0, Set.of("m"), Set.of(), false, now)).isEmpty();
            Instant due = board.nextWake(now).orElseThrow();
            assertThat(due).isEqualTo(now.plus(RetryRules.DEFAULT.backoffMin().multipliedBy(n)));
            assertThat(offered(board.wake(due))).isEqualTo(attempt("a", n + 1));
            now = due;
        }
    }

    @Test
    void anotherNodeMayHaveAFailedJobAtOnce() {
        give("a", GPU0);
        board.idle(GPU1, Set.of("m"), Set.of(), false, T0);

        List<BoardAction> actions =
                board.ended(GPU0, attempt("a", 1), AttemptEnd.unmeasured(AttemptOutcome.STALLED, "c", "stalled"), T0);

        assertThat(events(actions)).contains(new JobEvent.Assigned(attempt("a", 2), T0, "gpu1"));
    }

    @Test
    void aJobThatStallsOneNodeThreeTimesIsGivenUpWithItsStory() {
        give("a", GPU0);
        Instant now = T0;
        List<BoardAction> actions = List.of();
        for (int n = 1; n <= 3; n++) {
            board.advanced(attempt("a", n), at(n), now);
            now = now.plusSeconds(10);
            actions = board.ended(
                    GPU0,
                    attempt("a", n),
                    new AttemptEnd(AttemptOutcome.STALLED, "c", "hung", true, timings(1, 20)),
                    now);
            now = now.plusSeconds(10);
            board.idle(GPU0, Set.of("m"), Set.of(), false, now);
            board.wake(now);
        }

        assertThat(events(actions)).last().isInstanceOfSatisfying(JobEvent.Faulted.class, faulted -> {
            assertThat(faulted.fault().code()).isEqualTo("drover:job.poison");
            assertThat(faulted.fault().detail())
                    .contains("gpu0 3 times")
                    .contains("Attempt 2 on gpu0 (STALLED at DENOISING 2/20 after 10.0 s; DENOISING 1.0 s): hung");
        });
    }

    @Test
    void aJobThatWaitedForAnotherNodeGoesBackWhenThatOneIsGone() {
        give("a", GPU0);
        board.idle(GPU1, Set.of("m"), Set.of(), false, T0);
        give("b", GPU1);
        board.ended(GPU0, attempt("a", 1), AttemptEnd.unmeasured(AttemptOutcome.STALLED, "c", "stalled"), T0);
        assertThat(board.idle(GPU0, Set.of("m"), Set.of(), false, T0)).isEmpty();

        assertThat(board.gone(GPU1, T0)).isEmpty();
        assertThat(offered(board.wake(T0.plus(RetryRules.DEFAULT.backoffMin()))))
                .isEqualTo(attempt("a", 2));
    }

    @Test
    void aJobThatStallsTwoNodesIsGivenUpWithItsStory() {
        give("a", GPU0);
        board.ended(GPU0, attempt("a", 1), AttemptEnd.unmeasured(AttemptOutcome.STALLED, "c", "hung at 42 %"), T0);
        board.idle(GPU1, Set.of("m"), Set.of(), false, T0);
        List<BoardAction> actions = board.ended(
                GPU1, attempt("a", 2), AttemptEnd.unmeasured(AttemptOutcome.CRASHED, "c", "exit code 139"), T0);

        assertThat(events(actions))
                .last()
                .isInstanceOfSatisfying(
                        JobEvent.Faulted.class,
                        faulted -> assertThat(faulted.fault().detail())
                                .contains("gpu0", "gpu1", "hung at 42 %", "exit code 139"));
    }

    @Test
    void aModelThatStallsSeveralNodesWithSeveralJobsIsNotOfferedUntilItsStrikesAreOld() {
        give("a", GPU0);
        board.ended(GPU0, attempt("a", 1), AttemptEnd.unmeasured(AttemptOutcome.STALLED, "c", "stalled"), T0);
        board.cancel(new JobId("a"), T0);
        give("b", GPU1);
        List<BoardAction> actions =
                board.ended(GPU1, attempt("b", 1), AttemptEnd.unmeasured(AttemptOutcome.STALLED, "c", "stalled"), T0);
        assertThat(actions).hasAtLeastOneElementOfType(BoardAction.Withdraw.class);
        board.cancel(new JobId("b"), T0);

        Instant later = T0.plus(ModelRules.DEFAULT.window());
        board.take(job("c", "m", later.minusSeconds(60)), T0);
        board.take(job("other", "n", T0), T0);
        assertThat(offered(board.idle(GPU0, Set.of("m", "n"), Set.of(), false, T0)))
                .isEqualTo(attempt("other", 1));
        assertThat(board.idle(GPU1, Set.of("m", "n"), Set.of(), false, T0)).isEmpty();
        assertThat(offered(board.wake(later))).isEqualTo(attempt("c", 1));
    }

    @Test
    void aModelThatWorksIsForgivenItsStrikes() {
        give("a", GPU0);
        board.ended(GPU0, attempt("a", 1), AttemptEnd.unmeasured(AttemptOutcome.STALLED, "c", "stalled"), T0);
        board.idle(GPU1, Set.of("m"), Set.of(), false, T0);
        board.produced(GPU1, attempt("a", 2), List.of(asset()), AttemptTimings.NONE, T0);
        give("b", GPU1);

        assertThat(board.ended(
                        GPU1, attempt("b", 1), AttemptEnd.unmeasured(AttemptOutcome.STALLED, "c", "stalled"), T0))
                .noneMatch(BoardAction.Withdraw.class::isInstance);
    }

    @Test
    void anAttemptHandedBackOrKilledFromOutsideIsNotHeldAgainstTheJob() {
        give("a", GPU0);
        for (int n = 1; n <= 10; n++) {
            AttemptOutcome outcome = n % 2 == 0 ? AttemptOutcome.HANDED_BACK : AttemptOutcome.NODE_LOST;
            board.ended(GPU0, attempt("a", n), AttemptEnd.unmeasured(outcome, "c", "not its fault"), T0);
            assertThat(offered(board.idle(GPU0, Set.of("m"), Set.of(), false, T0)))
                    .isEqualTo(attempt("a", n + 1));
        }
    }

    @Test
    void aFailureThatNoRetryCanMendFaultsTheJobAtOnce() {
        give("a", GPU0);

        List<BoardAction> actions = board.ended(
                GPU0,
                attempt("a", 1),
                new AttemptEnd(
                        AttemptOutcome.FAILED, "drover:engine.unsupported", "no such size", false, AttemptTimings.NONE),
                T0);

        assertThat(events(actions)).hasSize(2).last().isInstanceOf(JobEvent.Faulted.class);
    }

    @Test
    void wordsOfOldAttemptsChangeNothing() {
        give("a", GPU0);
        board.ended(GPU0, attempt("a", 1), AttemptEnd.unmeasured(AttemptOutcome.STALLED, "c", "stalled"), T0);
        board.idle(GPU0, Set.of("m"), Set.of(), false, T0);
        board.wake(T0.plusSeconds(1));

        assertThat(board.produced(GPU0, attempt("a", 1), List.of(asset()), AttemptTimings.NONE, T0))
                .isEmpty();
        assertThat(board.advanced(attempt("a", 1), at(9), T0)).isEmpty();
        assertThat(board.ended(GPU0, attempt("a", 1), AttemptEnd.unmeasured(AttemptOutcome.FAILED, "c", "late"), T0))
                .isEmpty();
        assertThat(slotOf(board, "a")).contains(GPU0);
    }

    @Test
    void anExpiredJobIsStoppedWhereItRunsAndAFinishedOneIsNeverThrownAway() {
        give("a", GPU0);
        board.idle(GPU1, Set.of("m"), Set.of(), false, T0);
        give("b", GPU1);
        board.produced(GPU1, attempt("b", 1), List.of(asset()), AttemptTimings.NONE, T0);
        Instant late = T0.plus(Duration.ofDays(1));

        List<BoardAction> actions = board.wake(late);

        assertThat(actions).hasSize(2);
        assertThat(actions.get(0)).isInstanceOf(Cancel.class);
        assertThat(actions.get(1))
                .isEqualTo(new Write(new JobEvent.Expired(
                        new JobId("a"), late, "Its deadline " + T0.plusSeconds(600) + " passed while it ran on gpu0")));
        assertThat(board.snapshot(T0).undelivered()).isEqualTo(1);
    }

    @Test
    void aCancelledJobIsStoppedWhereItRuns() {
        give("a", GPU0);

        Optional<List<BoardAction>> actions = board.cancel(new JobId("a"), T0);

        assertThat(actions.orElseThrow()).first().isInstanceOf(Cancel.class);
        assertThat(events(actions.orElseThrow())).containsExactly(new JobEvent.Cancelled(new JobId("a"), T0));
        assertThat(board.cancel(new JobId("a"), T0)).isEmpty();
    }

    @Test
    void aJobPutBackStopsWhereItRunsAndWaitsAgainWithItsAgeAndWithoutBlame() {
        give("a", GPU0);
        Board.Requeue requeue = board.requeue(new JobId("a"), T0);

        assertThat(requeue.reply()).isEqualTo(new JobBoard.RequeueReply.UnderWay(attempt("a", 1), GPU0));
        assertThat(requeue.actions()).containsExactly(new Cancel(GPU0, attempt("a", 1), "put back by an operator"));
        assertThat(slotOf(board, "a")).contains(GPU0);

        board.take(job("younger", "m", T0.plusSeconds(1)), T0.plusSeconds(1));
        board.ended(
                GPU0, attempt("a", 1), AttemptEnd.handedBack("c", "stopped", AttemptTimings.NONE), T0.plusSeconds(2));
        assertThat(board.requeue(new JobId("a"), T0.plusSeconds(2)).reply())
                .isEqualTo(new JobBoard.RequeueReply.Waiting());
        assertThat(offered(board.idle(GPU0, Set.of("m"), Set.of(), false, T0.plusSeconds(3))))
                .isEqualTo(attempt("a", 2));
    }

    @Test
    void whatHasEndedOrIsFinishedIsNotPutBack() {
        give("a", GPU0);
        board.produced(GPU0, attempt("a", 1), List.of(asset()), AttemptTimings.NONE, T0);

        assertThat(board.requeue(new JobId("a"), T0).reply()).isInstanceOf(JobBoard.RequeueReply.Refused.class);
        board.ended(new JobId("a"));
        assertThat(board.requeue(new JobId("a"), T0).reply()).isEqualTo(new JobBoard.RequeueReply.NotHere());
    }

    @Test
    void aJobThatWouldBeGivenUpIsNotPutBack() {
        Board strict = new Board(new BoardSettings(
                new RetryRules(1, 2, 3, 1, Duration.ofSeconds(1), Duration.ofSeconds(1)),
                BoardSettings.DEFAULT.models(),
                BoardSettings.DEFAULT.nodes(),
                BoardSettings.DEFAULT.learning(),
                BoardSettings.DEFAULT.speedHalfLife(),
                BoardSettings.DEFAULT.residentLead(),
                BoardSettings.DEFAULT.claimWindow(),
                Map.of()));
        strict.take(job("a", "m", T0), T0);
        strict.idle(GPU0, Set.of("m"), Set.of(), false, T0);

        Board.Requeue requeue = strict.requeue(new JobId("a"), T0);

        assertThat(requeue.actions()).isEmpty();
        assertThat(requeue.reply()).isInstanceOf(JobBoard.RequeueReply.Refused.class);
        assertThat(slotOf(strict, "a")).contains(GPU0);
    }

    @Test
    void afterARestartEverythingUnfinishedGoesOn() {
        Job running = job("r", "m", T0)
                .apply(new JobEvent.Assigned(attempt("r", 1), T0, "gpu0"))
                .apply(new JobEvent.Started(attempt("r", 1), T0));
        Job produced = job("p", "m", T0)
                .apply(new JobEvent.Assigned(attempt("p", 1), T0, "gpu0"))
                .apply(new JobEvent.Produced(attempt("p", 1), T0, List.of(asset())));

        assertThat(events(board.take(running, T0))).singleElement().isInstanceOf(JobEvent.AttemptEnded.class);
        assertThat(board.take(produced, T0)).containsExactly(new Deliver(produced));
        assertThat(offered(board.idle(GPU0, Set.of("m"), Set.of(), false, T0))).isEqualTo(attempt("r", 2));
        board.ended(new JobId("p"));
        assertThat(board.snapshot(T0).undelivered()).isZero();
    }

    @Test
    void aLostResultIsMadeAgain() {
        give("a", GPU0);
        board.produced(GPU0, attempt("a", 1), List.of(asset()), AttemptTimings.NONE, T0);
        board.idle(GPU0, Set.of("m"), Set.of(), false, T0);

        board.resultLost(new JobId("a"), "the file is gone", T0);

        assertThat(offered(board.wake(T0.plus(RetryRules.DEFAULT.backoffMin()))))
                .isEqualTo(attempt("a", 2));
    }

    @Test
    void theSnapshotCountsWhatWaitsRunsAndIsFinished() {
        give("a", GPU0);
        board.take(job("b", "m", T0), T0);
        board.take(job("c", "m", T0), T0);
        board.idle(GPU1, Set.of("other"), Set.of(), false, T0);
        board.advanced(attempt("a", 1), at(3), T0);

        JobBoard.Snapshot snapshot = board.snapshot(T0);

        assertThat(snapshot.waiting()).isEqualTo(2);
        assertThat(snapshot.idleSlots()).containsExactly(GPU1);
        assertThat(snapshot.out())
                .containsExactly(new JobBoard.Running(attempt("a", 1), "m", GPU0, Optional.of(at(3))));
    }

    /** So long of denoising. */
    static AttemptTimings timings(int seconds, int steps) {
        return new AttemptTimings(List.of(new AttemptTimings.PhaseTime(
                Phase.DENOISING,
                Duration.ofSeconds(seconds),
                steps,
                Duration.ofSeconds(seconds).dividedBy(steps))));
    }

    private void give(String id, SlotId slot) {
        board.take(job(id, "m", T0), T0);
        board.idle(slot, Set.of("m"), Set.of(), false, T0);
        assertThat(slotOf(board, id)).contains(slot);
    }

    static Job job(String id, String model, Instant accepted) {
        return job(id, model, accepted, Priority.NORMAL);
    }

    static Job job(String id, String model, Instant accepted, Priority priority) {
        return Job.of(accepted(id, model, accepted, priority, Tenant.DEFAULT, 20));
    }

    static JobEvent.Accepted accepted(
            String id, String model, Instant accepted, Priority priority, Tenant tenant, int steps) {
        ImageRequest request =
                new ImageRequest(model, "a cat", "", 64, 64, steps, Sampler.EULER, 5, 1, 1, 1, Optional.empty());
        return new JobEvent.Accepted(new JobId(id), accepted, request, priority, accepted.plusSeconds(600), tenant);
    }

    private static AttemptId attempt(String id, int number) {
        return new AttemptId(new JobId(id), number);
    }

    private static Position at(int step) {
        return new Position(Phase.DENOISING, step, 20);
    }

    private static AssetRef asset() {
        return new AssetRef("a/1/0.png", "image/png", 3, "0".repeat(64), 1);
    }

    private static @Nullable AttemptId offered(List<BoardAction> actions) {
        return actions.stream()
                .filter(Offer.class::isInstance)
                .map(a -> ((Offer) a).attempt())
                .reduce((first, second) -> {
                    throw new AssertionError("two offers: " + first + " and " + second);
                })
                .orElse(null);
    }

    private static List<JobEvent> events(List<BoardAction> actions) {
        return actions.stream()
                .filter(Write.class::isInstance)
                .map(a -> ((Write) a).event())
                .toList();
    }

    @Test
    void statesThatEndNothingFollows() {
        for (JobState state : JobState.values()) {
            assertThat(state.isTerminal()).isEqualTo(state.successors().isEmpty());
        }
    }

    private static Optional<SlotId> slotOf(Board board, String job) {
        return board.running(new JobId(job)).map(Board.Running::slot);
    }
}
