package drover.management;

import drover.ledger.AuditEntry;
import drover.ledger.AuditLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes down who has changed what: in the audit log, and a line in the log. Safe for use by many threads. */
public final class Journal {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final ActorRef<AuditLog.Command> audit;
    private final Supplier<String> ids;
    private final InstantSource clock;
    private final ActorSystem<?> system;

    /**
     * What is to be changed.
     *
     * @param action such as {@code node.drain}
     * @param subject such as {@code gpu0}
     * @param detail what else was said
     */
    public record Change(String action, String subject, Optional<String> detail) {}

    /**
     * @param audit keeps the entries
     * @param ids gives each entry a name of its own
     */
    public Journal(ActorRef<AuditLog.Command> audit, Supplier<String> ids, InstantSource clock, ActorSystem<?> system) {
        this.audit = audit;
        this.ids = ids;
        this.clock = clock;
        this.system = system;
    }

    /**
     * Writes an entry.
     *
     * @param result {@code done}, or why not
     * @return whether it is on disk; comes within some seconds, and never fails
     */
    public CompletionStage<AuditLog.Reply> write(Operator who, Change change, String result) {
        AuditEntry entry = new AuditEntry(
                ids.get(),
                clock.instant(),
                who.name(),
                who.remote(),
                change.action(),
                change.subject(),
                change.detail(),
                result);
        CompletionStage<AuditLog.Reply> kept =
                AskPattern.ask(audit, replyTo -> new AuditLog.Keep(entry, replyTo), PATIENCE, system.scheduler());
        return kept.exceptionally(e -> new AuditLog.Reply.NotWritten("the audit log does not answer"))
                .thenApply(reply -> {
                    switch (reply) {
                        case AuditLog.Reply.Written _ -> LOG.info("{}", entry);
                        case AuditLog.Reply.NotWritten(String reason) ->
                            LOG.error("{}; this is not in the audit log: {}", entry, reason);
                    }
                    return reply;
                });
    }
}
