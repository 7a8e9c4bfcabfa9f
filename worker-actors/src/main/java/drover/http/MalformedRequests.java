package drover.http;

import java.util.Optional;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/** Answers what Pekko HTTP cannot even parse. Pekko finds it by its name, as a Scala object. */
public final class MalformedRequests extends ParsingErrorHandler {
    /** How a Scala object is found. */
    @SuppressWarnings("MemberName") // The name is Scala's.
    public static final MalformedRequests MODULE$ = new MalformedRequests();

    private MalformedRequests() {}

    @Override
    public HttpResponse handle(StatusCode status, ErrorInfo info, LoggingAdapter log, ServerSettings settings) {
        log.debug("malformed request: {}", info.summary());
        Problems problem = switch (status.intValue()) {
            case 413 -> Problems.BODY_TOO_LARGE;
            case 414 -> Problems.URI_TOO_LONG;
            case 431 -> Problems.HEADERS_TOO_LARGE;
            default -> Problems.HTTP_MALFORMED;
        };
        return Answers.problem(ProblemException.of(problem, info.summary()), Optional.empty());
    }
}
