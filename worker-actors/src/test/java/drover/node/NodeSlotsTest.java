package drover.node;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.AttemptId;
import drover.inference.InferenceActor;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodeSlotsTest {
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("job"), 1);
    private static final long PAUSE = NodeSlots.TELL_PAUSE.toNanos();
    private static final long START = -5;

    private final NodeSlots slots = new NodeSlots();
    private NodeSlots.Slot slot;

    @BeforeEach
    void begin() {
        slots.resize(
                1,
                (index, incarnation) ->
                        TestInbox.<InferenceActor.Command>create().getRef());
        slot = slots.find(0).orElseThrow();
        slot.begin(ATTEMPT, START);
    }

    @Test
    void theFirstPositionIsToldAtOnceAndTheFurthestOfTheNextOnesAfterAPause() {
        assertThat(slot.isTold(at(1), START)).isTrue();
        assertThat(slot.isTold(at(2), START + 1)).isFalse();
        assertThat(slot.isTold(at(4), START + 2)).isFalse();
        assertThat(slot.isTold(at(3), START + 3)).isFalse();

        assertThat(slot.takeUntold(START + PAUSE)).contains(at(4));
        assertThat(slot.takeUntold(START + PAUSE)).isEmpty();
        assertThat(slot.isTold(at(5), START + 2 * PAUSE - 1)).isFalse();
    }

    @Test
    void ofPreviewsThatFollowOneAnotherSoonOnlySomeArePassedOn() {
        long pause = NodeSlots.PREVIEW_PAUSE.toNanos();
        assertThat(slot.isShown(START)).isTrue();
        assertThat(slot.isShown(START + pause - 1)).isFalse();
        assertThat(slot.isShown(START + pause)).isTrue();
        slot.begin(new AttemptId(new JobId("next"), 1), START + pause);
        assertThat(slot.isShown(START + pause)).isTrue();
    }

    @Test
    void slowStepsAreToldOneByOne() {
        for (int step = 0; step < 5; step++) {
            assertThat(slot.isTold(at(step), START + step * PAUSE)).isTrue();
        }
        assertThat(slot.takeUntold(START + 5 * PAUSE)).isEmpty();
    }

    @Test
    void nothingIsLeftOverForTheNextAttempt() {
        assertThat(slot.isTold(at(1), START)).isTrue();
        assertThat(slot.isTold(at(2), START + 1)).isFalse();
        slot.end();
        slot.begin(new AttemptId(new JobId("next"), 1), START + 2);

        assertThat(slot.takeUntold(START + PAUSE)).isEmpty();
        assertThat(slot.isTold(at(1), START + 3)).isTrue();
    }

    private static Position at(int step) {
        return new Position(Phase.DENOISING, step, 8);
    }
}
