package drover.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.Edges;
import drover.graph.Holding;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Outputs;
import drover.graph.Script;
import drover.graph.Torch;
import drover.inference.EngineException;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The picture autoencoder with its weights. Thread-safe; owns its native memory. */
public final class AutoencoderKL implements AutoCloseable {
    private final VaeConfig config;
    private final Network encoder;
    private final Network decoder;
    private final Edges edges;

    private AutoencoderKL(VaeConfig config, Network encoder, Network decoder, Edges edges) {
        this.config = config;
        this.edges = edges;
        this.encoder = encoder;
        this.decoder = decoder;
    }

    /**
     * The normal distribution that a picture is encoded to. The arrays belong to the scope that was given to
     * {@link #encode}.
     *
     * @param mean {@code [B, C, h, w]}
     * @param logVariance {@code [B, C, h, w]}, in [-30, 20]
     */
    public record Posterior(NDArray mean, NDArray logVariance) {}

    /** An autoencoder on disk, checked but not loaded. */
    record Plan(VaeConfig config, Network.Plan encoder, Network.Plan decoder) implements AutoCloseable {
        static Plan of(ModelSource model, String part, DataType wanted, Holding holding) throws EngineException {
            VaeConfig config = VaeConfig.of(model.config(part));
            DataType dtype = config.dtype(wanted);
            Network.Plan encoder = half(VaeGraph.encoder(config, dtype), model, part, holding);
            try {
                return new Plan(config, encoder, half(VaeGraph.decoder(config, dtype), model, part, holding));
            } catch (EngineException e) {
                encoder.close();
                throw e;
            }
        }

        AutoencoderKL load(Torch torch, LoadedWeights.Listener listener) throws EngineException {
            Network loaded = decoder.load(torch, listener);
            try {
                return new AutoencoderKL(config, encoder.load(torch, listener), loaded, Edges.ZEROS);
            } catch (EngineException | RuntimeException e) {
                loaded.close();
                throw e;
            }
        }

        long bytes() {
            return encoder.bytes() + decoder.bytes();
        }

        @Override
        public void close() {
            encoder.close();
            decoder.close();
        }

        private static Network.Plan half(Script script, ModelSource model, String part, Holding holding)
                throws EngineException {
            return Network.Plan.of(script, model, part, holding, AutoencoderKL::storedName);
        }
    }

    /** Loads the autoencoder of a model, usually its part {@code vae}. */
    public static AutoencoderKL load(Torch torch, ModelSource model, String part, DataType dtype)
            throws EngineException {
        try (Plan plan = Plan.of(model, part, dtype, Holding.AS_COMPUTED)) {
            return plan.load(torch, bytes -> {});
        }
    }

    /** This autoencoder for pictures whose opposite edges fit together; must be closed before this one. */
    AutoencoderKL tiling(Torch torch) {
        Network around = encoder.sharing(torch, VaeGraph.encoder(config, dtype(), Edges.CIRCULAR));
        try {
            return new AutoencoderKL(
                    config,
                    around,
                    decoder.sharing(torch, VaeGraph.decoder(config, dtype(), Edges.CIRCULAR)),
                    Edges.CIRCULAR);
        } catch (RuntimeException e) {
            around.close();
            throw e;
        }
    }

    /** What it sees beyond a picture's edges. */
    Edges edges() {
        return edges;
    }

    /** Its settings. */
    public VaeConfig config() {
        return config;
    }

    /** The type of its weights, in which pictures and latents are handed in. */
    public DataType dtype() {
        return decoder.dtype();
    }

    /**
     * Encodes pictures.
     *
     * @param scope owns the results
     * @param picture {@code [B, 3, H, W]} in [-1, 1], sides multiples of {@link VaeConfig#factor}
     */
    public Posterior encode(NativeScope scope, NDArray picture) {
        Outputs outputs = encoder.run(scope, picture);
        return new Posterior(outputs.get(VaeGraph.MEAN), outputs.get(VaeGraph.LOG_VARIANCE));
    }

    /**
     * Decodes latents.
     *
     * @param scope owns the result
     * @param latent {@code [B, C, h, w]}, already divided by {@link VaeConfig#scalingFactor}
     * @return {@code [B, 3, H, W]}, nominally in [-1, 1], not clamped
     */
    public NDArray decode(NativeScope scope, NDArray latent) {
        return decoder.run(scope, latent).get(VaeGraph.PICTURE);
    }

    /** Bytes of its weights in memory. */
    public long bytes() {
        return encoder.bytes() + decoder.bytes();
    }

    @Override
    public void close() {
        encoder.close();
        decoder.close();
    }

    /** Older writers, Stable Diffusion 1.5's among them, named the parts of the middle's attention otherwise. */
    private static UnaryOperator<String> storedName(Set<String> names) {
        boolean legacy = names.stream().anyMatch(n -> n.contains("mid_block.attentions.0.query."));
        if (!legacy) {
            return UnaryOperator.identity();
        }
        return key -> key.contains(".attentions.")
                ? key.replace(".to_q.", ".query.")
                        .replace(".to_k.", ".key.")
                        .replace(".to_v.", ".value.")
                        .replace(".to_out.0.", ".proj_attn.")
                : key;
    }
}
