package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class CommitDoubtTest {
    private long now;
    private final CommitQueue queue = new CommitQueue(LedgerSettings.at("jdbc:h2:mem:none"), () -> now);
    private final List<Entry.Acceptance> refused = new ArrayList<>();
    private final Entry.Acceptance first = acceptance("a", 1);
    private final Entry.Acceptance second = acceptance("b", 2);

    private static Entry.Acceptance acceptance(String id, long ordinal) {
        return new Entry.Acceptance(
                Jobs.accepted(id),
                Optional.empty(),
                Optional.empty(),
                ordinal,
                TestInbox.<JobLedger.AcceptReply>create().getRef());
    }

    private void fail(boolean unknown) {
        queue.retry();
        queue.next();
        queue.failed(unknown, refused);
    }

    @Test
    void whatIsSurelyNotOnDiskIsRefusedAtOnceAndNotTakenBack() {
        queue.add(first);
        fail(false);
        queue.retry();

        assertThat(refused).containsExactly(first);
        assertThat(queue.next().orElseThrow()).isEqualTo(new Entry.Batch(List.of(), true, List.of()));
    }

    @Test
    void whatMayBeOnDiskIsTriedAgainBeforeAnythingIsSaid() {
        queue.add(first);
        queue.next();
        queue.add(second);
        queue.failed(true, refused);
        queue.retry();

        assertThat(refused).containsExactly(second);
        assertThat(queue.next().orElseThrow()).isEqualTo(new Entry.Batch(List.of(first), true, List.of()));
        assertThat(queue.succeeded()).containsExactly(first);
        assertThat(queue.isIdle()).isTrue();
    }

    @Test
    void doubtOutlivesAFailureWhoseOwnOutcomeIsKnown() {
        queue.add(first);
        fail(true);
        fail(false);

        assertThat(refused).isEmpty();
    }

    @Test
    void doubtThatLastsTooLongEndsInARefusalAndIsTakenBackLater() {
        queue.add(first);
        fail(true);
        now += CommitQueue.MAX_DOUBT.toNanos();
        fail(false);
        queue.retry();

        assertThat(refused).containsExactly(first);
        assertThat(queue.next().orElseThrow()).isEqualTo(new Entry.Batch(List.of(), true, List.of(first)));
        queue.succeeded();
        queue.add(second);
        assertThat(queue.next().orElseThrow()).isEqualTo(new Entry.Batch(List.of(second), false, List.of()));
    }

    @Test
    void pausesGrowToTheirLimit() {
        queue.add(first);
        Duration pause = Duration.ZERO;
        for (int i = 0; i < 20; i++) {
            queue.retry();
            queue.next();
            pause = queue.failed(false, refused);
        }
        assertThat(pause).isEqualTo(LedgerSettings.Waits.DEFAULTS.retryMax());
    }
}
