package drover.chaos;

/** A run could not be set up or carried out; that says nothing about Drover's books. */
public final class ChaosException extends Exception {
    public ChaosException(String message) {
        super(message);
    }

    public ChaosException(String message, Throwable cause) {
        super(message, cause);
    }
}
