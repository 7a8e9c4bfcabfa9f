package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.Holding;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Outputs;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.weights.Lora;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A CLIP text encoder with its weights. Thread-safe; owns its native memory. */
public final class ClipTextEncoder implements AutoCloseable {
    private static final String PREFIX = "text_model.";

    private final ClipTextConfig config;
    private final Network network;

    private ClipTextEncoder(ClipTextConfig config, Network network) {
        this.config = config;
        this.network = network;
    }

    /** An encoder on disk, checked but not loaded. */
    record Plan(ClipTextConfig config, Network.Plan network) implements AutoCloseable {
        static Plan of(ModelSource model, String part, DataType dtype, Holding holding) throws EngineException {
            ClipTextConfig config = ClipTextConfig.of(model.config(part));
            return new Plan(
                    config,
                    Network.Plan.of(
                            ClipTextGraph.describe(config, dtype), model, part, holding, ClipTextEncoder::storedName));
        }

        ClipTextEncoder load(Torch torch, LoadedWeights.Listener listener) throws EngineException {
            return new ClipTextEncoder(config, network.load(torch, listener));
        }

        @Override
        public void close() {
            network.close();
        }
    }

    /**
     * What an encoder makes of token ids. The arrays belong to the scope that was given to {@link #encode}.
     */
    public static final class Encoding {
        private final Outputs outputs;
        private final int layers;

        private Encoding(Outputs outputs, int layers) {
            this.outputs = outputs;
            this.layers = layers;
        }

        /**
         * Hidden states after the final norm, {@code [B, T, width]}.
         *
         * @param clipSkip which layer, counted from the end: 1 is the last
         */
        public NDArray hidden(int clipSkip) throws EngineException.Unsupported {
            return outputs.get(ClipTextGraph.skipped(checked(clipSkip)));
        }

        /** As {@link #hidden}, without the final norm. */
        public NDArray unnormed(int clipSkip) throws EngineException.Unsupported {
            return outputs.get(ClipTextGraph.unnormed(checked(clipSkip)));
        }

        private int checked(int clipSkip) throws EngineException.Unsupported {
            if (clipSkip < 1 || clipSkip > layers) {
                throw new EngineException.Unsupported("clip_skip is " + clipSkip + "; expected 1 to " + layers
                        + ", the layers of this model's text encoder");
            }
            return clipSkip;
        }

        /** The last hidden state at the end-of-text token, {@code [B, width]}. */
        public NDArray pooled() {
            return outputs.get(ClipTextGraph.POOLED);
        }

        /** The pooled state through the projection, {@code [B, projection]}; only of an encoder that has one. */
        public NDArray projected() {
            return outputs.get(ClipTextGraph.PROJECTED);
        }
    }

    /** Loads a text encoder of a model, usually its part {@code text_encoder}. */
    public static ClipTextEncoder load(Torch torch, ModelSource model, String part, DataType dtype)
            throws EngineException {
        try (Plan plan = Plan.of(model, part, dtype, Holding.AS_COMPUTED)) {
            return plan.load(torch, bytes -> {});
        }
    }

    /**
     * This encoder with LoRAs; what they leave alone is shared, so it must be closed before this one.
     *
     * @param part which text encoder this is: {@code text_encoder} or {@code text_encoder_2}
     */
    public ClipTextEncoder with(Torch torch, LoraStack loras, String part) throws EngineException {
        return new ClipTextEncoder(config, network.patched(torch, loras.ofTextEncoder(part)));
    }

    /** Whether a LoRA changes any of its weights. */
    boolean isChangedBy(Lora lora, String part) {
        return LoraStack.changes(lora, network.specs(), LoraStack.textEncoderNames(part));
    }

    /** Its settings. */
    public ClipTextConfig config() {
        return config;
    }

    /**
     * Encodes sequences of equal length. Padding is a token like any other.
     *
     * @param scope owns the results
     * @param ids one row for each sequence
     */
    public Encoding encode(NativeScope scope, long[][] ids) throws EngineException {
        int length = ids[0].length;
        long[] flat = checked(ids);
        try (NDArray input = scope.longs(flat, ids.length, length)) {
            return new Encoding(network.run(scope, input), config.layers());
        }
    }

    /** All ids, row by row. What libtorch would look up beyond a table ends a process on a GPU. */
    private long[] checked(long[][] ids) throws EngineException {
        int length = ids[0].length;
        if (length > config.positions()) {
            throw new EngineException.Unsupported(
                    length + " tokens, but this model's text encoder takes " + config.positions());
        }
        long[] flat = Arrays.stream(ids).flatMapToLong(Arrays::stream).toArray();
        for (long id : flat) {
            if (id < 0 || id >= config.vocabulary()) {
                throw new EngineException.BadModel("the tokenizer makes the id " + id
                        + ", but the text encoder knows those below " + config.vocabulary()
                        + "; they are of different models");
            }
        }
        return flat;
    }

    /**
     * As {@link #encode(NativeScope, long[][])}, with vectors in the place of some tokens.
     *
     * @param vectors for each row, from the first on, by their place; later rows have none
     */
    Encoding encode(Torch torch, NativeScope scope, long[][] ids, List<Map<Integer, float[]>> vectors)
            throws EngineException {
        int length = ids[0].length;
        int width = config.width();
        float[] tokens = new float[ids.length * length];
        Arrays.fill(tokens, 1);
        float[] others = new float[tokens.length * width];
        for (int row = 0; row < vectors.size(); row++) {
            for (Map.Entry<Integer, float[]> vector : vectors.get(row).entrySet()) {
                int place = row * length + vector.getKey();
                tokens[place] = 0;
                System.arraycopy(vector.getValue(), 0, others, place * width, width);
            }
        }
        long[] flat = checked(ids);
        DataType dtype = network.dtype();
        try (Network taking = network.sharing(torch, ClipTextGraph.describeWithVectors(config, dtype));
                NDArray input = scope.longs(flat, ids.length, length);
                NDArray kept = scope.floats(tokens, dtype, ids.length, length, 1);
                NDArray placed = scope.floats(others, dtype, ids.length, length, width)) {
            return new Encoding(taking.run(scope, input, kept, placed), config.layers());
        }
    }

    /** Bytes of its weights in memory. */
    public long bytes() {
        return network.bytes();
    }

    @Override
    public void close() {
        network.close();
    }

    /** Newer writers leave the prefix out. */
    private static UnaryOperator<String> storedName(Set<String> names) {
        boolean prefixed = names.stream().anyMatch(n -> n.startsWith(PREFIX));
        return key -> prefixed || !key.startsWith(PREFIX) ? key : key.substring(PREFIX.length());
    }
}
