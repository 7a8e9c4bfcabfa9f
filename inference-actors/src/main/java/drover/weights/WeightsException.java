package drover.weights;

import java.nio.file.Path;

/**
 * Why weights could not be read. The message names the file and the tensor, what was found and what was expected.
 */
public abstract sealed class WeightsException extends Exception {
    private WeightsException(String message) {
        super(message);
    }

    private WeightsException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A file or a tensor that should be there is not. */
    public static final class Missing extends WeightsException {
        public Missing(String message) {
            super(message);
        }
    }

    /** The file's header or index contradicts the format, itself, or the file's length. */
    public static final class Damaged extends WeightsException {
        public Damaged(Path file, String what) {
            super(file + ": " + what);
        }
    }

    /** The file is sound as far as can be told, but of a kind that is not read here. */
    public static final class Unsupported extends WeightsException {
        public Unsupported(String message) {
            super(message);
        }
    }

    /** The operating system would not let the file be read. */
    public static final class Unreadable extends WeightsException {
        public Unreadable(Path file, Throwable cause) {
            super(file + " cannot be read: " + cause.getMessage(), cause);
        }
    }
}
