package drover.horde;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.Optional;

/**
 * A message of the Horde's people, or of the worker's owner, to a worker. It comes with every pop until it expires.
 *
 * @param id to know it again
 * @param message the text
 * @param origin who says so
 * @param expiry when it ends, as in mails
 * @param workerId whom it is for; absent in pops
 * @param userId whose worker, where it is said
 * @param created when it was written, as in mails
 */
public record WorkerMessage(
        @JsonDeserialize(using = Lenient.Text.class) String id,
        @JsonDeserialize(using = Lenient.Text.class) String message,
        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> origin,
        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> expiry,
        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> workerId,
        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> userId,
        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> created) {
    public WorkerMessage {
        message = Objects.requireNonNullElse(message, "");
        id = Objects.requireNonNullElse(id, message);
    }

    static final class Reader extends Lenient.Entry<WorkerMessage> {
        private static final long serialVersionUID = 1L;

        Reader() {
            super(WorkerMessage.class);
        }
    }

    /** When it ends. */
    public Optional<Instant> expires() {
        return expiry.flatMap(text -> {
            try {
                return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text)));
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        });
    }

    /**
     * A message to be left for a worker, or for all of one's workers.
     *
     * @param workerId which worker; all of the owner's if absent
     * @param message the text
     * @param origin who says so
     * @param expiry hours until it ends
     */
    public record Draft(Optional<String> workerId, String message, Optional<String> origin, int expiry) {}
}
