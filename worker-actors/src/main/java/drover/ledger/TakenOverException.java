package drover.ledger;

/** Another Drover has become the writer of this database; what this one holds of it is out of date for good. */
public final class TakenOverException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** The writer's epoch is another one's. */
    public TakenOverException() {
        super("another Drover has taken the job database over while it could not be reached from here");
    }
}
