package drover.safety;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.diffusion.ClipLayer;
import drover.diffusion.ConfigFile;
import drover.graph.CompiledGraph;
import drover.graph.Graph;
import drover.graph.Layer;
import drover.graph.LoadedWeights;
import drover.graph.NativeScope;
import drover.graph.Outputs;
import drover.graph.Script;
import drover.graph.Tensor;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.weights.Checkpoint;
import drover.weights.TensorInfo;
import drover.weights.WeightsException;
import java.nio.file.Path;
import java.util.List;

/**
 * The safety checker of Stable Diffusion: a picture's CLIP embedding beside embeddings of concepts (Rando et al., 2022,
 * describe it). Thread-safe; owns its native memory.
 */
public final class SafetyChecker implements AutoCloseable {
    private static final String PIXELS = "pixels";
    private static final String EMBEDDING = "embedding";
    private static final String CONCEPTS = "concepts";
    private static final String SPECIAL = "special";
    /** A hit of special care lowers every other threshold by this. */
    private static final float SPECIAL_ADJUSTMENT = 0.01f;

    private static final String PREFIX = "vision_model.";

    private final ClipVisionConfig config;
    private final CompiledGraph graph;
    private final LoadedWeights weights;
    private final float[] conceptThresholds;
    private final float[] specialThresholds;

    private SafetyChecker(
            ClipVisionConfig config,
            CompiledGraph graph,
            LoadedWeights weights,
            float[] conceptThresholds,
            float[] specialThresholds) {
        this.config = config;
        this.graph = graph;
        this.weights = weights;
        this.conceptThresholds = conceptThresholds;
        this.specialThresholds = specialThresholds;
    }

    /**
     * What was found in one picture. Scores are similarities less thresholds; above 0, rounded to three digits, is a hit.
     *
     * @param concepts one score for each concept, adjusted if special care is due
     * @param special one score for each concept of special care
     */
    public record Verdict(List<Float> concepts, List<Float> special) {
        public Verdict {
            concepts = List.copyOf(concepts);
            special = List.copyOf(special);
        }

        /** Whether the picture should not be shown. */
        public boolean unsafe() {
            return concepts.stream().anyMatch(SafetyChecker::hits);
        }

        /** Whether special care is due. */
        public boolean specialCare() {
            return special.stream().anyMatch(SafetyChecker::hits);
        }
    }

    private static boolean hits(float score) {
        return Math.rint(score * 1000.0) > 0;
    }

    /**
     * What the network gives for a batch. The arrays belong to the scope.
     *
     * @param embedding {@code [B, projection]}
     * @param concepts cosines to the concepts, {@code [B, 17]}
     * @param special cosines to the concepts of special care, {@code [B, 3]}
     */
    public record Similarities(NDArray embedding, NDArray concepts, NDArray special) {}

    /** Loads a {@code safety_checker} folder. */
    public static SafetyChecker load(Torch torch, Path folder, DataType dtype) throws EngineException {
        ClipVisionConfig config = ClipVisionConfig.of(ConfigFile.read(folder.resolve("config.json")));
        try (Checkpoint stored = Checkpoint.open(folder, "model");
                NativeScope scope = torch.open("safety checker thresholds")) {
            int concepts = rows(stored, "concept_embeds");
            int special = rows(stored, "special_care_embeds");
            Script script = describe(config, concepts, special, dtype);
            // The model is wrapped twice; newer writers leave one wrapping out.
            boolean twice = stored.names().stream().anyMatch(name -> name.startsWith(PREFIX + PREFIX));
            CompiledGraph graph = new CompiledGraph(torch, script);
            try {
                LoadedWeights weights = LoadedWeights.load(
                        torch,
                        script,
                        stored,
                        folder.toString(),
                        key -> twice && key.startsWith(PREFIX) ? PREFIX + key : key,
                        bytes -> {});
                return new SafetyChecker(
                        config,
                        graph,
                        weights,
                        scope.toFloats(stored.load(scope.manager(), "concept_embeds_weights", DataType.FLOAT32)),
                        scope.toFloats(stored.load(scope.manager(), "special_care_embeds_weights", DataType.FLOAT32)));
            } catch (EngineException | WeightsException | RuntimeException e) {
                graph.close();
                throw e;
            }
        } catch (WeightsException e) {
            throw new EngineException.BadModel("the safety checker cannot be read: " + e.getMessage(), e);
        }
    }

