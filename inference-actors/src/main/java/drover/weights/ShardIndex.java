package drover.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import drover.weights.WeightsException.Damaged;
import drover.weights.WeightsException.Unreadable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A {@code *.index.json}: which of several files holds a tensor.
 *
 * @param shardOf file name by tensor name; the names are checked to be plain ones
 */
record ShardIndex(Map<String, String> shardOf) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    ShardIndex {
        shardOf = Collections.unmodifiableMap(new LinkedHashMap<>(shardOf));
    }

    static ShardIndex read(Path index) throws WeightsException {
        try {
            long size = Files.size(index);
            if (size > SafeTensorsHeader.MAX_BYTES) {
                throw new Damaged(index, "has " + size + " bytes; expected at most " + SafeTensorsHeader.MAX_BYTES);
            }
            JsonNode map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
            if (!map.isObject()) {
                throw new Damaged(index, "has no weight_map object");
            }
            Map<String, String> shardOf = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> entry : map.properties()) {
                shardOf.put(entry.getKey(), plainName(index, entry.getKey(), entry.getValue()));
            }
            return new ShardIndex(shardOf);
        } catch (JsonProcessingException e) {
            throw new Damaged(index, "is not good JSON: " + SafeTensorsHeader.shorten(e.getOriginalMessage()));
        } catch (IOException e) {
            throw new Unreadable(index, e);
        }
    }

    /** A path of any other form could reach outside the folder. */
    private static String plainName(Path index, String tensor, JsonNode value) throws Damaged {
        String name = value.asText();
        boolean plain = value.isTextual()
                && name.endsWith(".safetensors")
                && name.length() <= 255
                && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
        if (!plain) {
            throw new Damaged(
                    index,
                    "tensor %s is said to be in %s; expected the name of a .safetensors file in the same folder"
                            .formatted(SafeTensorsHeader.shorten(tensor), SafeTensorsHeader.shorten(value.toString())));
        }
        return name;
    }
}
