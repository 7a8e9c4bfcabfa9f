package drover.diffusion;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.inference.EngineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One JSON configuration of a model folder. Every getter that fails names the file, the key, what was found and what
 * was expected; an explicit {@code null} counts as absent, as it does for the libraries that write these files.
 */
public final class ConfigFile {
    private static final long MAX_BYTES = 16 << 20;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final String name;
    private final JsonNode root;

    private ConfigFile(String name, JsonNode root) {
        this.name = name;
        this.root = root;
    }

    /** Reads a file of at most 16 MB whose top level is an object. */
    public static ConfigFile read(Path file) throws EngineException.BadModel {
        try {
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new EngineException.BadModel(
                        file + " has " + size + " bytes; a configuration has at most " + MAX_BYTES);
            }
            return of(file.toString(), JSON.readTree(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            throw new EngineException.BadModel(file + " is missing", e);
        } catch (JsonProcessingException e) {
            throw new EngineException.BadModel(file + " is not good JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new EngineException.BadModel(file + " cannot be read: " + e, e);
        }
    }

    /** Reads a file that ships in the jar. */
    static ConfigFile resource(String name) throws EngineException.BadModel {
        try (@Nullable InputStream in = ConfigFile.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new EngineException.BadModel("the jar lacks " + name + "; get it again");
            }
            return of(name, JSON.readTree(in));
        } catch (IOException e) {
            throw new EngineException.BadModel(name + " cannot be read from the jar: " + e, e);
        }
    }

    /** This object with another value at one key. */
    ConfigFile with(String key, Object value) {
        ObjectNode changed = root.deepCopy();
        return new ConfigFile(name, changed.set(key, JSON.valueToTree(value)));
    }

    /** Wraps a JSON object that was read elsewhere; {@code name} is for messages. */
    public static ConfigFile of(String name, JsonNode root) throws EngineException.BadModel {
        if (!root.isObject()) {
            throw new EngineException.BadModel(name + " should hold a JSON object, but holds " + kind(root));
        }
        return new ConfigFile(name, root);
    }

    /** Writes it to a file. */
    void write(Path file) throws IOException {
        Files.write(file, JSON.writeValueAsBytes(root));
    }

    /** Where this came from, for messages. */
    public String name() {
        return name;
    }

    /** Whether the key is there and not null. */
    public boolean has(String key) {
        return root.hasNonNull(key);
    }

    /** A whole number in the range of {@code int}. */
    public int integer(String key) throws EngineException.BadModel {
        JsonNode node = need(key, "a whole number");
        if (!node.isIntegralNumber() || !node.canConvertToInt()) {
            throw wrong(key, node, "a whole number");
        }
        return node.intValue();
    }

    /** A whole number, or {@code absent} if there is none. */
    public int integer(String key, int absent) throws EngineException.BadModel {
        return has(key) ? integer(key) : absent;
    }

    /** A finite number. */
    public double number(String key) throws EngineException.BadModel {
        JsonNode node = need(key, "a number");
        if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
            throw wrong(key, node, "a number");
        }
        return node.doubleValue();
    }

    /** A finite number, or {@code absent} if there is none. */
    public double number(String key, double absent) throws EngineException.BadModel {
        return has(key) ? number(key) : absent;
    }

    /** A string. */
    public String text(String key) throws EngineException.BadModel {
        JsonNode node = need(key, "a string");
        if (!node.isTextual()) {
            throw wrong(key, node, "a string");
        }
        return node.textValue();
    }

    /** A string, or {@code absent} if there is none. */
    public String text(String key, String absent) throws EngineException.BadModel {
        return has(key) ? text(key) : absent;
    }

    /** True or false, or {@code absent} if there is neither. */
    public boolean flag(String key, boolean absent) throws EngineException.BadModel {
        if (!has(key)) {
            return absent;
        }
        JsonNode node = need(key, "true or false");
        if (!node.isBoolean()) {
            throw wrong(key, node, "true or false");
        }
        return node.booleanValue();
    }

    /** A list of whole numbers; a single one counts as a list of one. */
    public List<Integer> integers(String key) throws EngineException.BadModel {
        JsonNode node = need(key, "a list of whole numbers");
        List<Integer> values = new ArrayList<>();
        for (JsonNode item : items(node)) {
            if (!item.isIntegralNumber() || !item.canConvertToInt()) {
                throw wrong(key, node, "a list of whole numbers");
            }
            values.add(item.intValue());
        }
        return List.copyOf(values);
    }

    /** A list of numbers; a single one counts as a list of one. */
    public List<Double> numbers(String key) throws EngineException.BadModel {
        JsonNode node = need(key, "a list of numbers");
        List<Double> values = new ArrayList<>();
        for (JsonNode item : items(node)) {
            if (!item.isNumber()) {
                throw wrong(key, node, "a list of numbers");
            }
            values.add(item.doubleValue());
        }
        return List.copyOf(values);
    }

    /** A list of strings; a single one counts as a list of one. */
    public List<String> texts(String key) throws EngineException.BadModel {
        JsonNode node = need(key, "a list of strings");
        List<String> values = new ArrayList<>();
        for (JsonNode item : items(node)) {
            if (!item.isTextual()) {
                throw wrong(key, node, "a list of strings");
            }
            values.add(item.textValue());
        }
        return List.copyOf(values);
    }

    /** A nested object. */
    public ConfigFile object(String key) throws EngineException.BadModel {
        return of(name + ", key " + key, need(key, "an object"));
    }

    /** The value as it stands in the file; a JSON null if it is absent. */
    public JsonNode raw(String key) {
        JsonNode node = root.get(key);
        return node == null ? JSON.nullNode() : node;
    }

    /** The keys that are there, in the file's order. */
    public List<String> keys() {
        return List.copyOf(root.propertyStream().map(Map.Entry::getKey).toList());
    }

    /**
     * Insists that a key is absent, null or has the only value that is supported. Numbers compare by value.
     *
     * @param value a Boolean, Number or String
     * @throws EngineException.Unsupported if it has another value
     */
    public void supportsOnly(String key, Object value) throws EngineException.Unsupported {
        if (!has(key)) {
            return;
        }
        JsonNode node = raw(key);
        boolean same = switch (value) {
            case Boolean flag -> node.isBoolean() && node.booleanValue() == flag;
            case Number number -> node.isNumber() && node.doubleValue() == number.doubleValue();
            default -> node.isTextual() && node.textValue().equals(value);
        };
        if (!same) {
            throw new EngineException.Unsupported(
                    name + ": " + key + " is " + shorten(node) + "; only " + value + " is supported");
        }
    }

    private JsonNode need(String key, String expected) throws EngineException.BadModel {
        @Nullable JsonNode node = root.get(key);
        if (node == null || node.isNull()) {
            throw new EngineException.BadModel(name + ": " + key + " is missing; expected " + expected);
        }
        return node;
    }

    private static Iterable<JsonNode> items(JsonNode node) {
        return node.isArray() ? node : List.of(node);
    }

    private EngineException.BadModel wrong(String key, JsonNode found, String expected) {
        return new EngineException.BadModel(name + ": " + key + " is " + shorten(found) + "; expected " + expected);
    }

    private static String kind(JsonNode node) {
        return node.getNodeType().name().toLowerCase(Locale.ROOT);
    }

    private static String shorten(JsonNode node) {
        String text = node.toString();
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }
}
