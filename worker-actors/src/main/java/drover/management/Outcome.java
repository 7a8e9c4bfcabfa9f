package drover.management;

import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;

/**
 * What came of a change.
 *
 * @param response for the caller
 * @param result for the audit log
 */
record Outcome(HttpResponse response, String result) {
    private static final String DONE = "done";

    static Outcome done(HttpResponse response) {
        return new Outcome(response, DONE);
    }

    static Outcome refused(StatusCode status, String code, String detail) {
        return new Outcome(Responses.problem(status, code, detail), "refused: " + detail);
    }

    /** It is not known whether it was done. */
    static Outcome unknown(StatusCode status, String code, String detail) {
        return new Outcome(Responses.problem(status, code, detail), "unknown: " + detail);
    }
}
