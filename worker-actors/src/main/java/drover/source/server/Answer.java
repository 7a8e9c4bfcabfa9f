package drover.source.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.horde.HordeJson;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.util.ByteString;

/**
 * What the server answers.
 *
 * @param type the content type
 * @param headers besides those of every answer
 */
record Answer(int status, String type, ByteString body, Map<String, String> headers) {
    private static final String HINT = "Input payload validation failed";

    static Answer json(int status, JsonNode body) {
        try {
            return new Answer(
                    status,
                    "application/json",
                    ByteString.fromArray(HordeJson.mapper().writeValueAsBytes(body)),
                    Map.of());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    static Answer ok(JsonNode body) {
        return json(200, body);
    }

    /** With a return code, as the Horde's own code refuses. */
    static Answer refused(int status, String rc, String message) {
        return json(status, object().put("message", message).put("rc", rc));
    }

    /** Without one, as the framework below it does. */
    static Answer message(int status, String message) {
        return json(status, object().put("message", message));
    }

    static Answer invalid(Map<String, String> errors) {
        ObjectNode body = object();
        ObjectNode fields = body.putObject("errors");
        errors.forEach(fields::put);
        return json(400, body.put("message", HINT));
    }

    static Answer broken() {
        return message(500, "Internal Server Error");
    }

    static Answer tooMany(Duration after) {
        Answer answer = message(429, "60 per 1 second");
        return new Answer(
                answer.status(), answer.type(), answer.body(), Map.of("Retry-After", Long.toString(after.toSeconds())));
    }

    static Answer unknownPath() {
        return new Answer(
                404,
                "text/html",
                ByteString.fromString("<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n"),
                Map.of());
    }

    /** As object stores refuse. */
    static Answer store(int status, String code, String message) {
        return new Answer(
                status,
                "application/xml",
                ByteString.fromString("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>" + code
                        + "</Code><Message>" + message + "</Message></Error>"),
                Map.of());
    }

    static Answer bytes(String type, byte[] bytes, String etag) {
        return new Answer(200, type, ByteString.fromArray(bytes), Map.of("ETag", etag));
    }

    boolean success() {
        return status / 100 == 2;
    }

    /** The return code, where there is one. */
    Optional<String> rc() {
        return tree().map(node -> node.path("rc").asText("")).filter(code -> !code.isEmpty());
    }

    Optional<JsonNode> tree() {
        try {
            return type.contains("json") ? Optional.of(HordeJson.mapper().readTree(body.toArray())) : Optional.empty();
        } catch (java.io.IOException e) {
            throw new IllegalStateException("not what was written", e);
        }
    }

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
