package drover.source.bridge;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * YAML as keys, values and the lines they are on. The reader of YAML 1.2, the version that the existing worker reads too,
 * and the one that makes no objects of any class, so that a file can only ever be text. Limits, so that no file makes it
 * use up memory or stack: {@value #MAX_LENGTH} characters, {@value #MAX_DEPTH} levels, {@value #MAX_ALIASES} aliases,
 * {@value #MAX_EVENTS} parts.
 */
final class YamlText {
    static final int MAX_LENGTH = 256 * 1024;
    static final int MAX_DEPTH = 8;
    static final int MAX_ALIASES = 20;
    static final int MAX_EVENTS = 20_000;

    private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");

    private final String name;

    private YamlText(String name) {
        this.name = name;
    }

    /**
     * Reads a file's text.
     *
     * @param name the file's, for messages
     * @throws UnreadableFileException if it is not YAML, not a list of keys with values, or beyond the limits
     */
    static List<BridgeEntry> read(String text, String name) throws UnreadableFileException {
        return new YamlText(name).entries(text);
    }

    private List<BridgeEntry> entries(String text) throws UnreadableFileException {
        if (text.length() > MAX_LENGTH) {
            throw unusable(name, "is longer than " + MAX_LENGTH + " characters", "is this the right file?");
        }
        LoadSettings settings = LoadSettings.builder()
                .setLabel(name)
                .setCodePointLimit(MAX_LENGTH)
                .setMaxAliasesForCollections(MAX_ALIASES)
                .setAllowNonScalarKeys(true) // So that they can be refused with their line.
                .build();
        try {
            checkLimits(new Parse(settings).parseString(text));
            Iterator<Node> documents =
                    new Compose(settings).composeAllFromString(text).iterator();
            if (!documents.hasNext()) {
                return List.of();
            }
            Node root = documents.next();
            if (documents.hasNext()) {
                throw unusable(where(documents.next().getStartMark()), "begins a second document", "leave out the ---");
            }
            return entries(root);
        } catch (MarkedYamlEngineException e) {
            throw unusable(
                    where(e.getProblemMark().or(e::getContextMark)),
                    "is not YAML: " + e.getProblem(),
                    "look at the indentation, colons and quotes there");
        } catch (YamlEngineException e) {
            throw unusable(name, "is not YAML: " + e.getMessage(), "it has to be a text file of key: value lines");
        }
    }

    /** Before anything is built of them: what is built is built recursively. */
    private void checkLimits(Iterable<Event> events) throws UnreadableFileException {
        int depth = 0;
        int aliases = 0;
        int count = 0;
        for (Event event : events) {
            switch (event.getEventId()) {
                case MappingStart, SequenceStart -> depth++;
                case MappingEnd, SequenceEnd -> depth--;
                case Alias -> aliases++;
                default -> {}
            }
            if (depth > MAX_DEPTH || aliases > MAX_ALIASES || ++count > MAX_EVENTS) {
                throw unusable(
                        where(event.getStartMark()),
                        "goes beyond " + MAX_DEPTH + " levels, " + MAX_ALIASES + " aliases or " + MAX_EVENTS + " parts",
                        "bridgeData.yaml needs none of that; is this the right file?");
            }
        }
    }

    private List<BridgeEntry> entries(Node root) throws UnreadableFileException {
        if (root instanceof ScalarNode scalar && isNull(scalar)) {
            return List.of();
        }
        if (!(root instanceof MappingNode mapping)) {
            throw unusable(where(root.getStartMark()), "is not a list of key: value lines", "is this the right file?");
        }
        Map<String, BridgeEntry> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Node keyNode = tuple.getKeyNode();
            String line = where(keyNode.getStartMark());
            if (!(keyNode instanceof ScalarNode key)) {
                throw unusable(line, "has a key that is not a word", "look at the indentation there");
            }
            BridgeEntry entry = new BridgeEntry(key.getValue(), line, value(tuple.getValueNode(), MAX_DEPTH));
            BridgeEntry first = entries.putIfAbsent(entry.key(), entry);
            if (first != null) {
                throw unusable(
                        line, "sets " + entry.key() + " again, after " + first.where(), "leave one of the two out");
            }
        }
        return List.copyOf(entries.values());
    }

    private BridgeValue value(Node node, int levels) throws UnreadableFileException {
        if (levels == 0) {
            throw unusable(where(node.getStartMark()), "refers to itself", "write out what is meant");
        }
        return switch (node) {
            case ScalarNode scalar when isNull(scalar) -> new BridgeValue.Empty();
            case ScalarNode scalar -> new BridgeValue.Text(scalar.getValue());
            case SequenceNode sequence -> {
                List<BridgeValue> items = new ArrayList<>();
                for (Node item : sequence.getValue()) {
                    items.add(value(item, levels - 1));
                }
                yield new BridgeValue.Items(items);
            }
            case MappingNode mapping -> {
                Map<String, BridgeValue> values = new HashMap<>();
                for (NodeTuple tuple : mapping.getValue()) {
                    if (tuple.getKeyNode() instanceof ScalarNode key) {
                        values.put(key.getValue(), value(tuple.getValueNode(), levels - 1));
                    }
                }
                yield new BridgeValue.Block(values);
            }
            default -> throw unusable(where(node.getStartMark()), "is of no known kind", "");
        };
    }

    private static boolean isNull(ScalarNode scalar) {
        return scalar.isPlain() && NULLS.contains(scalar.getValue());
    }

    private String where(Optional<Mark> mark) {
        return mark.map(it -> name + ":" + (it.getLine() + 1)).orElse(name);
    }

    private static UnreadableFileException unusable(String where, String what, String advice) {
        return new UnreadableFileException(BridgeProblem.error(where, "", what, "", advice));
    }
}
