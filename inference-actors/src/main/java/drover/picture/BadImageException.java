package drover.picture;

/** A picture that cannot or must not be decoded. The message says what was found and what was expected, for callers. */
public final class BadImageException extends Exception {
    public BadImageException(String message) {
        super(message);
    }

    public BadImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
