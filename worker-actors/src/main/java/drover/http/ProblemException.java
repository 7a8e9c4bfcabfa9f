package drover.http;

import drover.client.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Ends a request with a problem. Caught by the route's outermost layer and nowhere else. */
final class ProblemException extends RuntimeException {
    private final Problems problem;
    private final transient List<Problem.FieldError> errors;
    private final transient Optional<Duration> retryAfter;

    private ProblemException(
            Problems problem, String detail, List<Problem.FieldError> errors, Optional<Duration> retryAfter) {
        // It is an answer, not a fault of the program: nobody reads its stack.
        super(detail, null, false, false);
        this.problem = problem;
        this.errors = List.copyOf(errors);
        this.retryAfter = retryAfter;
    }

    static ProblemException of(Problems problem, String detail) {
        return new ProblemException(problem, detail, List.of(), Optional.empty());
    }

    static ProblemException of(Problems problem, List<Problem.FieldError> errors) {
        Problem.FieldError first = errors.getFirst();
        String more = errors.size() == 1 ? "" : " (and " + (errors.size() - 1) + " more)";
        return new ProblemException(problem, first.field() + " " + first.detail() + more, errors, Optional.empty());
    }

    static ProblemException later(Problems problem, String detail, Duration retryAfter) {
        return new ProblemException(problem, detail, List.of(), Optional.of(retryAfter));
    }

    Problems problem() {
        return problem;
    }

    String detail() {
        return String.valueOf(getMessage());
    }

    List<Problem.FieldError> errors() {
        return errors;
    }

    Optional<Duration> retryAfter() {
        return retryAfter;
    }
}
