package drover.graph;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Floating point operations of one pass of a network, a multiplication and an addition counted as two. Counted are the
 * statements that do nearly all of the work, from the shapes that they have when the network runs:
 *
 * <ul>
 *   <li>a convolution: 2 · elements of the result · input channels · kernel area;
 *   <li>a linear layer: 2 · elements of the result · width of the input;
 *   <li>attention: 4 · batch · heads · queries · keys · width of a head, for {@code Q Kᵀ} and for its product with {@code V}.
 * </ul>
 *
 * <p>Norms, activations and sums are not counted; for the networks here they are less than one in a hundred.
 *
 * @param convolutions operations of convolutions
 * @param linears operations of linear layers
 * @param attention operations of attention
 * @param attentions how often there is attention
 * @param fused how often of these libtorch, asked with the tensors of the run, would choose a fused kernel
 */
public record FlopCount(long convolutions, long linears, long attention, int attentions, int fused) {
    private static final Pattern WEIGHTED =
            Pattern.compile("(x\\d+) = torch\\.(conv2d|linear)\\(\\w+, (?:torch\\.to\\()?w\\[\"([^\"]+)\"].*");
    private static final Pattern ATTENTION =
            Pattern.compile("x\\d+ = torch\\.scaled_dot_product_attention\\(((\\w+), (\\w+), .*)\\)");
    private static final int QUERIES = 2;
    private static final int KEYS = 3;
    private static final int LENGTH = 2;

    /** A statement that is counted: what of, and the names of its probes. */
    private record Counted(String kind, long each, List<String> probes) {}

    /** All together. */
    public long total() {
        return convolutions + linears + attention;
    }

    /**
     * Runs a network once and counts.
     *
     * @param weights at least those that the script reads
     * @param inputs one for each input of the script, in order
     * @throws GraphException if libtorch fails
     */
    public static FlopCount of(Torch torch, Script script, LoadedWeights weights, NDArray... inputs) {
        Map<String, Long> fanIn = script.weights().stream()
                .collect(Collectors.toMap(
                        WeightSpec::key,
                        spec -> spec.shape().size() / spec.shape().get(0)));
        List<Counted> counted = new ArrayList<>();
        List<Script.Line> lines = new ArrayList<>();
        // The last one returns the results.
        for (Script.Line line : script.lines().subList(0, script.lines().size() - 1)) {
            lines.add(line);
            Matcher weighted = WEIGHTED.matcher(line.text());
            Matcher attention = ATTENTION.matcher(line.text());
            if (weighted.matches()) {
                long each = 2 * fanIn.getOrDefault(weighted.group(3), 0L);
                counted.add(new Counted(weighted.group(2), each, List.of(probe(lines, shape(weighted.group(1))))));
            } else if (attention.matches()) {
                String queries = shape(attention.group(QUERIES));
                // 0 is the kernel that is not fused.
                String choice = "torch.mul(" + queries + ", torch._fused_sdp_choice(" + attention.group(1) + "))";
                List<String> probes = List.of(
                        probe(lines, queries), probe(lines, shape(attention.group(KEYS))), probe(lines, choice));
                counted.add(new Counted("attention", 4, probes));
            }
        }
        List<String> outputs =
                counted.stream().flatMap(it -> it.probes().stream()).toList();
        lines.add(new Script.Line("return [" + String.join(", ", outputs) + "]", ""));
        Script probing = new Script(script.name(), script.dtype(), script.inputs(), outputs, script.weights(), lines);
        try (CompiledGraph graph = new CompiledGraph(torch, probing);
                NativeScope scope = torch.open("count of " + script.name())) {
            return sum(counted, graph.run(weights, scope, inputs));
        }
    }

    private static String shape(String tensor) {
        return "torch._shape_as_tensor(" + tensor + ")";
    }

    /** Appends a statement, and returns the name of its result. */
    private static String probe(List<Script.Line> lines, String expression) {
        String name = "probe" + lines.size();
        lines.add(new Script.Line(name + " = " + expression, ""));
        return name;
    }

    private static FlopCount sum(List<Counted> counted, Outputs shapes) {
        long convolutions = 0;
        long linears = 0;
        long attention = 0;
        int attentions = 0;
        int fused = 0;
        for (Counted one : counted) {
            long[] shape = shapes.get(one.probes().getFirst()).toLongArray();
            long elements = 1;
            for (long side : shape) {
                elements *= side;
            }
            switch (one.kind()) {
                case "conv2d" -> convolutions += elements * one.each();
                case "linear" -> linears += elements * one.each();
                default -> {
                    long[] keys = shapes.get(one.probes().get(1)).toLongArray();
                    attention += elements * keys[LENGTH] * one.each();
                    attentions++;
                    fused += shapes.get(one.probes().getLast()).toLongArray()[0] == 0 ? 0 : 1;
                }
            }
        }
        return new FlopCount(convolutions, linears, attention, attentions, fused);
    }
}
