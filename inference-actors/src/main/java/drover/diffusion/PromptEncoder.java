package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.Holding;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.weights.Lora;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Prompts to what a UNet is steered by: one CLIP text encoder, or SDXL's two, whose hidden states stand side by side.
 * Thread-safe; owns its native memory.
 */
public final class PromptEncoder implements AutoCloseable {
    /** SDXL was trained on the last layer but one, without the final norm. */
    private static final int SDXL_LAYER = 2;

    private static final String FIRST = "text_encoder";
    private static final String SECOND = "text_encoder_2";

    private final Torch torch;
    private final List<Half> halves;
    private final boolean zerosForNoPrompt;
    private final boolean ownsTokenizers;

    private PromptEncoder(Torch torch, List<Half> halves, boolean zerosForNoPrompt, boolean ownsTokenizers) {
        this.torch = torch;
        this.halves = halves;
        this.zerosForNoPrompt = zerosForNoPrompt;
        this.ownsTokenizers = ownsTokenizers;
    }

    /** A tokenizer and the encoder of its ids. */
    record Half(String part, ClipTokenizer tokenizer, ClipTextEncoder encoder) {}

    /** The text encoders of a model on disk, checked but not loaded. */
    record Plan(ModelSource model, List<ClipTextEncoder.Plan> encoders) implements AutoCloseable {
        static Plan of(ModelSource model, Architecture architecture, DataType dtype, Holding holding)
                throws EngineException {
            ClipTextEncoder.Plan first = ClipTextEncoder.Plan.of(model, FIRST, dtype, holding);
            if (!architecture.hasTwoTextEncoders()) {
                return new Plan(model, List.of(first));
            }
            try {
                return new Plan(model, List.of(first, ClipTextEncoder.Plan.of(model, SECOND, dtype, holding)));
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
                        FIRST,
                        loaded.add(ClipTokenizer.open(model.tokenizer("tokenizer")), ClipTokenizer::close),
                        loaded.add(encoders.getFirst().load(torch, listener), ClipTextEncoder::close));
                List<Half> halves = encoders.size() == 1
                        ? List.of(first)
                        : List.of(
                                first,
                                new Half(
                                        SECOND,
                                        loaded.add(
                                                ClipTokenizer.openClip(model.tokenizer("tokenizer_2")),
                                                ClipTokenizer::close),
                                        loaded.add(encoders.getLast().load(torch, listener), ClipTextEncoder::close)));
                PromptEncoder encoder = new PromptEncoder(torch, halves, model.zerosForNoPrompt(), true);
                loaded.release();
                return encoder;
            }
        }

        @Override
        public void close() {
            encoders.forEach(ClipTextEncoder.Plan::close);
        }
    }

    /** These encoders with LoRAs; what those leave alone is shared, so they must be closed before these. */
    PromptEncoder with(LoraStack loras) throws EngineException {
        try (Closer made = new Closer()) {
            List<Half> changed = new ArrayList<>();
            for (Half half : halves) {
                ClipTextEncoder encoder =
                        made.add(half.encoder().with(torch, loras, half.part()), ClipTextEncoder::close);
                changed.add(new Half(half.part(), half.tokenizer(), encoder));
            }
            made.release();
            return new PromptEncoder(torch, List.copyOf(changed), zerosForNoPrompt, false);
        }
    }

    /** Whether a LoRA changes any of their weights. */
    boolean isChangedBy(Lora lora) {
        return halves.stream().anyMatch(half -> half.encoder().isChangedBy(lora, half.part()));
    }

    /** The tokenizer of the first encoder. */
    public ClipTokenizer tokenizer() {
        return halves.getFirst().tokenizer();
    }

    /** As {@link #condition(Prompts, PictureSizes, PictureSizes, int)}, for one picture. */
    public Conditioning condition(Prompts prompts, PictureSizes sizes, PictureSizes negativeSizes)
            throws EngineException {
        return condition(prompts, sizes, negativeSizes, 1);
    }

    /**
     * Encodes a prompt and, with guidance, the negative prompt. Prompts longer than the encoders take are encoded in parts,
     * which the network sees side by side; {@link WeightedPrompt emphasis} moves the hidden states of words away from, or
     * towards, those of an empty prompt.
     *
     * @param sizes what SDXL's network is told of the picture
     * @param negativeSizes what it is told along with the negative prompt
     * @param pictures that are denoised at once; each prompt is there as many times
     */
    public Conditioning condition(Prompts prompts, PictureSizes sizes, PictureSizes negativeSizes, int pictures)
            throws EngineException {
        boolean zeros = zerosForNoPrompt && prompts.negative().isEmpty() && halves.size() > 1;
        boolean encodesNegative = prompts.guided() && !zeros;
        WeightedPrompt positive = WeightedPrompt.parse(prompts.positive());
        List<WeightedPrompt> texts = encodesNegative
                ? List.of(WeightedPrompt.parse(prompts.negative().orElse("")), positive)
                : List.of(positive);
        NativeScope kept = torch.open("conditioning");
        try (NativeScope scope = torch.open("text encoder run")) {
            NDArray context;
            Optional<UNet2DConditionModel.Added> added = Optional.empty();
            if (halves.size() == 1) {
                context = EncodedPrompts.of(
                                torch,
                                scope,
                                halves.getFirst(),
                                texts,
                                prompts.inversions(),
                                e -> e.hidden(prompts.clipSkip()))
                        .context();
            } else {
                int layer = Math.max(SDXL_LAYER, prompts.clipSkip());
                EncodedPrompts second = EncodedPrompts.of(
                        torch, scope, halves.getLast(), texts, prompts.inversions(), e -> e.unnormed(layer));
                context = EncodedPrompts.of(
                                torch, scope, halves.getFirst(), texts, prompts.inversions(), e -> e.unnormed(layer))
                        .beside(second);
                NDArray pooled = second.projected();
                if (prompts.guided() && zeros) {
                    context = context.zerosLike().concat(context, 0);
                    pooled = pooled.zerosLike().concat(pooled, 0);
                }
                NDArray numbers = prompts.guided() ? numbers(kept, negativeSizes, sizes) : numbers(kept, sizes);
                added = Optional.of(new UNet2DConditionModel.Added(
                        repeated(kept, pooled, pictures), repeated(kept, numbers, pictures)));
            }
            return new Conditioning(kept, repeated(kept, context, pictures), added, (float) prompts.guidance());
        } catch (EngineException | RuntimeException e) {
            kept.close();
            throw e;
        }
    }

    private static NDArray repeated(NativeScope kept, NDArray rows, int times) {
        NDArray all = times == 1 ? rows : rows.repeat(0, times);
        all.attach(kept.manager());
        return all;
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
            if (ownsTokenizers) {
                half.tokenizer().close();
            }
            half.encoder().close();
        }
    }
}
