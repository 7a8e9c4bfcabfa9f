package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.inference.EngineException;
import java.util.ArrayList;
import java.util.List;

/**
 * What one text encoder makes of some prompts: hidden states for each, {@code [1, T, width]}, and what the network is told
 * of each as a whole. The arrays belong to the scope of the run.
 *
 * @param hidden one for each prompt
 * @param encoding of all parts of all prompts, one row each
 * @param firsts the row of each prompt's first part
 */
record EncodedPrompts(List<NDArray> hidden, ClipTextEncoder.Encoding encoding, List<Integer> firsts) {
    /** More parts than this are not made to make two prompts equally long. */
    private static final int MAX_REPEATED = 64;

    EncodedPrompts {
        hidden = List.copyOf(hidden);
        firsts = List.copyOf(firsts);
    }

    /** Chooses a layer's hidden states, {@code [B, T, width]}. */
    interface Layer {
        NDArray of(ClipTextEncoder.Encoding encoding) throws EngineException;
    }

    static EncodedPrompts of(
            Torch torch,
            NativeScope scope,
            PromptEncoder.Half half,
            List<WeightedPrompt> prompts,
            List<TextualInversion> inversions,
            Layer layer)
            throws EngineException {
        int width = half.encoder().config().width();
        List<PromptChunks> split = new ArrayList<>();
        for (WeightedPrompt prompt : prompts) {
            split.add(PromptChunks.of(half.tokenizer(), prompt, inversions, width));
        }
        List<PromptChunks.Chunk> all =
                split.stream().flatMap(p -> p.chunks().stream()).toList();
        boolean weighted = all.stream().anyMatch(PromptChunks.Chunk::weighted);
        List<long[]> ids =
                new ArrayList<>(all.stream().map(PromptChunks.Chunk::ids).toList());
        if (weighted) {
            ids.add(half.tokenizer().encode(""));
        }
        long[][] rowsOfIds = ids.toArray(long[][]::new);
        boolean words = all.stream().allMatch(chunk -> chunk.vectors().isEmpty());
        ClipTextEncoder.Encoding encoding = words
                ? half.encoder().encode(scope, rowsOfIds)
                : half.encoder()
                        .encode(
                                torch,
                                scope,
                                rowsOfIds,
                                all.stream().map(PromptChunks.Chunk::vectors).toList());
        NDArray rows = layer.of(encoding);
        if (weighted) {
            rows = emphasised(scope, rows, all);
        }
        List<NDArray> hidden = new ArrayList<>();
        List<Integer> firsts = new ArrayList<>();
        int at = 0;
        for (PromptChunks prompt : split) {
            int parts = prompt.chunks().size();
            hidden.add(rows.get(at + ":" + (at + parts))
                    .reshape(1, parts * rows.getShape().get(1), rows.getShape().get(2)));
            firsts.add(at);
            at += parts;
        }
        return new EncodedPrompts(hidden, encoding, firsts);
    }

    /** As ComfyUI does it: away from, or towards, the states of an empty prompt, which are the last row. */
    private static NDArray emphasised(NativeScope scope, NDArray rows, List<PromptChunks.Chunk> chunks) {
        float[] values = scope.toFloats(rows);
        int tokens = Math.toIntExact(rows.getShape().get(1));
        int width = Math.toIntExact(rows.getShape().get(2));
        int empty = chunks.size() * tokens * width;
        for (int row = 0; row < chunks.size(); row++) {
            for (int token = 0; token < tokens; token++) {
                float weight = chunks.get(row).weights()[token];
                int from = (row * tokens + token) * width;
                for (int i = 0; weight != 1 && i < width; i++) {
                    float nothing = values[empty + token * width + i];
                    values[from + i] = (values[from + i] - nothing) * weight + nothing;
                }
            }
        }
        return scope.floats(values, rows.getDataType(), rows.getShape().getShape());
    }

    /** All prompts' hidden states, {@code [B, T, width]}; shorter ones are repeated, which attention does not notice. */
    NDArray context() {
        return stacked(hidden);
    }

    /** These hidden states and those of another encoder, side by side. */
    NDArray beside(EncodedPrompts other) {
        List<NDArray> both = new ArrayList<>();
        for (int i = 0; i < hidden.size(); i++) {
            NDArray left = hidden.get(i);
            NDArray right = other.hidden.get(i);
            // The two tokenizers may differ by a token where a prompt has the text of a special one.
            long tokens = Math.min(left.getShape().get(1), right.getShape().get(1));
            both.add(first(left, tokens).concat(first(right, tokens), -1));
        }
        return stacked(both);
    }

    /** The first parts' pooled states through the projection, {@code [B, projection]}. */
    NDArray projected() {
        NDArray all = encoding.projected();
        NDList rows = new NDList();
        for (int first : firsts) {
            rows.add(all.get(first + ":" + (first + 1)));
        }
        return NDArrays.concat(rows, 0);
    }

    private static NDArray stacked(List<NDArray> prompts) {
        long unit = prompts.stream()
                .mapToLong(p -> p.getShape().get(1))
                .reduce(EncodedPrompts::gcd)
                .orElse(1);
        long common = 1;
        long longest = 1;
        for (NDArray prompt : prompts) {
            long parts = prompt.getShape().get(1) / unit;
            common = common / gcd(common, parts) * parts;
            longest = Math.max(longest, parts);
        }
        // Beyond, the last repetition is cut short, and some words count a little more.
        long tokens = unit * (common <= MAX_REPEATED ? common : longest);
        NDList equal = new NDList();
        for (NDArray prompt : prompts) {
            long length = prompt.getShape().get(1);
            NDList copies = new NDList();
            for (long have = 0; have < tokens; have += length) {
                copies.add(prompt);
            }
            equal.add(copies.size() == 1 ? prompt : first(NDArrays.concat(copies, 1), tokens));
        }
        return NDArrays.concat(equal, 0);
    }

    private static NDArray first(NDArray prompt, long tokens) {
        return prompt.getShape().get(1) == tokens ? prompt : prompt.get(":, :" + tokens);
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
