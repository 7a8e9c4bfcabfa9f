package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import drover.job.Job;
import drover.job.JobEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class CommitQueueTest {
    private static final Entry ASSIGNED = addition(Jobs.assigned("a", 1));
    private static final Entry STARTED = addition(Jobs.started("a", 1));
    private static final Entry PRODUCED = addition(Jobs.produced("a", 1));

    private final CommitQueue queue = new CommitQueue(LedgerSettings.at("jdbc:h2:mem:x"), () -> 0);

    private static Entry addition(JobEvent event) {
        return new Entry.Addition(
                event,
                Job.of(Jobs.accepted("a")),
                2,
                TestInbox.<JobLedger.AppendReply>create().getRef());
    }

    private static Entry acceptance() {
        return new Entry.Acceptance(
                Jobs.accepted("b"),
                Optional.empty(),
                Optional.empty(),
                1,
                TestInbox.<JobLedger.AcceptReply>create().getRef());
    }

    @Test
    void whatNobodyWaitsForGoesWithWhatSomebodyWaitsFor() {
        queue.add(ASSIGNED);
        queue.add(STARTED);
        assertThat(queue.next()).isEmpty();
        assertThat(queue.isLingering()).isTrue();
        assertThat(queue.isIdle()).isFalse();

        queue.add(PRODUCED);

        assertThat(queue.isLingering()).isFalse();
        assertThat(next()).containsExactly(ASSIGNED, STARTED, PRODUCED);
        queue.succeeded();
        assertThat(queue.isIdle()).isTrue();
    }

    @Test
    void whatNobodyWaitsForDoesNotLingerForEver() {
        queue.add(ASSIGNED);

        queue.lingered();

        assertThat(next()).containsExactly(ASSIGNED);
        queue.succeeded();
        queue.lingered();
        assertThat(queue.next()).as("nothing is left to write").isEmpty();
    }

    @Test
    void whatCameDuringATransactionLingersAfterIt() {
        queue.add(acceptance());
        next();
        queue.add(ASSIGNED);
        queue.succeeded();

        assertThat(queue.next()).isEmpty();
        assertThat(queue.isLingering()).isTrue();
    }

    @Test
    void afterAFailureEverythingThatIsKeptIsTriedAgain() {
        queue.add(ASSIGNED);
        queue.lingered();
        next();
        List<Entry.Acceptance> refused = new ArrayList<>();
        queue.failed(false, refused);
        assertThat(queue.next()).as("a pause is on").isEmpty();
        assertThat(queue.isLingering()).isFalse();

        queue.retry();

        assertThat(next()).containsExactly(ASSIGNED);
        assertThat(refused).isEmpty();
    }

    private List<Entry> next() {
        return queue.next().orElseThrow().entries();
    }
}
