package drover.management;

import drover.client.ManagementClient;
import drover.ledger.AuditLog;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes changes and writes down who made them. A change whose entry cannot be written is made all the same, because an
 * operator has to be able to act while the database is down; the answer says so in a header, and the log has the entry.
 */
final class Changes {
    private static final Logger log = LoggerFactory.getLogger(Changes.class);

    private final Journal journal;

    Changes(Journal journal) {
        this.journal = journal;
    }

    /** Makes a change; answers when it is on disk who made it, or that this cannot be written. */
    CompletionStage<HttpResponse> make(
            Operator operator, Journal.Change change, Supplier<CompletionStage<Outcome>> work) {
        return begin(work)
                .exceptionally(Changes::failed)
                .thenCompose(outcome -> journal.write(operator, change, outcome.result())
                        .thenApply(reply -> audited(reply, outcome.response())));
    }

    private static CompletionStage<Outcome> begin(Supplier<CompletionStage<Outcome>> work) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static HttpResponse audited(AuditLog.Reply reply, HttpResponse response) {
        return switch (reply) {
            case AuditLog.Reply.Written _ -> response;
            case AuditLog.Reply.NotWritten(String reason) ->
                response.addHeader(RawHeader.create(ManagementClient.AUDIT_HEADER, "not written: " + reason));
        };
    }

    private static Outcome failed(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof TimeoutException) {
            return Outcome.unknown(
                    StatusCodes.SERVICE_UNAVAILABLE,
                    "drover:unavailable",
                    "the runtime did not answer in time; see whether it was done, and try again");
        }
        log.error("a change failed", cause);
        return Outcome.unknown(StatusCodes.INTERNAL_SERVER_ERROR, "drover:internal", "unexpected; the log says more");
    }
}
