package drover.graph;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Describes one network as a script for libtorch. Model code opens {@link #layer layers}, calls their methods and those
 * of {@link Tensor}, and every call appends one line. Nothing is computed until the finished {@link #script()} is
 * compiled. Not thread-safe; one graph is written by one thread.
 */
public final class Graph {
    private final String name;
    private final DataType dtype;
    private final Edges edges;
    private final List<String> inputs = new ArrayList<>();
    private final Map<String, Tensor> outputs = new LinkedHashMap<>();
    private final Map<String, Shape> weights = new LinkedHashMap<>();
    private final List<Script.Line> lines = new ArrayList<>();
    private final Deque<Layer> open = new ArrayDeque<>();

    /**
     * Starts an empty graph.
     *
     * @param name what the network is called in messages, such as {@code unet}
     * @param dtype the type that weights are wanted in and activations are computed in
     */
    public Graph(String name, DataType dtype) {
        this(name, dtype, Edges.ZEROS);
    }

    /**
     * As {@link #Graph(String, DataType)}.
     *
     * @param edges what convolutions see beyond a picture's edges
     */
    public Graph(String name, DataType dtype, Edges edges) {
        this.name = name;
        this.dtype = dtype;
        this.edges = edges;
    }

    Edges edges() {
        return edges;
    }

    /** The type of weights and activations. */
    public DataType dtype() {
        return dtype;
    }

    /**
     * Declares the next argument of the network; the order of declaration is the order of arguments.
     *
     * @param input a plain identifier
     */
    public Tensor input(String input) {
        if (!input.matches("[a-z]+(_[a-z0-9]+)*") || inputs.contains(input)) {
            throw new IllegalArgumentException("input names are lower-case, unique identifiers, but was: " + input);
        }
        inputs.add(input);
        return new Tensor(this, input);
    }

    /** Declares a named result of the network. */
    public void output(String output, Tensor value) {
        if (outputs.putIfAbsent(output, value) != null) {
            throw new IllegalArgumentException("output " + output + " is declared twice");
        }
    }

    /**
     * Opens a layer within the innermost open one. Lines written until it is closed belong to it, and its weights are
     * found in the checkpoint under its path.
     *
     * @param path name below the enclosing layer, as in the checkpoint's keys; may have dots; empty for the enclosing
     *     layer itself
     */
    public Layer layer(String path) {
        Layer layer = new Layer(this, join(currentLayer(), path));
        open.push(layer);
        return layer;
    }

    /** The finished description. */
    public Script script() {
        if (outputs.isEmpty()) {
            throw new IllegalStateException("graph " + name + " has no output");
        }
        List<Script.Line> all = new ArrayList<>(lines);
        String results = outputs.values().stream().map(Tensor::name).collect(Collectors.joining(", "));
        all.add(new Script.Line("return [" + results + "]", ""));
        List<WeightSpec> specs = weights.entrySet().stream()
                .map(e -> new WeightSpec(e.getKey(), e.getValue()))
                .toList();
        return new Script(name, dtype, inputs, List.copyOf(outputs.keySet()), specs, all);
    }

    void close(Layer layer) {
        if (open.peek() != layer) {
            throw new IllegalStateException(
                    "layer " + layer.path() + " is closed while " + currentLayer() + " is open");
        }
        open.pop();
    }

    /** Appends {@code x<n> = expression}. */
    Tensor line(String expression) {
        String variable = "x" + lines.size();
        lines.add(new Script.Line(variable + " = " + expression, currentLayer()));
        return new Tensor(this, variable);
    }

    /** Appends a line that unpacks a list; serialized scripts want the comma after the last name. */
    List<Tensor> unpack(int count, String expression) {
        List<Tensor> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(new Tensor(this, "x" + lines.size() + "_" + i));
        }
        String names = parts.stream().map(Tensor::name).collect(Collectors.joining(", "));
        lines.add(new Script.Line(names + ", = " + expression, currentLayer()));
        return parts;
    }

    /** Declares a weight and returns the expression that reads it. A key used twice must have one shape. */
    String weight(String key, long... shape) {
        Shape wanted = new Shape(shape);
        Shape known = weights.putIfAbsent(key, wanted);
        if (known != null && !known.equals(wanted)) {
            throw new IllegalArgumentException("weight " + key + " is used as " + known + " and as " + wanted);
        }
        return "w[\"" + key + "\"]";
    }

    /** A path below another one; either may be empty. */
    static String join(String path, String child) {
        return path.isEmpty() || child.isEmpty() ? path + child : path + "." + child;
    }

    private String currentLayer() {
        Layer innermost = open.peek();
        return innermost == null ? "" : innermost.path();
    }
}
