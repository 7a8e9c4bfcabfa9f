package drover.ledger;

/** The job database cannot be opened or read as a whole. The message says what to do. */
public final class LedgerException extends Exception {
    LedgerException(String message, Throwable cause) {
        super(message, cause);
    }
}
