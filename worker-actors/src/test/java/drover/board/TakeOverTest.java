package drover.board;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.Priority;
import drover.job.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A board that takes over while nodes go on, and one whose keepers vanish. */
class TakeOverTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration WINDOW = Duration.ofSeconds(5);
    private static final JobId ID = new JobId("a");
    private static final AttemptId FIRST = new AttemptId(ID, 1);
    private static final SlotId SLOT = new SlotId("gpu0@b", 1, 0);
    private static final SlotId OTHER = new SlotId("gpu0@c", 1, 0);
    private static final Optional<Position> STEP = Optional.of(new Position(Phase.DENOISING, 3, 20));

    private final Board board = new Board(BoardSettings.DEFAULT.withClaimWindow(WINDOW));
    private final Job queued = Job.of(BoardTest.accepted("a", "m", T0, Priority.NORMAL, Tenant.DEFAULT, 20));
    private final Job out = queued.apply(new JobEvent.Assigned(FIRST, T0, SLOT.node()));

    @Test
    void anAttemptThatItsKeeperClaimsGoesOn() {
        assertThat(board.take(out, T0)).isEmpty();

        assertThat(events(board.stillOut(SLOT, FIRST, STEP, T0))).containsExactly(new JobEvent.Started(FIRST, T0));
        assertThat(board.wake(T0.plus(WINDOW))).isEmpty();
        assertThat(board.snapshot(T0).out()).containsExactly(new JobBoard.Running(FIRST, "m", SLOT, STEP));
        assertThat(events(board.produced(SLOT, FIRST, List.of(), AttemptTimings.NONE, T0.plusSeconds(9))))
                .containsExactly(new JobEvent.Produced(FIRST, T0.plusSeconds(9), List.of(), AttemptTimings.NONE));
    }

    @Test
    void aResultThatCameMeanwhileIsTaken() {
        board.take(out, T0);

        assertThat(events(board.produced(SLOT, FIRST, List.of(), AttemptTimings.NONE, T0)))
                .containsExactly(new JobEvent.Produced(FIRST, T0, List.of(), AttemptTimings.NONE));
        assertThat(board.wake(T0.plus(WINDOW))).isEmpty();
    }

    @Test
    void anAttemptThatNobodyClaimsRunsAgainAndTheLateKeeperIsTold() {
        board.take(out, T0);
        board.idle(OTHER, Set.of("m"), Set.of(), false, T0);
        Instant end = T0.plus(WINDOW);
        assertThat(board.nextWake(T0)).contains(end);

        List<BoardAction> actions = board.wake(end);

        assertThat(ends(actions)).containsExactly(AttemptOutcome.NODE_LOST);
        assertThat(offers(written(actions))).containsExactly(FIRST.next());
        assertThat(board.stillOut(SLOT, FIRST, STEP, end)).singleElement().isInstanceOf(BoardAction.Cancel.class);
    }

    @Test
    void anUnclaimedJobCanBeCancelled() {
        board.take(out, T0);

        assertThat(events(board.cancel(ID, T0).orElseThrow())).containsExactly(new JobEvent.Cancelled(ID, T0));
        assertThat(board.wake(T0.plus(WINDOW))).isEmpty();
    }

    @Test
    void whatIsOutWithAKeeperThatVanishesRunsAgainElsewhere() {
        board.take(queued, T0);
        assertThat(offers(written(board.idle(SLOT, Set.of("m"), Set.of(), false, T0))))
                .containsExactly(FIRST);
        board.idle(OTHER, Set.of("m"), Set.of(), false, T0);

        List<BoardAction> actions = board.lost(SLOT, T0);

        assertThat(ends(actions)).containsExactly(AttemptOutcome.NODE_LOST);
        assertThat(offers(written(actions))).containsExactly(FIRST.next());
        assertThat(board.lost(SLOT, T0)).isEmpty();
    }

    @Test
    void anOfferThatDidNotArriveIsTakenBackAndOneThatDidIsNot() {
        board.take(queued, T0);
        written(board.idle(SLOT, Set.of("m"), Set.of(), false, T0));
        Instant late = T0.plus(Board.OFFER_LIMIT);

        assertThat(board.idle(SLOT, Set.of("m"), Set.of(), false, late.minusMillis(1)))
                .isEmpty();
        assertThat(ends(board.idle(SLOT, Set.of("m"), Set.of(), false, late)))
                .containsExactly(AttemptOutcome.HANDED_BACK);
        Instant again = late.plusSeconds(1);
        assertThat(offers(written(board.idle(SLOT, Set.of("m"), Set.of(), false, again))))
                .containsExactly(FIRST.next());
        board.stillOut(SLOT, FIRST.next(), Optional.empty(), again);
        assertThat(board.idle(SLOT, Set.of("m"), Set.of(), false, again.plus(Board.OFFER_LIMIT)))
                .isEmpty();
    }

    @Test
    void anOfferGoesOutWhenItsAssignmentIsOnDisk() {
        board.take(queued, T0);

        List<BoardAction> actions = board.idle(SLOT, Set.of("m"), Set.of(), false, T0);

        assertThat(events(actions)).containsExactly(new JobEvent.Assigned(FIRST, T0, SLOT.node()));
        assertThat(offers(actions)).isEmpty();
        assertThat(board.idle(SLOT, Set.of("m"), Set.of(), false, T0.plus(Board.OFFER_LIMIT)))
                .as("an offer that waits for the disk is not lost")
                .isEmpty();
        assertThat(offers(board.assigned(FIRST, T0.plusSeconds(9)))).containsExactly(FIRST);
        assertThat(board.assigned(FIRST, T0.plusSeconds(9))).isEmpty();
    }

    @Test
    void whatIsWithdrawnBeforeItsOfferWentOutFreesItsSlot() {
        board.take(queued, T0);
        board.idle(SLOT, Set.of("m"), Set.of(), false, T0);

        assertThat(board.cancel(ID, T0).orElseThrow()).noneMatch(BoardAction.Cancel.class::isInstance);

        assertThat(board.assigned(FIRST, T0)).isEmpty();
        assertThat(board.snapshot(T0).idleSlots()).containsExactly(SLOT);
    }

    @Test
    void anOfferThatCannotGoOutAnyMoreIsTakenBack() {
        board.take(queued, T0);
        board.idle(SLOT, Set.of("m"), Set.of(), false, T0);

        assertThat(ends(board.gone(SLOT, T0))).containsExactly(AttemptOutcome.HANDED_BACK);

        assertThat(board.assigned(FIRST, T0)).isEmpty();
        assertThat(offers(written(board.idle(OTHER, Set.of("m"), Set.of(), false, T0))))
                .containsExactly(FIRST.next());
    }

    @Test
    void anOfferThatWasLostWithItsSlotRunsAgain() {
        board.take(queued, T0);
        written(board.idle(SLOT, Set.of("m"), Set.of(), false, T0));
        board.gone(SLOT, T0);
        board.idle(OTHER, Set.of("m"), Set.of(), false, T0);

        List<BoardAction> actions = board.wake(T0.plus(WINDOW));

        assertThat(ends(actions)).containsExactly(AttemptOutcome.NODE_LOST);
        assertThat(offers(written(actions))).containsExactly(FIRST.next());
    }

    @Test
    void aClaimForASlotThatWasJustGivenSomethingElseWins() {
        board.take(out, T0);
        Job second = Job.of(BoardTest.accepted("b", "m", T0, Priority.NORMAL, Tenant.DEFAULT, 20));
        board.take(second, T0);
        AttemptId given = second.nextAttempt();
        board.idle(SLOT, Set.of("m"), Set.of(), false, T0);

        assertThat(ends(board.stillOut(SLOT, FIRST, STEP, T0))).containsExactly(AttemptOutcome.HANDED_BACK);

        assertThat(board.assigned(given, T0)).isEmpty();
        assertThat(board.snapshot(T0).out()).containsExactly(new JobBoard.Running(FIRST, "m", SLOT, STEP));
    }

    /** What the board does, with what it does once all of that is on disk. */
    private List<BoardAction> written(List<BoardAction> actions) {
        List<BoardAction> all = new ArrayList<>(actions);
        for (JobEvent event : events(actions)) {
            if (event instanceof JobEvent.Assigned it) {
                all.addAll(board.assigned(it.attempt(), it.at()));
            }
        }
        return all;
    }

    private static List<JobEvent> events(List<BoardAction> actions) {
        return actions.stream()
                .flatMap(a -> a instanceof BoardAction.Write(JobEvent event) ? Stream.of(event) : Stream.empty())
                .toList();
    }

    private static List<AttemptOutcome> ends(List<BoardAction> actions) {
        return events(actions).stream()
                .flatMap(e -> e instanceof JobEvent.AttemptEnded end ? Stream.of(end.outcome()) : Stream.empty())
                .toList();
    }

    private static List<AttemptId> offers(List<BoardAction> actions) {
        return actions.stream()
                .flatMap(a -> a instanceof BoardAction.Offer offer ? Stream.of(offer.attempt()) : Stream.empty())
                .toList();
    }
}
