package drover.ledger;

import java.time.Instant;

/**
 * What an operator has taken out of work, until an operator lets it back.
 *
 * @param subject the name of the node or the model
 * @param reason for people
 * @param since when
 */
public record Hold(Kind kind, String subject, String reason, Instant since) {
    /** What can be taken out. */
    public enum Kind {
        NODE,
        MODEL
    }

    /** Names what is held, and nothing else that is. */
    record Key(Kind kind, String subject) {}

    Key key() {
        return new Key(kind, subject);
    }
}
