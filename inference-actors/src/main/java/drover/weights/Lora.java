package drover.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import drover.weights.WeightsException.Unsupported;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A low-rank adaptation (Hu et al., 2021) on disk: for some modules of a model two narrow matrices, whose product is
 * added to the module's weight. Kohya's and diffusers' names of the matrices are understood; modules keep the names that
 * the file has. Safe to use from several threads.
 */
public final class Lora implements AutoCloseable {
    private static final List<Naming> NAMINGS = List.of(
            new Naming(".lora_down.weight", ".lora_up.weight"),
            new Naming(".lora_A.weight", ".lora_B.weight"),
            new Naming(".lora.down.weight", ".lora.up.weight"));
    private static final String ALPHA = ".alpha";
    private static final Pattern READS_PROMPTS = Pattern.compile("attn2[._]to_k");
    /** Parts of other adaptations, which are more than one product. */
    private static final List<String> STRANGE =
            List.of(".hada_w", ".lokr_w", ".lora_mid.", ".dora_scale", ".oft_", ".diff", ".lora_magnitude_vector");

    private final Path path;
    private final SafeTensors file;
    private final Map<String, Naming> modules;

    private Lora(Path path, SafeTensors file, Map<String, Naming> modules) {
        this.path = path;
        this.file = file;
        this.modules = modules;
    }

    /** What the two matrices are called. */
    private record Naming(String down, String up) {}

    /**
     * Opens a file.
     *
     * @throws Unsupported if it is another kind of adaptation
     * @throws WeightsException if it cannot be read, or a matrix has no partner
     */
    public static Lora open(Path path) throws WeightsException {
        SafeTensors file = SafeTensors.open(path);
        boolean done = false;
        try {
            Map<String, Naming> modules = new LinkedHashMap<>();
            for (String name : file.names()) {
                if (STRANGE.stream().anyMatch(name::contains)) {
                    throw new Unsupported(path + " has the tensor " + name
                            + ", so it is no plain LoRA but another adaptation (LoHa, LoKr, DoRA); those are not"
                            + " supported");
                }
                for (Naming naming : NAMINGS) {
                    if (name.endsWith(naming.down)) {
                        String module = name.substring(0, name.length() - naming.down.length());
                        modules.put(module, naming);
                        if (file.find(module + naming.up).isEmpty()) {
                            throw new WeightsException.Missing(path + " has " + name + " but no " + module + naming.up);
                        }
                    }
                }
            }
            if (modules.isEmpty()) {
                throw new Unsupported(path + " has no tensor of a LoRA, such as *.lora_down.weight or *.lora_A.weight");
            }
            done = true;
            return new Lora(path, file, Collections.unmodifiableMap(modules));
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    /**
     * What a file's header tells of it.
     *
     * @param plain whether it is of this kind of adaptation, and no other one that goes by the same name
     * @param contextWidth of the prompts that it was made for: 768 for Stable Diffusion 1, 1024 for 2, 2048 for XL; empty
     *     if it leaves alone what reads them
     */
    public record Outline(boolean plain, OptionalLong contextWidth) {}

    /**
     * Reads a file's header, and loads no native code.
     *
     * @throws WeightsException if it cannot be read
     */
    public static Outline outline(Path path) throws WeightsException {
        try (SafeTensors file = SafeTensors.open(path)) {
            boolean plain =
                    file.names().stream().noneMatch(name -> STRANGE.stream().anyMatch(name::contains));
            OptionalLong width = file.names().stream()
                    .filter(name -> READS_PROMPTS.matcher(name).find()
                            && NAMINGS.stream().anyMatch(naming -> name.endsWith(naming.down)))
                    .flatMap(name -> file.find(name).stream())
                    .filter(tensor -> tensor.shape().size() > 1)
                    .mapToLong(tensor -> tensor.shape().get(1))
                    .findFirst();
            return new Outline(plain, width);
        }
    }

    /** The file's name. */
    public String name() {
        return String.valueOf(path.getFileName());
    }

    /** The modules that it changes, by the file's names. */
    public Set<String> modules() {
        return modules.keySet();
    }

    /**
     * What is to be added to a weight: {@code alpha / rank * up down}; an alpha that is absent is the rank.
     *
     * @param manager owns the result, which is float32
     * @param names what the file may call the module; the first that is there counts
     * @param shape of the weight
     * @return empty if the file does not change that module
     */
    public Optional<NDArray> change(NDManager manager, List<String> names, Shape shape, double weight)
            throws WeightsException {
        Optional<String> found = names.stream().filter(modules::containsKey).findFirst();
        if (found.isEmpty()) {
            return Optional.empty();
        }
        String module = found.get();
        Naming naming = modules.get(module);
        if (naming == null) {
            return Optional.empty();
        }
        try (NDManager scratch = manager.newSubManager()) {
            NDArray down = file.load(scratch, module + naming.down, DataType.FLOAT32);
            NDArray up = file.load(scratch, module + naming.up, DataType.FLOAT32);
            long rank = down.getShape().dimension() == 0 ? 0 : down.getShape().get(0);
            long rows = up.getShape().dimension() == 0 ? 0 : up.getShape().get(0);
            boolean fits = rank > 0
                    && rows > 0
                    && shape.dimension() > 1
                    && up.size() == rows * rank
                    && rows == shape.get(0)
                    && down.size() / rank * rows == shape.size();
            if (!fits) {
                throw new Unsupported(path + ": " + module + " has matrices of the shapes " + down.getShape() + " and "
                        + up.getShape() + ", but the model's weight is "
                        + Arrays.toString(shape.getShape()) + "; the LoRA was made for another architecture");
            }
            NDArray product = up.reshape(rows, rank).matMul(down.reshape(rank, down.size() / rank));
            NDArray change = product.reshape(shape).mul((float) (weight * alpha(scratch, module, rank) / rank));
            change.attach(manager);
            return Optional.of(change);
        }
    }

    private double alpha(NDManager scratch, String module, long rank) throws WeightsException {
        if (file.find(module + ALPHA).isEmpty()) {
            return rank;
        }
        float[] alpha = file.load(scratch, module + ALPHA, DataType.FLOAT32).toFloatArray();
        if (alpha.length != 1) {
            throw new Unsupported(path + ": " + module + ALPHA + " has " + alpha.length + " numbers; expected one");
        }
        return alpha[0];
    }

    @Override
    public void close() {
        file.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
