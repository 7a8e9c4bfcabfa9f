package drover.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import drover.horde.HordeJson;
import drover.source.server.Faults.Target;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.util.ByteString;

/**
 * A request, read.
 *
 * @param path as it was written, without the query
 * @param query as it was written
 * @param key the account's, if one was sent
 * @param contentType of the body
 * @param chunked whether its length was not said before
 * @param strange a header of the object store's family
 */
record Call(
        String method,
        String path,
        String query,
        Optional<String> key,
        String contentType,
        boolean chunked,
        Optional<String> strange,
        ByteString body) {
    private static final String MEANS_NOTHING = "application/octet-stream";

    static Call of(HttpRequest request, boolean chunked, ByteString body) {
        String uri = request.getHeader("Raw-Request-URI").map(HttpHeader::value).orElseThrow();
        int mark = uri.indexOf('?');
        return new Call(
                request.method().value(),
                mark < 0 ? uri : uri.substring(0, mark),
                mark < 0 ? "" : uri.substring(mark + 1),
                request.getHeader("apikey").map(HttpHeader::value).filter(text -> !text.isEmpty()),
                request.entity().getContentType().toString(),
                chunked,
                StreamSupport.stream(request.getHeaders().spliterator(), false)
                        .map(HttpHeader::name)
                        .filter(name -> name.toLowerCase(Locale.ROOT).startsWith("x-amz-"))
                        .findFirst(),
                body);
    }

    /** Answers to a body that could be read. */
    interface Reader {
        Answer read(JsonNode body);
    }

    Answer json(Reader reader) {
        if (!contentType.startsWith("application/json")) {
            return Answer.message(
                    415,
                    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.");
        }
        JsonNode tree;
        try {
            tree = HordeJson.mapper().readTree(body.toArray());
        } catch (IOException e) {
            return Answer.message(400, "The browser (or proxy) sent a request that this server could not understand.");
        }
        return reader.read(tree);
    }

    ObjectStore.Call toStore() {
        return new ObjectStore.Call(
                method,
                path,
                query,
                Optional.of(contentType).filter(type -> !type.equals(MEANS_NOTHING) && !type.startsWith("none")),
                chunked,
                strange);
    }

    Target target() {
        return switch (path) {
            case "/api/v2/generate/pop" -> Target.POP;
            case "/api/v2/generate/submit" -> Target.SUBMIT;
            case "/api/v2/generate/async" -> Target.ORDER;
            default ->
                path.startsWith(ObjectStore.RESULTS) || path.startsWith(ObjectStore.SOURCES)
                        ? method.equals("PUT") ? Target.PUT : Target.GET_OBJECT
                        : Target.OTHER;
        };
    }
}
