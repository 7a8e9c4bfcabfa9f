package drover.source.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Messages to workers, which come with each pop until they expire. Guarded by the state that holds it. */
final class WorkerNotes {
    private static final DateTimeFormatter MAIL = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss '-0000'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private final List<Note> notes = new ArrayList<>();

    /**
     * A message.
     *
     * @param worker whom it is for; empty for all of the author's
     */
    record Note(
            String id, Account author, Optional<String> worker, String text, String origin, Instant at, Instant end) {
        ObjectNode brief() {
            return Answer.object()
                    .put("id", id)
                    .put("message", text)
                    .put("origin", origin)
                    .put("expiry", MAIL.format(end));
        }

        ObjectNode whole() {
            ObjectNode all = brief().put("user_id", Integer.toString(author.id)).put("created", MAIL.format(at));
            worker.ifPresent(id -> all.put("worker_id", id));
            return all;
        }
    }

    void add(Note note) {
        notes.add(note);
    }

    boolean remove(String id) {
        return notes.removeIf(note -> note.id().equals(id));
    }

    Optional<Note> find(String id) {
        return notes.stream().filter(note -> note.id().equals(id)).findFirst();
    }

    List<ObjectNode> by(Account author) {
        return notes.stream()
                .filter(note -> note.author().equals(author))
                .map(Note::whole)
                .toList();
    }

    List<ObjectNode> of(HordeWorkerRow worker, Instant now) {
        return notes.stream()
                .filter(note -> now.isBefore(note.end()))
                .filter(note -> note.worker()
                        .map(worker.id::equals)
                        .orElseGet(() -> note.author().equals(worker.owner)))
                .map(Note::brief)
                .toList();
    }
}
