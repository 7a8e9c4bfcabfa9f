package drover.inference;

/**
 * Why an engine could not finish an attempt. The message says what, where, what was expected and what to do; it is
 * shown to callers, so it holds no secrets and no paths of other users.
 */
public abstract sealed class EngineException extends Exception {
    private EngineException(String message, Throwable cause) {
        super(message, cause);
    }

    private EngineException(String message) {
        super(message);
    }

    /** A stable name of the failure, such as {@code drover:engine.out-of-memory}. */
    public abstract String code();

    /** Whether another attempt, here or elsewhere, may succeed. */
    public abstract boolean retryable();

    /** The device or the heap had no room. */
    public static final class OutOfMemory extends EngineException {
        public OutOfMemory(String message, Throwable cause) {
            super(message, cause);
        }

        @Override
        public String code() {
            return "drover:engine.out-of-memory";
        }

        @Override
        public boolean retryable() {
            return true;
        }
    }

    /** The request cannot be done by this model or engine, wherever it is tried. */
    public static final class Unsupported extends EngineException {
        public Unsupported(String message) {
            super(message);
        }

        @Override
        public String code() {
            return "drover:engine.unsupported";
        }

        @Override
        public boolean retryable() {
            return false;
        }
    }

    /** The model's files are missing or damaged here; another node may have good ones. */
    public static final class BadModel extends EngineException {
        public BadModel(String message) {
            super(message);
        }

        public BadModel(String message, Throwable cause) {
            super(message, cause);
        }

        @Override
        public String code() {
            return "drover:engine.bad-model";
        }

        @Override
        public boolean retryable() {
            return true;
        }
    }

    /** A picture that the request brings along cannot be used, wherever it is tried. */
    public static final class BadSource extends EngineException {
        public BadSource(String message, Throwable cause) {
            super(message, cause);
        }

        public BadSource(String message) {
            super(message);
        }

        @Override
        public String code() {
            return "drover:picture.bad-source";
        }

        @Override
        public boolean retryable() {
            return false;
        }
    }

    /** The model made no numbers, in the widest precision there is; it would do so again. */
    public static final class NotANumber extends EngineException {
        public NotANumber(String message) {
            super(message);
        }

        @Override
        public String code() {
            return "drover:picture.not-a-number";
        }

        @Override
        public boolean retryable() {
            return false;
        }
    }

    /** Anything else that went wrong while the model ran. */
    public static final class Failed extends EngineException {
        public Failed(String message, Throwable cause) {
            super(message, cause);
        }

        @Override
        public String code() {
            return "drover:engine.failed";
        }

        @Override
        public boolean retryable() {
            return true;
        }
    }

    /** A picture has to be looked at before it is delivered, and nobody here can. */
    public static final class SafetyUnavailable extends EngineException {
        public SafetyUnavailable(String message) {
            super(message);
        }

        @Override
        public String code() {
            return "drover:safety.unavailable";
        }

        @Override
        public boolean retryable() {
            return true;
        }
    }

    /** A picture could not be looked at, so it is withheld. */
    public static final class SafetyFailed extends EngineException {
        private final boolean hung;

        /**
         * A failed look.
         *
         * @param hung whether whoever looks at pictures here has not come back, so that this process is of no more use
         */
        public SafetyFailed(String message, boolean hung) {
            super(message);
            this.hung = hung;
        }

        /** Whether this process should run nothing more. */
        public boolean hung() {
            return hung;
        }

        @Override
        public String code() {
            return "drover:safety.failed";
        }

        @Override
        public boolean retryable() {
            return true;
        }
    }

    /** The attempt was cancelled and the engine has stopped in good order. */
    public static final class Cancelled extends EngineException {
        public Cancelled() {
            super("cancelled between two steps");
        }

        @Override
        public String code() {
            return "drover:engine.cancelled";
        }

        @Override
        public boolean retryable() {
            return true;
        }
    }
}
