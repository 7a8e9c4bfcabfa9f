package drover.graph;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * libtorch would not compile or run a graph. The message names the network, the layer and the graph's line. Unchecked,
 * because it is either a mistake in a network's description, or a request that does not fit the network and should have
 * been refused before.
 */
public final class GraphException extends RuntimeException {
    private static final Pattern POSITION = Pattern.compile("File \"code/__torch__\\.py\", line (\\d+)");
    private static final Pattern OUT_OF_MEMORY =
            Pattern.compile("out of memory|not enough memory|can't allocate memory", Pattern.CASE_INSENSITIVE);
    private static final Pattern RUNTIME_REASON = Pattern.compile("\\n[\\w.]*Error: (.*)", Pattern.DOTALL);
    private static final int LONGEST_REASON = 400;

    private final Script.@Nullable Line line;
    private final boolean outOfMemory;

    private GraphException(String message, Throwable cause, Script.@Nullable Line line, boolean outOfMemory) {
        super(message, cause);
        this.line = line;
        this.outOfMemory = outOfMemory;
    }

    /** Explains what libtorch said about a script. */
    static GraphException of(Script script, String doing, RuntimeException cause) {
        String said = String.valueOf(cause.getMessage());
        Optional<Script.Line> line = position(said).flatMap(script::lineAt);
        String where = line.map(l -> ", layer " + (l.layer().isEmpty() ? "(none)" : l.layer()) + ", line " + l.text())
                .orElse("");
        String message = script.name() + where + ": libtorch cannot " + doing + " this: " + reason(said);
        return new GraphException(message, cause, line.orElse(null), outOfMemory(cause));
    }

    /** The layer whose code wrote the offending line, if libtorch gave a position; empty outside any layer. */
    public Optional<String> layer() {
        return Optional.ofNullable(line).map(Script.Line::layer);
    }

    /** The offending line of the graph, if libtorch gave a position. */
    public Optional<String> line() {
        return Optional.ofNullable(line).map(Script.Line::text);
    }

    /** Whether the device or the host had no room. */
    public boolean outOfMemory() {
        return outOfMemory;
    }

    /** Whether what libtorch said means that there was no room. */
    public static boolean outOfMemory(RuntimeException said) {
        return OUT_OF_MEMORY.matcher(String.valueOf(said.getMessage())).find();
    }

    /** Where the message points; the innermost position comes last. */
    private static Optional<Integer> position(String said) {
        Matcher matcher = POSITION.matcher(said);
        Optional<Integer> last = Optional.empty();
        while (matcher.find()) {
            last = Optional.of(Integer.valueOf(matcher.group(1)));
        }
        return last;
    }

    /** libtorch's own words, without the quoted source around them. */
    private static String reason(String said) {
        Matcher runtime = RUNTIME_REASON.matcher(said);
        int source = said.indexOf("File \"code/__torch__.py\"");
        String reason = runtime.find() ? runtime.group(1) : source >= 0 ? said.substring(0, source) : said;
        String flat = reason.replace("The original call is:", "")
                .replaceAll("\\s+", " ")
                .replaceFirst("( here)?[: ]*$", "")
                .strip();
        return flat.length() <= LONGEST_REASON ? flat : flat.substring(0, LONGEST_REASON) + "…";
    }
}
