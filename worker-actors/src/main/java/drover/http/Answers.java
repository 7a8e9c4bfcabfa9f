package drover.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import drover.client.DroverJson;
import drover.client.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Makes the API's responses. */
final class Answers {
    private static final ContentType PROBLEM_JSON = MediaTypes.applicationWithFixedCharset(
                    "problem+json", HttpCharsets.UTF_8)
            .toContentType();
    private static final int SHOWN = 300;

    private Answers() {}

    static HttpResponse json(int status, Object body, HttpHeader... headers) {
        return HttpResponse.create()
                .withStatus(status)
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, bytes(body)))
                .addHeaders(List.of(headers));
    }

    static HttpResponse problem(ProblemException e, Optional<String> path) {
        List<HttpHeader> headers = new ArrayList<>();
        e.retryAfter().ifPresent(after -> headers.add(RawHeader.create("Retry-After", seconds(after))));
        if (e.problem() == Problems.UNAUTHORIZED) {
            headers.add(RawHeader.create("WWW-Authenticate", "Bearer realm=\"drover\""));
        }
        Problem body = new Problem(
                e.problem().code(),
                e.problem().title(),
                e.problem().status(),
                shortened(e.detail()),
                path.map(Answers::shortened),
                e.problem().code(),
                e.errors().stream().findFirst().map(Problem.FieldError::field),
                e.errors());
        return HttpResponse.create()
                .withStatus(e.problem().status())
                .withEntity(HttpEntities.create(PROBLEM_JSON, bytes(body)))
                .addHeaders(headers);
    }

    private static String seconds(Duration after) {
        return Long.toString(Math.max(1, after.plusMillis(999).toSeconds()));
    }

    /** What came in may be echoed, but not at any length. */
    private static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }

    static byte[] bytes(Object body) {
        try {
            return DroverJson.mapper().writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write a " + body.getClass().getSimpleName() + " as JSON", e);
        }
    }

    static String text(Object body) {
        try {
            return DroverJson.mapper().writeValueAsString(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write a " + body.getClass().getSimpleName() + " as JSON", e);
        }
    }
}
