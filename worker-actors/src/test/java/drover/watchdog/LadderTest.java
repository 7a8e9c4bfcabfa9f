package drover.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class LadderTest {
    enum Event {
        DEADLINE,
        RETURNED;

        Ladder applyTo(Ladder ladder) {
            return this == DEADLINE ? ladder.deadlinePassed() : ladder.runnerReturned();
        }
    }

    @Test
    void aStuckRunnerIsCancelledAndThenItsProcessIsReplaced() {
        assertThat(climb(Rungs.FULL, Event.DEADLINE, Event.DEADLINE, Event.DEADLINE))
                .containsExactly(Rung.CANCEL, Rung.REPLACE_PROCESS, Rung.REPLACE_PROCESS);
    }

    @Test
    void aRunnerThatComesBackAfterTheCancelNeedsOnlyAFreshActor() {
        assertThat(climb(Rungs.FULL, Event.DEADLINE, Event.RETURNED)).containsExactly(Rung.CANCEL, Rung.RESTART_ACTOR);
    }

    @Test
    void aRunnerThatWasBackBeforeTheCancelGetsTheGraceBeforeItsActorIsRestarted() {
        assertThat(climb(Rungs.FULL, Event.RETURNED, Event.DEADLINE, Event.DEADLINE))
                .containsExactly(Rung.WATCHING, Rung.CANCEL, Rung.RESTART_ACTOR);
    }

    @Test
    void aRestartThatDoesNotEndCostsTheProcess() {
        assertThat(climb(Rungs.FULL, Event.DEADLINE, Event.RETURNED, Event.RETURNED, Event.DEADLINE))
                .containsExactly(Rung.CANCEL, Rung.RESTART_ACTOR, Rung.RESTART_ACTOR, Rung.REPLACE_PROCESS);
    }

    @Test
    void fromOutsideThereIsOnlyTheProcess() {
        assertThat(climb(Rungs.REPLACE_ONLY, Event.DEADLINE)).containsExactly(Rung.REPLACE_PROCESS);
        assertThat(climb(Rungs.REPLACE_ONLY, Event.RETURNED, Event.DEADLINE))
                .containsExactly(Rung.WATCHING, Rung.REPLACE_PROCESS);
    }

    @Property
    void theLadderIsNeverClimbedDown(@ForAll Rungs rungs, @ForAll List<Event> events) {
        Ladder ladder = Ladder.start(rungs);
        for (Event event : events) {
            Ladder next = event.applyTo(ladder);
            assertThat(next.rung()).isGreaterThanOrEqualTo(ladder.rung());
            if (event == Event.DEADLINE && ladder.rung() != Rung.REPLACE_PROCESS) {
                assertThat(next.rung()).as("a deadline always leads on").isGreaterThan(ladder.rung());
            }
            ladder = next;
        }
    }

    private static List<Rung> climb(Rungs rungs, Event... events) {
        List<Rung> reached = new ArrayList<>();
        Ladder ladder = Ladder.start(rungs);
        for (Event event : events) {
            ladder = event.applyTo(ladder);
            reached.add(ladder.rung());
        }
        return reached;
    }
}
