package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.job.JobEvent;
import drover.ledger.JobLedger.AcceptReply;
import drover.ledger.JobLedger.AppendReply;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;
import org.slf4j.helpers.NOPLogger;

class LedgerBooksTest {
    private final TestInbox<AcceptReply> accepts = TestInbox.create();
    private final TestInbox<AppendReply> appends = TestInbox.create();
    private final LedgerBooks books = new LedgerBooks(
            LedgerSettings.at("jdbc:h2:mem:none").withLimits(new LedgerSettings.Limits(10, 1, 2, 3)),
            new CommitTimes(new SimpleMeterRegistry()),
            () -> 0,
            NOPLogger.NOP_LOGGER);

    private void accept(String id) {
        books.accept(new JobLedger.Accept(Jobs.accepted(id), Optional.empty(), accepts.getRef()));
    }

    private void append(JobEvent event) {
        books.append(new JobLedger.Append(event, appends.getRef()));
    }

    private void commit() {
        books.next();
        books.committed(List.of(new Entry.Outcome.Written()), Duration.ZERO);
    }

    @Test
    void whatRunningJobsSayIsKeptUpToItsLimitWhileNothingCanBeWritten() {
        accept("a");
        commit();
        append(Jobs.assigned("a", 1));
        books.lingered();
        books.next();
        books.failed(false, new IOException("Connection refused"));
        append(Jobs.started("a", 1));
        append(Jobs.produced("a", 1));
        accept("b");

        assertThat(accepts.receiveMessage()).isInstanceOf(AcceptReply.Accepted.class);
        assertThat(accepts.receiveMessage()).isInstanceOf(AcceptReply.Unavailable.class);
        assertThatThrownBy(() -> append(Jobs.delivered("a")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("drover.ledger.max-kept");

        books.retry();
        for (int i = 0; i < 3; i++) {
            commit();
        }
        append(Jobs.delivered("a"));
        commit();
        assertThat(appends.getAllReceived()).hasSize(4).allMatch(AppendReply.Recorded.class::isInstance);
        assertThat(books.isIdle()).isTrue();
    }
}
