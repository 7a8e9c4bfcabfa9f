package drover.ledger;

import java.time.Instant;
import java.util.Optional;

/**
 * One change that an operator has made, or tried to make. Text that comes from a caller has its control characters
 * replaced, so that it stays on its line of a log, and is cut at {@value #MAX_TEXT} characters.
 *
 * @param id names it and no other; at most 64 characters
 * @param at when
 * @param who the operator, at most 64 characters
 * @param remote the address that the request came from, if it is known
 * @param action what was done, such as {@code node.drain}; at most 64 characters
 * @param subject on what, such as {@code gpu0}
 * @param detail what else was said, such as the reason
 * @param result {@code done}, or why not
 */
public record AuditEntry(
        String id,
        Instant at,
        String who,
        Optional<String> remote,
        String action,
        String subject,
        Optional<String> detail,
        String result) {
    static final int MAX_TEXT = 500;

    public AuditEntry {
        if (id.length() > 64 || who.length() > 64 || action.length() > 64) {
            throw new IllegalArgumentException("id, who and action have at most 64 characters");
        }
        subject = line(subject);
        detail = detail.map(AuditEntry::line);
        result = line(result);
    }

    private static String line(String text) {
        String line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() > MAX_TEXT ? line.substring(0, MAX_TEXT) + "…" : line;
    }

    @Override
    public String toString() {
        return who + remote.map(address -> " (" + address + ")").orElse("") + ": " + action + " " + subject
                + detail.map(text -> " [" + text + "]").orElse("") + ": " + result;
    }
}
