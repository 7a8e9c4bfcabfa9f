package drover.diffusion;

import drover.inference.EngineException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A prompt as a text encoder takes it: as many full lengths of ids as it needs, each with begin, end and padding. A short
 * span is not torn between two of them.
 *
 * @param chunks at least one
 */
record PromptChunks(List<Chunk> chunks) {
    /** A span of fewer tokens stays together, as in ComfyUI. */
    private static final int KEPT_TOGETHER = 8;
    /** Some 2400 tokens; what a prompt has beyond is cut off. */
    static final int MAX_CHUNKS = 32;

    PromptChunks {
        chunks = List.copyOf(chunks);
    }

    /**
     * One length of a text encoder.
     *
     * @param ids of tokens
     * @param weights how much each token counts
     * @param vectors that stand in the place of tokens, by their place
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed from one line to the next, never compared.
    record Chunk(long[] ids, float[] weights, Map<Integer, float[]> vectors) {
        Chunk {
            vectors = Map.copyOf(vectors);
        }

        boolean weighted() {
            for (float weight : weights) {
                if (weight != 1) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * Cuts a prompt.
     *
     * @param inversions what it may mention
     * @param width of the encoder's vectors
     */
    static PromptChunks of(ClipTokenizer tokenizer, WeightedPrompt prompt, List<TextualInversion> inversions, int width)
            throws EngineException.Unsupported {
        Map<String, float[][]> known = new HashMap<>();
        for (TextualInversion inversion : inversions) {
            known.put(inversion.name(), inversion.vectors(width));
        }
        Filling filling = new Filling(tokenizer);
        for (List<WeightedPrompt.Span> part : prompt.parts()) {
            filling.beginPart();
            for (WeightedPrompt.Span span : part) {
                TextualInversion.read(span.text(), new TextualInversion.Reader() {
                    @Override
                    public void text(String text) {
                        filling.add(tokenizer.encodeBare(text), (float) span.weight(), new float[0][]);
                    }

                    @Override
                    public void mention(String name) {
                        float[][] vectors = known.getOrDefault(name, new float[0][]);
                        filling.add(new long[vectors.length], (float) span.weight(), vectors);
                    }
                });
            }
        }
        return new PromptChunks(filling.finished());
    }

    private static final class Filling {
        private final ClipTokenizer tokenizer;
        private final int room;
        private final List<Chunk> done = new ArrayList<>();
        private final long[] ids;
        private final float[] weights;
        private final Map<Integer, float[]> places = new HashMap<>();
        private int used;

        Filling(ClipTokenizer tokenizer) {
            this.tokenizer = tokenizer;
            this.room = tokenizer.maxLength() - 2;
            this.ids = new long[room];
            this.weights = new float[room];
        }

        void beginPart() {
            if (used > 0) {
                finish();
            }
        }

        /** Appends tokens, or as many vectors in their places. */
        void add(long[] tokens, float weight, float[][] vectors) {
            boolean together = tokens.length < Math.min(KEPT_TOGETHER, room);
            int at = 0;
            while (at < tokens.length) {
                int left = tokens.length - at;
                int fits = together && left > room - used ? 0 : Math.min(left, room - used);
                System.arraycopy(tokens, at, ids, used, fits);
                Arrays.fill(weights, used, used + fits, weight);
                for (int i = 0; i < fits && at + i < vectors.length; i++) {
                    places.put(1 + used + i, vectors[at + i]);
                }
                used += fits;
                at += fits;
                if (at < tokens.length) {
                    finish();
                }
            }
        }

        private void finish() {
            long[] whole = tokenizer.framed(Arrays.copyOf(ids, used));
            float[] counts = new float[whole.length];
            Arrays.fill(counts, 1);
            System.arraycopy(weights, 0, counts, 1, used);
            done.add(new Chunk(whole, counts, places));
            places.clear();
            used = 0;
        }

        List<Chunk> finished() {
            if (used > 0 || done.isEmpty()) {
                finish();
            }
            return done.subList(0, Math.min(done.size(), MAX_CHUNKS));
        }
    }
}
