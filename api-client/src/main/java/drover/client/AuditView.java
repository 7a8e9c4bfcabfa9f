package drover.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What operators have changed, newest first. */
public record AuditView(List<EntryView> entries) {
    public AuditView {
        entries = List.copyOf(entries);
    }

    /**
     * One change, or the attempt at one.
     *
     * @param who the operator: a name of {@code drover.management.operators}, {@code token} or {@code loopback}; or a
     *     signal to the process, such as {@code SIGHUP}
     * @param remote the address that the request came from, if it is known
     * @param action such as {@code node.drain}
     * @param subject such as {@code gpu0}
     * @param detail what else was said, such as the reason
     * @param result {@code done}, or why not
     */
    public record EntryView(
            String id,
            Instant at,
            String who,
            Optional<String> remote,
            String action,
            String subject,
            Optional<String> detail,
            String result) {}
}
