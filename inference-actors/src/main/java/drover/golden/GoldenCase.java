package drover.golden;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import drover.diffusion.ConfigFile;
import drover.golden.GoldenResult.Verdict;
import drover.graph.NativeScope;
import drover.inference.EngineException;
import drover.weights.SafeTensors;
import drover.weights.TensorInfo;
import drover.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One case: its description, its tensors, and the account of what has been compared. The one who runs it hands in what
 * was computed; {@link #finish} then says what nobody computed.
 */
final class GoldenCase implements AutoCloseable {
    private static final String OUTPUT = "output.";
    private static final String DEBUG = "debug.";

    private final Path folder;
    private final String name;
    private final ConfigFile description;
    private final SafeTensors tensors;
    private final NativeScope scope;
    private final Consumer<GoldenResult> results;
    private final Set<String> compared = new LinkedHashSet<>();

    private GoldenCase(
            Path folder,
            String name,
            ConfigFile description,
            SafeTensors tensors,
            NativeScope scope,
            Consumer<GoldenResult> results) {
        this.folder = folder;
        this.name = name;
        this.description = description;
        this.tensors = tensors;
        this.scope = scope;
        this.results = results;
    }

    static GoldenCase open(
            Path folder, String name, ConfigFile description, NativeScope scope, Consumer<GoldenResult> results)
            throws WeightsException {
        SafeTensors tensors = SafeTensors.open(folder.resolve("tensors.safetensors"));
        return new GoldenCase(folder, name, description, tensors, scope, results);
    }

    /** What {@code case.json} says. */
    ConfigFile description() {
        return description;
    }

    /** Owns the native memory of this case. */
    NativeScope scope() {
        return scope;
    }

    /** The part of the model folder that {@code case.json} names as its model. */
    Path part(String usual) throws EngineException.BadModel {
        String part = description.text("model", usual);
        return ModelFolders.holding(folder, part + "/config.json")
                .orElseThrow(() ->
                        new EngineException.BadModel("no folder above the case holds the part " + part + " of a model"))
                .resolve(part);
    }

    /** Where the case lies. */
    Path folder() {
        return folder;
    }

    /** The case's own name, without its place. */
    String folderName() {
        return String.valueOf(folder.getFileName());
    }

    /** A file or folder in the nearest folder above the case that has it. */
    Path above(String child) throws EngineException.BadModel {
        return ModelFolders.holding(folder, child)
                .orElseThrow(() -> new EngineException.BadModel("no folder above the case holds " + child))
                .resolve(child);
    }

    /** Another case, for its inputs; its arrays belong to this one's scope. */
    GoldenCase other(Path otherFolder) throws EngineException.BadModel, WeightsException {
        return open(otherFolder, name, ConfigFile.read(otherFolder.resolve("case.json")), scope, results);
    }

    /** The model folder of a whole pipeline. */
    Path model() throws EngineException.BadModel {
        return ModelFolders.holding(folder, "model_index.json")
                .orElseThrow(() -> new EngineException.BadModel("no folder above the case holds a model_index.json"));
    }

    /** Names of the tensors to be reproduced. */
    List<String> outputs() {
        return tensors.names().stream().filter(t -> t.startsWith(OUTPUT)).toList();
    }

    boolean has(String tensor) {
        return tensors.find(tensor).isPresent();
    }

    NDArray array(String tensor) throws WeightsException {
        return tensors.load(scope.manager(), tensor);
    }

    List<Long> shape(String tensor) throws WeightsException {
        return tensors.find(tensor)
                .orElseThrow(() -> new WeightsException.Missing("the case has no tensor " + tensor))
                .shape();
    }

    float[] floats(String tensor) throws WeightsException {
        try (NDArray array = tensors.load(scope.manager(), tensor, DataType.FLOAT32)) {
            return array.toFloatArray();
        }
    }

    /** Compares what was computed; a tensor that the case does not have is nobody's concern. */
    void compare(String tensor, NDArray computed) throws WeightsException {
        if (has(tensor)) {
            try (NDArray wide = computed.toType(DataType.FLOAT64, true)) {
                List<Long> shape = new ArrayList<>();
                for (long side : computed.getShape().getShape()) {
                    shape.add(side);
                }
                compare(tensor, wide.toDoubleArray(), shape);
            }
        }
    }

    /** As {@link #compare(String, NDArray)}, for latents and pictures, whose batch of one is not spelled out. */
    void compare(String tensor, float[] computed) throws WeightsException {
        if (has(tensor)) {
            double[] wide = new double[computed.length];
            for (int i = 0; i < wide.length; i++) {
                wide[i] = computed[i];
            }
            List<Long> shape = shape(tensor);
            long elements = shape.stream().reduce(1L, (a, b) -> a * b);
            compare(tensor, wide, elements == wide.length ? shape : List.of((long) wide.length));
        }
    }

    private void compare(String tensor, double[] computed, List<Long> shape) throws WeightsException {
        compared.add(tensor);
        TensorInfo golden = tensors.find(tensor).orElseThrow();
        if (!golden.shape().equals(shape)) {
            note(tensor, Verdict.FAIL, "the shape is " + shape + "; expected " + golden.shape());
            return;
        }
        @Nullable JsonNode tolerance = description.raw("tensors").path(tensor).get("tolerance_abs");
        if (tolerance == null || !tolerance.isNumber() || !(tolerance.doubleValue() >= 0)) {
            note(tensor, Verdict.FAIL, "case.json states no tolerance_abs for it");
            return;
        }
        try (NDArray wide = tensors.load(scope.manager(), tensor, DataType.FLOAT64)) {
            results.accept(judge(tensor, computed, wide.toDoubleArray(), tolerance.doubleValue()));
        }
    }

    private GoldenResult judge(String tensor, double[] computed, double[] golden, double tolerance) {
        double worst = 0;
        double magnitude = 0;
        int strange = 0;
        for (int i = 0; i < golden.length; i++) {
            magnitude = Math.max(magnitude, Math.abs(golden[i]));
            double error = computed[i] == golden[i] ? 0 : Math.abs(computed[i] - golden[i]);
            if (!Double.isFinite(error)) {
                strange++;
            } else {
                worst = Math.max(worst, error);
            }
        }
        boolean passes = strange == 0 && worst <= tolerance;
        double relative = worst == 0 ? 0 : worst / magnitude;
        return new GoldenResult(
                name,
                tensor,
                strange == 0 ? worst : Double.POSITIVE_INFINITY,
                strange == 0 ? relative : Double.POSITIVE_INFINITY,
                tolerance,
                passes ? Verdict.PASS : Verdict.FAIL,
                strange == 0 ? "" : strange + " of " + golden.length + " numbers are not finite");
    }

    /** Gives every tensor that was not compared its line. */
    void finish() {
        Set<String> all = new LinkedHashSet<>(tensors.names());
        Set<String> described = new TreeSet<>();
        description.raw("tensors").fieldNames().forEachRemaining(described::add);
        all.addAll(described);
        for (String tensor : all) {
            if (compared.contains(tensor)) {
                continue;
            }
            if (!has(tensor)) {
                note(tensor, Verdict.FAIL, "case.json describes it, but tensors.safetensors lacks it");
            } else if (tensor.startsWith(OUTPUT)) {
                note(tensor, Verdict.NOT_SUPPORTED, "not computed here");
            } else if (tensor.startsWith(DEBUG)) {
                note(tensor, Verdict.SKIPPED, "an intermediate value that is not at hand");
            }
        }
        if (outputs().isEmpty()) {
            note("", Verdict.NOT_SUPPORTED, "the case has no output to compare");
        }
    }

    private void note(String tensor, Verdict verdict, String note) {
        results.accept(GoldenResult.without(name, tensor, verdict, note));
    }

    @Override
    public void close() {
        tensors.close();
    }

    /** Where a case's model lies. */
    static final class ModelFolders {
        private ModelFolders() {}

        /** The nearest folder above a case in which there is a file or folder of that name. */
        static Optional<Path> holding(Path folder, String child) {
            for (@Nullable Path at = folder.toAbsolutePath().getParent(); at != null; at = at.getParent()) {
                if (Files.exists(at.resolve(child))) {
                    return Optional.of(at);
                }
            }
            return Optional.empty();
        }
    }
}
