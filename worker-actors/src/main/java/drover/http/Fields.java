package drover.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.client.Problem.FieldError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

/** Takes typed fields out of a JSON object and notes what is wrong with each, instead of stopping at the first. */
final class Fields {
    private static final int MAX_ERRORS = 20;
    private static final int MAX_ITEMS = 100;

    private final ObjectNode object;
    private final String prefix;
    private final List<FieldError> errors;
    private final Set<String> known = new HashSet<>();

    Fields(ObjectNode object, String prefix, List<FieldError> errors) {
        this.object = object;
        this.prefix = prefix;
        this.errors = errors;
    }

    Optional<String> text(String name) {
        return take(name, "a string", JsonNode::isTextual)
                .map(JsonNode::textValue)
                .filter(text -> check(isUnicode(text), name, "holds characters that are not valid Unicode text"));
    }

    Optional<Boolean> bool(String name) {
        return take(name, "true or false", JsonNode::isBoolean).map(JsonNode::booleanValue);
    }

    Optional<Integer> integer(String name) {
        return take(name, "a whole number", JsonNode::isIntegralNumber)
                .filter(node -> check(node.canConvertToInt(), name, "is a number of absurd size"))
                .map(JsonNode::intValue);
    }

    Optional<Long> longInteger(String name) {
        return take(name, "a whole number", JsonNode::isIntegralNumber)
                .filter(node -> check(node.canConvertToLong(), name, "is a number of absurd size"))
                .map(JsonNode::longValue);
    }

    Optional<Double> number(String name) {
        return take(name, "a number", JsonNode::isNumber)
                .map(JsonNode::doubleValue)
                .filter(value -> check(Double.isFinite(value), name, "is a number of absurd size"));
    }

    Optional<Fields> object(String name) {
        return take(name, "an object", JsonNode::isObject)
                .map(node -> new Fields((ObjectNode) node, prefix + name + ".", errors));
    }

    Optional<List<Fields>> objects(String name) {
        return items(name, "objects", JsonNode::isObject).map(nodes -> {
            List<Fields> all = new ArrayList<>();
            for (JsonNode node : nodes) {
                all.add(new Fields((ObjectNode) node, prefix + name + "[" + all.size() + "].", errors));
            }
            return List.copyOf(all);
        });
    }

    Optional<List<String>> texts(String name) {
        return items(name, "strings", JsonNode::isTextual)
                .map(nodes -> nodes.stream().map(JsonNode::textValue).toList())
                .filter(texts -> check(
                        texts.stream().allMatch(Fields::isUnicode),
                        name,
                        "holds characters that are not valid Unicode text"));
    }

    private Optional<List<JsonNode>> items(String name, String expected, Predicate<JsonNode> type) {
        return take(name, "a list of " + expected, JsonNode::isArray)
                .map(node -> StreamSupport.stream(node.spliterator(), false).toList())
                .filter(nodes -> check(
                        nodes.size() <= MAX_ITEMS,
                        name,
                        "must have at most " + MAX_ITEMS + " items, but has " + nodes.size()))
                .filter(nodes -> check(nodes.stream().allMatch(type), name, "must be a list of " + expected));
    }

    /** Notes a field that must be there and is not. */
    void require(String name) {
        known.add(name);
        check(object.has(name), name, "is required");
    }

    /** Notes every field that nobody has asked for. */
    void nothingElse() {
        object.fieldNames().forEachRemaining(name -> check(known.contains(name), name, "is not a known field"));
    }

    private Optional<JsonNode> take(String name, String expected, Predicate<JsonNode> type) {
        known.add(name);
        JsonNode node = object.get(name);
        if (node == null) {
            return Optional.empty();
        }
        String found = node.isNull()
                ? "null (leave it out instead)"
                : node.getNodeType().toString().toLowerCase(Locale.ROOT);
        return check(type.test(node), name, "must be " + expected + ", but was " + found)
                ? Optional.of(node)
                : Optional.empty();
    }

    private boolean check(boolean holds, String name, String detail) {
        if (!holds && errors.size() < MAX_ERRORS) {
            errors.add(new FieldError(prefix + name, detail));
        }
        return holds;
    }

    /** No half surrogate pairs, and of control characters only those that lay out text. */
    private static boolean isUnicode(String text) {
        return text.codePoints()
                .noneMatch(c -> (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)
                        || (Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t'));
    }
}
