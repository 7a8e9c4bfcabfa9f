package drover.source.server;

import drover.source.server.History.Put;
import drover.source.server.History.Submit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What was done wrong, by the history of each id. */
public final class Audit {
    /** In what way. */
    public enum Kind {
        /** Handed in again after the server had answered. */
        ANSWERED_TWICE,
        /** Handed in after it was taken away. */
        LATE,
        /** Taken away, because nothing came. */
        STALE,
        /** Said to be in the store, and was not. */
        NO_UPLOAD,
        /** In the store, but no WebP. */
        NOT_WEBP,
        /** Delivered in some other way than through the store. */
        NOT_STORED,
        /** In nobody's hands, and never answered. */
        UNANSWERED
    }

    /**
     * Something that was done wrong.
     *
     * @param id with which picture
     * @param text what happened
     */
    public record Violation(Kind kind, String id, String text) {}

    private Audit() {}

    /** All that is wrong, in the order of the pops. To be asked for when no worker has anything in hand any more. */
    static List<Violation> of(List<History> histories) {
        List<Violation> found = new ArrayList<>();
        histories.forEach(history -> of(history, found));
        return found;
    }

    private static void of(History history, List<Violation> found) {
        boolean answered = false;
        for (Submit submit : history.submits()) {
            if (answered) {
                found.add(new Violation(
                        Kind.ANSWERED_TWICE,
                        history.id(),
                        "submitted " + history.submits().size() + " times: " + answers(history)));
                break;
            }
            answered = submit.heard() && conclusive(submit);
        }
        if (history.submits().stream()
                .anyMatch(it ->
                        !it.fault() && it.rc().filter("AbortedGen"::equals).isPresent())) {
            found.add(new Violation(Kind.LATE, history.id(), "submitted too late: " + answers(history)));
        }
        if (history.state() == Generation.State.STALE) {
            found.add(new Violation(
                    Kind.STALE, history.id(), "not answered within " + history.ttl() + " s by " + history.worker()));
        }
        if (history.state() == Generation.State.PROCESSING && !history.gone()) {
            found.add(new Violation(Kind.UNANSWERED, history.id(), "never answered: " + answers(history)));
        }
        history.accepted().filter(submit -> !submit.fault()).ifPresent(submit -> delivered(history, submit, found));
    }

    private static void delivered(History history, Submit submit, List<Violation> found) {
        if (!submit.uploaded()) {
            found.add(new Violation(Kind.NOT_STORED, history.id(), "submitted something else than R2"));
            return;
        }
        Optional<Put> stored = history.puts().stream()
                .filter(put -> put.status() == 200 && !put.at().isAfter(submit.at()))
                .reduce((first, second) -> second);
        if (stored.isEmpty()) {
            found.add(new Violation(Kind.NO_UPLOAD, history.id(), "R2 submitted with nothing in the store"));
        } else if (!stored.get().webp()) {
            found.add(new Violation(
                    Kind.NOT_WEBP, history.id(), stored.get().bytes() + " bytes in the store are no WebP"));
        }
    }

    /** Whether nothing is left to be said. */
    private static boolean conclusive(Submit submit) {
        return submit.status() < 500 && submit.status() != 429;
    }

    private static List<String> answers(History history) {
        return history.submits().stream()
                .map(submit -> submit.status()
                        + submit.rc().map(code -> " " + code).orElse("")
                        + (submit.heard() ? "" : " (lost)"))
                .toList();
    }
}
