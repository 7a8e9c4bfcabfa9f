package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.inference.EngineException;
import java.util.List;
import java.util.Optional;

/**
 * Prompts to what a UNet is steered by: one CLIP text encoder, or SDXL's two, whose hidden states stand side by side.
 * Thread-safe; owns its native memory.
 */
public final class PromptEncoder implements AutoCloseable {
    /** SDXL was trained on the last layer but one, without the final norm. */
    private static final int SDXL_LAYER = 2;

    private final Torch torch;
    private final List<Half> halves;
    private final boolean zerosForNoPrompt;

    private PromptEncoder(Torch torch, List<Half> halves, boolean zerosForNoPrompt) {
        this.torch = torch;
        this.halves = halves;
        this.zerosForNoPrompt = zerosForNoPrompt;
    }

    /** A tokenizer and the encoder of its ids. */
    private record Half(ClipTokenizer tokenizer, ClipTextEncoder encoder) {}

    /** The text encoders of a model on disk, checked but not loaded. */
    record Plan(ModelSource model, List<ClipTextEncoder.Plan> encoders) implements AutoCloseable {
        static Plan of(ModelSource model, Architecture architecture, DataType dtype) throws EngineException {
            ClipTextEncoder.Plan first = ClipTextEncoder.Plan.of(model, "text_encoder", dtype);
            if (!architecture.hasTwoTextEncoders()) {
                return new Plan(model, List.of(first));
            }
            try {
                return new Plan(model, List.of(first, ClipTextEncoder.Plan.of(model, "text_encoder_2", dtype)));
            } catch (EngineException | RuntimeException e) {
                first.close();
                throw e;
            }
        }

        /** Width of the hidden states, side by side. */
        int width() {
            return encoders.stream().mapToInt(e -> e.config().width()).sum();
        }

        /** Width of the pooled embedding of SDXL; 0 for others. */
        int pooledWidth() {
            return encoders.size() == 1 ? 0 : encoders.getLast().config().projection();
        }

        long bytes() {
            return encoders.stream().mapToLong(e -> e.network().bytes()).sum();
        }

        PromptEncoder load(Torch torch, LoadedWeights.Listener listener) throws EngineException {
            try (Closer loaded = new Closer()) {
                Half first = new Half(
                        loaded.add(ClipTokenizer.open(model.tokenizer("tokenizer")), ClipTokenizer::close),
                        loaded.add(encoders.getFirst().load(torch, listener), ClipTextEncoder::close));
                List<Half> halves = encoders.size() == 1
                        ? List.of(first)
                        : List.of(
                                first,
                                new Half(
                                        loaded.add(
                                                ClipTokenizer.openClip(model.tokenizer("tokenizer_2")),
                                                ClipTokenizer::close),
                                        loaded.add(encoders.getLast().load(torch, listener), ClipTextEncoder::close)));
                PromptEncoder encoder = new PromptEncoder(torch, halves, model.zerosForNoPrompt());
                loaded.release();
                return encoder;
            }
        }

        @Override
        public void close() {
            encoders.forEach(ClipTextEncoder.Plan::close);
        }
    }

    /** The tokenizer of the first encoder. */
    public ClipTokenizer tokenizer() {
        return halves.getFirst().tokenizer();
    }

    /**
     * Encodes a prompt and, with guidance, the negative prompt.
     *
     * @param sizes what SDXL's network is told of the picture
     * @param negativeSizes what it is told along with the negative prompt
     */
    public Conditioning condition(Prompts prompts, PictureSizes sizes, PictureSizes negativeSizes)
            throws EngineException {
        boolean zeros = zerosForNoPrompt && prompts.negative().isEmpty() && halves.size() > 1;
        boolean encodesNegative = prompts.guided() && !zeros;
        List<String> texts = encodesNegative
                ? List.of(prompts.negative().orElse(""), prompts.positive())
                : List.of(prompts.positive());
        NativeScope kept = torch.open("conditioning");
        try (NativeScope scope = torch.open("text encoder run")) {
            NDArray context;
            Optional<UNet2DConditionModel.Added> added = Optional.empty();
            if (halves.size() == 1) {
                context = encode(scope, halves.getFirst(), texts).hidden(prompts.clipSkip());
            } else {
                int layer = Math.max(SDXL_LAYER, prompts.clipSkip());
                ClipTextEncoder.Encoding second = encode(scope, halves.getLast(), texts);
                context =
                        encode(scope, halves.getFirst(), texts).unnormed(layer).concat(second.unnormed(layer), -1);
                NDArray pooled = second.projected();
                if (prompts.guided() && zeros) {
                    context = context.zerosLike().concat(context, 0);
                    pooled = pooled.zerosLike().concat(pooled, 0);
                }
                pooled.attach(kept.manager());
                added = Optional.of(new UNet2DConditionModel.Added(
                        pooled, prompts.guided() ? numbers(kept, negativeSizes, sizes) : numbers(kept, sizes)));
            }
            context.attach(kept.manager());
            return new Conditioning(kept, context, added, (float) prompts.guidance());
        } catch (EngineException | RuntimeException e) {
            kept.close();
            throw e;
        }
    }

    private static ClipTextEncoder.Encoding encode(NativeScope scope, Half half, List<String> texts)
            throws EngineException {
        long[][] ids = texts.stream().map(half.tokenizer()::encode).toArray(long[][]::new);
        return half.encoder().encode(scope, ids);
    }

    private static NDArray numbers(NativeScope scope, PictureSizes... rows) {
        int width = UNetConfig.AddedEmbedding.SIZES;
        float[] flat = new float[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i].numbers(), 0, flat, i * width, width);
        }
        return scope.floats(flat, rows.length, width);
    }

    /** Bytes of its weights in memory. */
    public long bytes() {
        return halves.stream().mapToLong(h -> h.encoder().bytes()).sum();
    }

    @Override
    public void close() {
        for (Half half : halves) {
            half.tokenizer().close();
            half.encoder().close();
        }
    }
}
