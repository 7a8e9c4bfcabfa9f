package drover.horde;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** What the AI Horde's own software answered, 402 times. */
final class Recorded {
    private Recorded() {}

    /**
     * One exchange.
     *
     * @param file the scenario
     * @param step in words
     */
    record Exchange(String file, String step, JsonNode request, JsonNode response) {
        String method() {
            return request.get("method").asText();
        }

        /** As it was sent, with the host where it was another than the Horde's. */
        String path() {
            return request.get("path").asText();
        }

        int status() {
            return response.get("status").asInt();
        }

        @Override
        public String toString() {
            return file + ": " + step;
        }
    }

    /** Those of the scenarios, in their order. */
    static List<Exchange> exchanges() throws IOException {
        List<Exchange> all = new ArrayList<>();
        files().forEach((name, file) -> {
            if (!name.equals("index.json")) {
                for (JsonNode exchange : file.get("exchanges")) {
                    if (exchange.has("request")) {
                        all.add(new Exchange(
                                name,
                                exchange.get("step").asText(),
                                exchange.get("request"),
                                exchange.get("response")));
                    }
                }
            }
        });
        return all;
    }

    /** How many there are to be. */
    static int indexed() throws IOException {
        return files().getOrDefault("index.json", HordeJson.mapper().createArrayNode())
                .size();
    }

    private static Map<String, JsonNode> files() throws IOException {
        Map<String, JsonNode> files = new TreeMap<>();
        try (InputStream resource = Recorded.class.getResourceAsStream("/horde/recorded.zip")) {
            if (resource == null) {
                throw new IOException("no recorded exchanges");
            }
            ZipInputStream zip = new ZipInputStream(resource);
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.put(entry.getName(), HordeJson.mapper().readTree(zip.readAllBytes()));
            }
        }
        return files;
    }

    /** The same without what is null: the server writes null for what is not there. */
    static JsonNode withoutNulls(JsonNode node) {
        if (node.isObject()) {
            var copy = HordeJson.mapper().createObjectNode();
            node.properties().stream()
                    .filter(entry -> !entry.getValue().isNull())
                    .forEach(entry -> copy.set(entry.getKey(), withoutNulls(entry.getValue())));
            return copy;
        }
        if (node.isArray()) {
            var copy = HordeJson.mapper().createArrayNode();
            node.forEach(element -> copy.add(withoutNulls(element)));
            return copy;
        }
        // 10000 and 10000.0 are one number.
        return node.isNumber()
                ? HordeJson.mapper()
                        .getNodeFactory()
                        .numberNode(node.decimalValue().stripTrailingZeros())
                : node;
    }
}
