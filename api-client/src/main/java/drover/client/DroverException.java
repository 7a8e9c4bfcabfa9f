package drover.client;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;

/** Why a request to a Drover failed. */
public abstract sealed class DroverException extends Exception {
    private DroverException(String message) {
        super(message);
    }

    private DroverException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The server says that the request is at fault; the same request will fail again. */
    public static final class Refused extends DroverException {
        private final transient Problem problem;

        Refused(Problem problem) {
            super(problem.detail());
            this.problem = problem;
        }

        /** What the server said. */
        public Problem problem() {
            return problem;
        }
    }

    /** The server cannot do it now. */
    public static final class TryLater extends DroverException {
        private final transient Problem problem;
        private final Duration retryAfter;

        TryLater(Problem problem, Duration retryAfter) {
            super(problem.detail());
            this.problem = problem;
            this.retryAfter = retryAfter;
        }

        /** What the server said. */
        public Problem problem() {
            return problem;
        }

        /** How long to wait. */
        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /** Nobody answers there, or the connection broke; whether the request was carried out is unknown. */
    public static final class Unreachable extends DroverException {
        Unreachable(URI server, IOException cause) {
            super("no answer from " + server + ": is Drover running there? (" + cause + ")", cause);
        }
    }

    /** The answer is not one of Drover's. */
    public static final class Unexpected extends DroverException {
        Unexpected(String message) {
            super(message);
        }

        Unexpected(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
