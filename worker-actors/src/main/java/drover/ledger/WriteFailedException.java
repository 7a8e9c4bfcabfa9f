package drover.ledger;

/** A transaction did not go well. */
public final class WriteFailedException extends Exception {
    private final boolean unknown;
    private final Exception reason;

    /**
     * @param unknown whether it may be on disk all the same, because it failed while it was committed
     */
    public WriteFailedException(boolean unknown, Exception cause) {
        super(cause.getMessage(), cause);
        this.unknown = unknown;
        this.reason = cause;
    }

    /** What went wrong. */
    Exception reason() {
        return reason;
    }

    /** Whether it may be on disk all the same. */
    boolean unknown() {
        return unknown;
    }
}
