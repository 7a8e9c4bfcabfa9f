package drover.client;

/** Why a management call gave no answer of use. */
public abstract sealed class ManagementException extends Exception {
    private static final long serialVersionUID = 1L;

    private ManagementException(String message, Throwable cause) {
        super(message, cause);
    }

    private ManagementException(String message) {
        super(message);
    }

    /** Nothing answers there: no Drover runs, or not at this address. */
    public static final class Unreachable extends ManagementException {
        private static final long serialVersionUID = 1L;

        Unreachable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The answer is an error. */
    public static final class Rejected extends ManagementException {
        private static final long serialVersionUID = 1L;

        private final int status;

        Rejected(int status, String message) {
            super(message);
            this.status = status;
        }

        /** The HTTP status. */
        public int status() {
            return status;
        }
    }

    /** The answer is none that a Drover of this version gives. */
    public static final class Unintelligible extends ManagementException {
        private static final long serialVersionUID = 1L;

        Unintelligible(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
