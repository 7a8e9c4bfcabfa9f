package drover.management;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import drover.client.ManagementClient;
import drover.client.Problem;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;

/** Makes responses. */
final class Responses {
    private static final ContentType PROBLEM =
            ContentTypes.create(MediaTypes.applicationWithFixedCharset("problem+json", HttpCharsets.UTF_8));
    private static final ObjectMapper JSON = ManagementClient.json();

    private Responses() {}

    static HttpResponse ok(Object body) {
        return json(StatusCodes.OK, body);
    }

    static HttpResponse json(StatusCode status, Object body) {
        return HttpResponse.create()
                .withStatus(status)
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, bytes(body)));
    }

    static HttpResponse problem(StatusCode status, String code, String detail) {
        Problem problem = new Problem(
                code, status.reason(), status.intValue(), detail, Optional.empty(), code, Optional.empty(), List.of());
        HttpResponse response =
                HttpResponse.create().withStatus(status).withEntity(HttpEntities.create(PROBLEM, bytes(problem)));
        if (status.equals(StatusCodes.UNAUTHORIZED)) {
            return response.addHeader(RawHeader.create("WWW-Authenticate", "Bearer realm=\"drover management\""));
        }
        return response;
    }

    /** Text as Prometheus reads it. */
    static HttpResponse metrics(String text) {
        return HttpResponse.create()
                .withEntity(HttpEntities.create(
                        ContentTypes.create(MediaTypes.TEXT_PLAIN, HttpCharsets.UTF_8), ByteString.fromString(text)));
    }

    private static ByteString bytes(Object body) {
        try {
            return ByteString.fromArray(JSON.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a " + body.getClass().getSimpleName() + " could not be written", e);
        }
    }
}
