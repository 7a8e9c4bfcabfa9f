package drover.graph;

import ai.djl.ndarray.types.DataType;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A finished {@link Graph}: the text that libtorch compiles, and what is needed to feed it and to explain its errors.
 *
 * @param name what the network is called in messages
 * @param dtype the type of weights and activations
 * @param inputs names of the arguments, in order
 * @param outputs names of the results, in order
 * @param weights every weight that is read, with its shape
 * @param lines the statements of {@code forward}, in order
 */
public record Script(
        String name,
        DataType dtype,
        List<String> inputs,
        List<String> outputs,
        List<WeightSpec> weights,
        List<Line> lines) {

    /** Attributes every module has; libtorch wants them declared in this order. */
    private static final List<String> PREAMBLE = List.of(
            "class M(Module):",
            "  __parameters__ = []",
            "  __buffers__ = []",
            "  training : bool",
            "  _is_full_backward_hook : Optional[bool]");

    private static final Pattern WEIGHT = Pattern.compile("w\\[\"[^\"]*\"]");

    public Script {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        weights = List.copyOf(weights);
        lines = List.copyOf(lines);
    }

    /**
     * One statement.
     *
     * @param text the statement, without indentation
     * @param layer the layer whose code wrote it; empty outside any
     */
    public record Line(String text, String layer) {}

    /** The serialized source, {@code code/__torch__.py} of the archive. */
    public String source() {
        String arguments = inputs.stream().map(i -> ", " + i + ": Tensor").collect(Collectors.joining());
        StringBuilder text = new StringBuilder();
        PREAMBLE.forEach(l -> text.append(l).append('\n'));
        text.append("  def forward(self: __torch__.M, w: Dict[str, Tensor]")
                .append(arguments)
                .append(") -> List[Tensor]:\n");
        lines.forEach(l -> text.append("    ").append(l.text()).append('\n'));
        return text.toString();
    }

    /** This script for weights that may be held in narrower types than it computes in; see {@link Holding#AS_STORED}. */
    Script widening() {
        String widened = "torch.to($0, " + ScalarTypes.number(dtype) + ")";
        return withLines(lines.stream()
                .map(line -> new Line(WEIGHT.matcher(line.text()).replaceAll(widened), line.layer()))
                .toList());
    }

    /** The same arguments and weights with other statements. */
    private Script withLines(List<Line> others) {
        return new Script(name, dtype, inputs, outputs, weights, others);
    }

    /** The statement on a line of {@link #source()}, counted from 1; empty for the lines around the statements. */
    Optional<Line> lineAt(int sourceLine) {
        int index = sourceLine - PREAMBLE.size() - 2;
        return index >= 0 && index < lines.size() ? Optional.of(lines.get(index)) : Optional.empty();
    }
}
