package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import drover.inference.EngineException;
import drover.weights.DType;
import drover.weights.SafeTensors;
import drover.weights.TensorInfo;
import drover.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Words that a text encoder was not trained with (Gal et al., 2022): vectors that stand in the place of tokens. A file has
 * one list of them, or for SDXL one for each encoder, told apart by their width.
 *
 * @param name as prompts call it
 * @param lists each of vectors of one width
 */
@SuppressWarnings("ArrayRecordComponent") // Read once, never compared.
public record TextualInversion(String name, List<float[][]> lists) {
    private static final Pattern MENTION = Pattern.compile("\\bembedding:([\\w./+-]*\\w)");
    /** As many as fit between begin and end. */
    private static final long MAX_VECTORS = 75;

    private static final long MAX_WIDTH = 1 << 16;
    private static final Set<DType> NUMBERS = Set.of(DType.F64, DType.F32, DType.F16, DType.BF16);

    public TextualInversion {
        lists = List.copyOf(lists);
    }

    /** The names that a prompt mentions as {@code embedding:NAME}. */
    public static List<String> mentioned(String prompt) {
        return MENTION.matcher(prompt)
                .results()
                .map(it -> it.group(1))
                .distinct()
                .toList();
    }

    /** Goes through a text, which may mention some. */
    interface Reader {
        void text(String text);

        void mention(String name);
    }

    static void read(String text, Reader reader) {
        Matcher mentions = MENTION.matcher(text);
        int at = 0;
        while (mentions.find()) {
            reader.text(text.substring(at, mentions.start()));
            reader.mention(mentions.group(1));
            at = mentions.end();
        }
        reader.text(text.substring(at));
    }

    /**
     * Reads a file.
     *
     * @throws EngineException.Unsupported if it has no list of vectors
     */
    public static TextualInversion open(String name, Path file) throws EngineException {
        List<float[][]> lists = new ArrayList<>();
        try (SafeTensors stored = SafeTensors.open(file);
                NDManager manager = NDManager.newBaseManager("PyTorch")) {
            for (TensorInfo tensor : listsIn(stored)) {
                NDArray all = stored.load(manager, tensor.name(), DataType.FLOAT32);
                lists.add(rows(all.toFloatArray(), width(tensor)));
            }
        } catch (WeightsException e) {
            throw new EngineException.BadModel(String.valueOf(e.getMessage()), e);
        }
        if (lists.isEmpty()) {
            throw new EngineException.Unsupported("the embedding " + name
                    + " has no tensor of 1 to 75 vectors, such as emb_params, or clip_l and clip_g");
        }
        return new TextualInversion(name, lists);
    }

    /**
     * For text encoders of which widths a file has vectors; empty if it is no textual inversion. Only its header is looked
     * at, without native code, so the control process may ask.
     *
     * @throws WeightsException if it is no safetensors file
     */
    public static Set<Integer> widths(Path file) throws WeightsException {
        try (SafeTensors stored = SafeTensors.open(file)) {
            Set<Integer> widths = new TreeSet<>();
            listsIn(stored).forEach(tensor -> widths.add(width(tensor)));
            return widths;
        }
    }

    /** What is a list of vectors, or one vector. Other tensors, such as a training's step count, may stand beside. */
    private static List<TensorInfo> listsIn(SafeTensors stored) {
        List<TensorInfo> lists = new ArrayList<>();
        for (String name : stored.names()) {
            TensorInfo tensor = stored.find(name).orElseThrow();
            List<Long> shape = tensor.shape();
            boolean list = shape.size() == 2 && shape.getFirst() > 0 && shape.getFirst() <= MAX_VECTORS;
            boolean sane = !shape.isEmpty() && shape.getLast() > 0 && shape.getLast() <= MAX_WIDTH;
            if (NUMBERS.contains(tensor.type()) && sane && (list || shape.size() == 1)) {
                lists.add(tensor);
            }
        }
        return lists;
    }

    private static int width(TensorInfo tensor) {
        return Math.toIntExact(tensor.shape().getLast());
    }

    private static float[][] rows(float[] values, int width) {
        float[][] rows = new float[values.length / width][width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(values, i * width, rows[i], 0, width);
        }
        return rows;
    }

    /**
     * The vectors for an encoder.
     *
     * @throws EngineException.Unsupported if there are none of that width
     */
    float[][] vectors(int width) throws EngineException.Unsupported {
        for (float[][] list : lists) {
            if (list[0].length == width) {
                return list;
            }
        }
        throw new EngineException.Unsupported("the embedding " + name
                + " was made for another architecture: it has no vectors of " + width + " numbers");
    }
}