    private static int rows(Checkpoint stored, String name) throws EngineException.BadModel {
        return stored.find(name)
                .map(TensorInfo::shape)
                .filter(shape -> shape.size() == 2 && shape.getFirst() > 0 && shape.getFirst() < 1 << 20)
                .map(shape -> shape.getFirst().intValue())
                .orElseThrow(() -> new EngineException.BadModel(
                        stored + " is no safety checker: " + name + " is missing or has another shape"));
    }

    private static Script describe(ClipVisionConfig config, int concepts, int special, DataType dtype) {
        Graph graph = new Graph("safety checker", dtype);
        int width = config.width();
        ClipLayer layer =
                new ClipLayer(graph, width, config.inner(), config.heads(), config.quickGelu(), config.eps(), false);
        Tensor pixels = graph.input(PIXELS);
        Tensor x;
        try (Layer model = graph.layer("vision_model")) {
            try (Layer at = graph.layer("embeddings")) {
                Tensor patches = at.patches("patch_embedding", pixels, 3, width, config.patch())
                        .flatten(2, 3)
                        .transpose(1, 2);
                Tensor whole = at.weight("class_embedding", width)
                        .unflatten(0, 1, 1, width)
                        .repeatedLike(patches);
                x = at.cat(1, whole, patches).add(at.weight("position_embedding.weight", config.tokens(), width));
            }
            x = model.layerNorm("pre_layrnorm", x, width, config.eps());
            for (int i = 0; i < config.layers(); i++) {
                x = layer.apply("encoder.layers." + i, x);
            }
            x = model.layerNorm("post_layernorm", x.narrow(1, 1).flatten(1, 2), width, config.eps());
        }
        try (Layer head = graph.layer("")) {
            Tensor embedding = head.linearNoBias("visual_projection", x, width, config.projection());
            graph.output(EMBEDDING, embedding);
            Tensor direction = embedding.unit();
            graph.output(
                    CONCEPTS,
                    direction.matmulTransposed(head.weight("concept_embeds", concepts, config.projection())
                            .unit()));
            graph.output(
                    SPECIAL,
                    direction.matmulTransposed(head.weight("special_care_embeds", special, config.projection())
                            .unit()));
        }
        return graph.script();
    }

    /**
     * Looks at pictures.
     *
     * @param pixels {@code [B, 3, side, side]}, as CLIP wants them: cut, scaled and normalised
     */
    public Similarities look(NativeScope scope, NDArray pixels) {
        Outputs outputs = graph.run(weights, scope, pixels);
        return new Similarities(outputs.get(EMBEDDING), outputs.get(CONCEPTS), outputs.get(SPECIAL));
    }

    /** Judges one picture by its cosines. */
    public Verdict judge(float[] concepts, float[] special) {
        List<Float> care = scores(special, specialThresholds, 0);
        boolean due = care.stream().anyMatch(SafetyChecker::hits);
        return new Verdict(scores(concepts, conceptThresholds, due ? SPECIAL_ADJUSTMENT : 0), care);
    }

    private static List<Float> scores(float[] cosines, float[] thresholds, float adjustment) {
        Float[] scores = new Float[cosines.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = cosines[i] - thresholds[i] + adjustment;
        }
        return List.of(scores);
    }

    /** Pictures are squares of that many pixels. */
    public int side() {
        return config.side();
    }

    @Override
    public void close() {
        graph.close();
        weights.close();
    }
}
