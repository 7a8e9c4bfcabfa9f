package drover.board;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import drover.board.NodeStanding.Trust;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.job.AttemptEnd;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class NodeRecordsTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final NodeRules RULES = NodeRules.DEFAULT;

    private final NodeRecords records = new NodeRecords(RULES);

    @Test
    void threeFailuresInARowSuspendWithABackOffThatDoublesUntilSomethingWorks() {
        Instant now = T0;
        assertThat(records.failed("gpu0", "a", now)).isEmpty();
        assertThat(records.failed("gpu0", "b", now)).isEmpty();
        Duration expected = RULES.suspendMin();
        for (int times = 1; times <= 8; times++) {
            Instant until = records.failed("gpu0", "c", now).orElseThrow();
            assertThat(Duration.between(now, until)).isEqualTo(expected);
            assertThat(records.trust("gpu0", until.minusMillis(1))).isEqualTo(Trust.SUSPENDED);
            assertThat(records.nextRelease(now)).contains(until);
            assertThat(records.trust("gpu0", until)).isEqualTo(Trust.PROBATION);
            expected = expected.multipliedBy(2).compareTo(RULES.suspendMax()) < 0
                    ? expected.multipliedBy(2)
                    : RULES.suspendMax();
            now = until;
        }

        records.worked("gpu0", now);

        assertThat(records.trust("gpu0", now)).isEqualTo(Trust.OPEN);
        assertThat(records.failed("gpu0", "d", now)).isEmpty();
    }

    @Test
    void aSuccessThatWasUnderWayDoesNotEndASuspension() {
        for (int i = 0; i < 3; i++) {
            records.failed("gpu0", "a", T0);
        }
        records.worked("gpu0", T0);
        assertThat(records.trust("gpu0", T0)).isEqualTo(Trust.SUSPENDED);
        records.release("gpu0");
        assertThat(records.trust("gpu0", T0)).isEqualTo(Trust.OPEN);
    }

    @Test
    void afterAHalfLifeAnAttemptCountsHalf() {
        records.failed("gpu0", "a", T0);
        assertThat(records.reliability("gpu0", T0)).isEqualTo(1.0 / 2, within(1e-9));
        assertThat(records.reliability("gpu0", T0.plus(RULES.halfLife()))).isEqualTo(1.0 / 1.5, within(1e-9));
        records.worked("gpu0", T0.plus(RULES.halfLife()));
        assertThat(records.reliability("gpu0", T0.plus(RULES.halfLife()))).isEqualTo(2.0 / 2.5, within(1e-9));
        assertThat(records.reliability("unknown", T0)).isEqualTo(1);
    }

    @Property
    void reliabilityIsAShareThatASuccessNeverLowersAndAFailureNeverRaises(
            @ForAll @Size(max = 60) List<Boolean> outcomes, @ForAll byte[] gaps) {
        NodeRecords all = new NodeRecords(RULES);
        Instant now = T0;
        int inARow = 0;
        for (int i = 0; i < outcomes.size(); i++) {
            // Also backwards: a clock may be set.
            now = now.plusSeconds(gaps.length == 0 ? 1 : gaps[i % gaps.length]);
            double before = all.reliability("gpu0", now);
            Trust trust = all.trust("gpu0", now);
            if (outcomes.get(i)) {
                all.worked("gpu0", now);
                inARow = 0;
                assertThat(all.reliability("gpu0", now)).isGreaterThanOrEqualTo(before - 1e-9);
            } else {
                boolean suspended = all.failed("gpu0", "a", now).isPresent();
                inARow++;
                assertThat(all.reliability("gpu0", now)).isLessThanOrEqualTo(before + 1e-9);
                assertThat(suspended)
                        .isEqualTo(trust == Trust.PROBATION || (trust == Trust.OPEN && inARow >= RULES.suspendAfter()));
            }
            assertThat(all.reliability("gpu0", now)).isBetween(0.0, 1.0);
        }
    }

    @Test
    void onProbationANodeGetsOneJobAtATime() {
        Board board = new Board(BoardSettings.DEFAULT);
        SlotId first = new SlotId("gpu0", 1, 0);
        SlotId second = new SlotId("gpu0", 1, 1);
        for (int i = 0; i < 8; i++) {
            board.take(BoardTest.job("j" + i, "m", T0), T0);
        }
        for (int i = 0; i < 3; i++) {
            board.idle(first, Set.of("m"), Set.of(), false, T0);
            AttemptId attempt = new AttemptId(new JobId("j" + i), 1);
            List<BoardAction> actions =
                    board.ended(first, attempt, AttemptEnd.unmeasured(AttemptOutcome.FAILED, "c", "failed"), T0);
            assertThat(actions.stream().anyMatch(BoardAction.Suspend.class::isInstance))
                    .isEqualTo(i == 2);
        }
        assertThat(board.idle(first, Set.of("m"), Set.of(), false, T0)).isEmpty();
        assertThat(board.idle(second, Set.of("m"), Set.of(), false, T0)).isEmpty();

        Instant probation = board.nextWake(T0.plusSeconds(5)).orElseThrow();
        while (probation.isBefore(T0.plus(RULES.suspendMin()))) {
            assertThat(offers(board.wake(probation))).isZero();
            probation = board.nextWake(probation).orElseThrow();
        }
        List<BoardAction> actions = board.wake(T0.plus(RULES.suspendMin()));
        assertThat(offers(actions)).isEqualTo(1);

        BoardAction.Offer offer = actions.stream()
                .filter(BoardAction.Offer.class::isInstance)
                .map(BoardAction.Offer.class::cast)
                .findFirst()
                .orElseThrow();
        Instant done = probation.plusSeconds(1);
        board.produced(offer.slot(), offer.attempt(), List.of(), AttemptTimings.NONE, done);
        assertThat(offers(board.idle(offer.slot(), Set.of("m"), Set.of(), false, done)))
                .isEqualTo(2);
        assertThat(board.snapshot(done).nodes().getFirst().trust()).isEqualTo(Trust.OPEN);
    }

    @Test
    void aReleasedNodeGetsJobsAtOnce() {
        Board board = new Board(BoardSettings.DEFAULT);
        SlotId slot = new SlotId("gpu0", 1, 0);
        for (int i = 0; i < 4; i++) {
            board.take(BoardTest.job("j" + i, "m", T0), T0);
        }
        for (int i = 0; i < 3; i++) {
            board.idle(slot, Set.of("m"), Set.of(), false, T0);
            AttemptId attempt = new AttemptId(new JobId("j" + i), 1);
            board.ended(slot, attempt, AttemptEnd.unmeasured(AttemptOutcome.FAILED, "c", "failed"), T0);
        }
        assertThat(board.idle(slot, Set.of("m"), Set.of(), false, T0)).isEmpty();
        NodeStanding standing = board.snapshot(T0).nodes().getFirst();
        assertThat(standing.trust()).isEqualTo(Trust.SUSPENDED);
        assertThat(standing.until()).isEqualTo(Optional.of(T0.plus(RULES.suspendMin())));

        assertThat(offers(board.releaseNode("gpu0", T0))).isEqualTo(1);
    }

    private static long offers(List<BoardAction> actions) {
        return actions.stream().filter(BoardAction.Offer.class::isInstance).count();
    }
}
