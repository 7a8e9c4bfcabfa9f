package drover.management;

import drover.client.ManagementClient;
import drover.ledger.AuditEntry;
import drover.ledger.AuditLog;
import java.util.Optional;
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

    private final ManagementContext context;
    private final Inquiry inquiry;

    /**
     * What is to be changed.
     *
     * @param action such as {@code node.drain}
     * @param subject such as {@code gpu0}
     * @param detail what else the caller said
     */
    record Change(String action, String subject, Optional<String> detail) {}

    Changes(ManagementContext context, Inquiry inquiry) {
        this.context = context;
        this.inquiry = inquiry;
    }

    /** Makes a change; answers when it is on disk who made it, or that this cannot be written. */
    CompletionStage<HttpResponse> make(Operator operator, Change change, Supplier<CompletionStage<Outcome>> work) {
        return begin(work).exceptionally(Changes::failed).thenCompose(outcome -> {
            AuditEntry entry = new AuditEntry(
                    context.ids().get(),
                    context.clock().instant(),
                    operator.name(),
                    operator.remote(),
                    change.action(),
                    change.subject(),
                    change.detail(),
                    outcome.result());
            return inquiry.keep(entry)
                    .exceptionally(e -> new AuditLog.Reply.NotWritten("the audit log does not answer"))
                    .thenApply(reply -> audited(entry, reply, outcome.response()));
        });
    }

    private static CompletionStage<Outcome> begin(Supplier<CompletionStage<Outcome>> work) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static HttpResponse audited(AuditEntry entry, AuditLog.Reply reply, HttpResponse response) {
        return switch (reply) {
            case AuditLog.Reply.Written _ -> {
                log.info("{}", entry);
                yield response;
            }
            case AuditLog.Reply.NotWritten(String reason) -> {
                log.error("{}; this is not in the audit log: {}", entry, reason);
                yield response.addHeader(RawHeader.create(ManagementClient.AUDIT_HEADER, "not written: " + reason));
            }
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
