package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.inference.JobId;
import drover.job.AttemptOutcome;
import drover.job.IllegalTransitionException;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class LedgerStateTest {
    private final TestInbox<JobLedger.AppendReply> replies = TestInbox.create();

    private Optional<Entry.Addition> project(LedgerState state, JobEvent event) {
        return state.project(event, replies.getRef());
    }

    @Property(tries = 500)
    void theSnapshotIsTheFoldOfWhatWasLetThrough(
            @ForAll @Size(max = 40) List<@IntRange(min = 0, max = 8) Integer> dice) {
        LedgerState state = new LedgerState();
        Job fold = Job.of(Jobs.accepted("a"));
        state.admit(fold, 1);
        int seq = 1;
        for (int die : dice) {
            int now = Math.max(1, fold.attempts().size());
            JobEvent event = switch (die) {
                case 0 -> Jobs.assigned("a", now);
                case 1 -> Jobs.assigned("a", fold.attempts().size() + 1);
                case 2 -> Jobs.started("a", now);
                case 3 -> Jobs.stalled("a", now);
                case 4 -> Jobs.produced("a", now);
                case 5 -> Jobs.delivered("a");
                case 6 -> Jobs.faulted("a");
                case 7 -> Jobs.cancelled("a");
                default -> Jobs.expired("a");
            };
            Optional<Job> next = tryApply(fold, event);
            if (next.isEmpty()) {
                assertThatThrownBy(() -> project(state, event)).isInstanceOf(IllegalTransitionException.class);
            } else {
                Entry.Addition addition = project(state, event).orElseThrow();
                fold = next.get();
                seq++;
                assertThat(addition.after()).isEqualTo(fold);
                assertThat(addition.seq()).isEqualTo(seq);
            }
            assertThat(state.find(fold.id())).map(Job::state).contains(JobState.QUEUED);
        }
    }

    private static Optional<Job> tryApply(Job job, JobEvent event) {
        try {
            return Optional.of(job.apply(event));
        } catch (IllegalTransitionException e) {
            return Optional.empty();
        }
    }

    @Test
    void readersSeeOnlyWhatIsWritten() {
        LedgerState state = new LedgerState();
        state.admit(Job.of(Jobs.accepted("a")), 1);
        Entry.Addition assigned = project(state, Jobs.assigned("a", 1)).orElseThrow();
        Entry.Addition started = project(state, Jobs.started("a", 1)).orElseThrow();

        assertThat(state.find(new JobId("a")).orElseThrow().state()).isEqualTo(JobState.QUEUED);
        assertThat(state.projected().getFirst().state()).isEqualTo(JobState.RUNNING);
        state.written(assigned);
        assertThat(state.find(new JobId("a")).orElseThrow().state()).isEqualTo(JobState.ASSIGNED);
        state.written(started);
        assertThat(state.find(new JobId("a")).orElseThrow().state()).isEqualTo(JobState.RUNNING);
    }

    @Test
    void aJobLeavesWhenItsEndIsWrittenAndNotBefore() {
        LedgerState state = new LedgerState();
        state.admit(Job.of(Jobs.accepted("a")), 1);
        Entry.Addition cancelled = project(state, Jobs.cancelled("a")).orElseThrow();

        assertThat(state.size()).isEqualTo(1);
        assertThat(state.projected()).isEmpty();
        assertThatThrownBy(() -> project(state, Jobs.assigned("a", 1))).isInstanceOf(IllegalTransitionException.class);
        state.written(cancelled);
        assertThat(state.size()).isZero();
        assertThat(project(state, Jobs.assigned("a", 1))).isEmpty();
    }

    @Test
    void jobsKeepTheOrderOfTheirAcceptance() {
        LedgerState state = new LedgerState();
        List<String> ids = new ArrayList<>(List.of("c", "a", "b"));
        ids.forEach(id -> state.admit(Job.of(Jobs.accepted(id)), 1));
        state.written(project(state, Jobs.assigned("c", 1)).orElseThrow());

        assertThat(state.projected().stream().map(job -> job.id().value())).containsExactlyElementsOf(ids);
    }

    @Test
    void aReasonOfAnyLengthFitsIntoARow() {
        LedgerState state = new LedgerState();
        state.admit(Job.of(Jobs.accepted("a")), 1);
        project(state, Jobs.assigned("a", 1));
        Entry.Addition ended = project(
                        state,
                        new JobEvent.AttemptEnded(
                                Jobs.attempt("a", 1), Jobs.NOON, AttemptOutcome.FAILED, "x".repeat(2_000_000)))
                .orElseThrow();

        assertThat(LedgerJson.write(ended.after())).hasSizeLessThan(10_000);
    }
}
