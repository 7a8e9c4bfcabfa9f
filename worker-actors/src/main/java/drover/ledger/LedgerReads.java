package drover.ledger;

import drover.ledger.JobLedger.ReadReply;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads on the database's reader threads and answers from there. */
final class LedgerReads {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerReads.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final Executor readers;

    LedgerReads(Executor readers) {
        this.readers = readers;
    }

    <T> void answer(Supplier<T> reading, ActorRef<ReadReply<T>> replyTo) {
        try {
            readers.execute(() -> {
                try {
                    replyTo.tell(new ReadReply.Found<>(reading.get()));
                } catch (RuntimeException e) {
                    LOG.warn("the job database cannot be read", e);
                    replyTo.tell(new ReadReply.Unavailable<>("the job database cannot be read", RETRY_AFTER));
                }
            });
        } catch (RejectedExecutionException e) {
            replyTo.tell(new ReadReply.Unavailable<>("too many are reading the job database", RETRY_AFTER));
        }
    }
}
