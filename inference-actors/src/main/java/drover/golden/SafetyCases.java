package drover.golden;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.picture.BadImageException;
import drover.picture.SourceImages;
import drover.safety.ClipImageProcessor;
import drover.safety.SafetyChecker;
import drover.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Cases of the safety checker: files to pixels, pixels to similarities, scores and verdicts. */
final class SafetyCases {
    private static final String PIXELS = "input.pixel_values";

    private final Torch torch;

    SafetyCases(Torch torch) {
        this.torch = torch;
    }

    /** {@code safety_checker}. */
    void run(GoldenCase golden) throws EngineException, WeightsException {
        Path folder = golden.above("safety_checker");
        try (SafetyChecker checker = SafetyChecker.load(torch, folder, DataType.FLOAT32)) {
            float[] own = pixels(golden, ClipImageProcessor.beside(folder, checker.side()));
            golden.compare(PIXELS, own);
            long side = checker.side();
            judge(golden, checker, golden.scope().floats(own, own.length / (3 * side * side), 3, side, side));

            SafetyChecker.Similarities seen = checker.look(golden.scope(), golden.array(PIXELS));
            golden.compare("output.image_embeds", seen.embedding());
            golden.compare("output.cos", seen.concepts());
            golden.compare("output.special_cos", seen.special());
            Scores scores = judge(golden, checker, golden.array(PIXELS));
            golden.compare("output.concept_scores", scores.concepts());
            golden.compare("output.special_scores", scores.special());
        }
    }

    /** The case's files, as the network wants to see them, one after another. */
    private static float[] pixels(GoldenCase golden, ClipImageProcessor processor) throws EngineException {
        List<float[]> all = new ArrayList<>();
        for (String name : golden.description().texts("images")) {
            try {
                byte[] file = Files.readAllBytes(golden.folder().resolve(name));
                all.add(processor.pixels(SourceImages.decode(file, SourceImages.Limits.HORDE)));
            } catch (IOException | BadImageException e) {
                throw new EngineException.BadModel("the picture " + name + " cannot be read: " + e, e);
            }
        }
        int each = 3 * processor.side() * processor.side();
        float[] joined = new float[all.size() * each];
        for (int i = 0; i < all.size(); i++) {
            System.arraycopy(all.get(i), 0, joined, i * each, each);
        }
        return joined;
    }

    @SuppressWarnings("ArrayRecordComponent") // Handed over once, never compared.
    private record Scores(float[] concepts, float[] special) {}

    /** Looks at the pixels, and holds every verdict against the case's. */
    private static Scores judge(GoldenCase golden, SafetyChecker checker, NDArray pixels) throws EngineException {
        SafetyChecker.Similarities seen = checker.look(golden.scope(), pixels);
        return judge(
                golden,
                checker,
                golden.scope().toFloats(seen.concepts()),
                golden.scope().toFloats(seen.special()));
    }

    private static Scores judge(GoldenCase golden, SafetyChecker checker, float[] concepts, float[] special)
            throws EngineException {
        JsonNode verdicts = golden.description().raw("verdicts");
        JsonNode care = golden.description().raw("special_care");
        int pictures = verdicts.size();
        if (pictures == 0 || care.size() != pictures || concepts.length % pictures != 0) {
            throw new EngineException.BadModel("the case lists " + pictures + " verdicts and " + care.size()
                    + " of special care for its pictures");
        }
        int width = concepts.length / pictures;
        int specialWidth = special.length / pictures;
        float[] scores = new float[concepts.length];
        float[] specialScores = new float[special.length];
        for (int i = 0; i < pictures; i++) {
            SafetyChecker.Verdict verdict = checker.judge(
                    Arrays.copyOfRange(concepts, i * width, (i + 1) * width),
                    Arrays.copyOfRange(special, i * specialWidth, (i + 1) * specialWidth));
            for (int k = 0; k < width; k++) {
                scores[i * width + k] = verdict.concepts().get(k);
            }
            for (int k = 0; k < specialWidth; k++) {
                specialScores[i * specialWidth + k] = verdict.special().get(k);
            }
            boolean same = verdict.unsafe() == verdicts.get(i).booleanValue()
                    && verdict.specialCare() == care.get(i).booleanValue();
            if (!same) {
                throw new EngineException.Failed(
                        "the verdict on picture " + i + " is " + verdict + "; expected unsafe " + verdicts.get(i)
                                + ", special care " + care.get(i),
                        new IllegalStateException("another verdict"));
            }
        }
        return new Scores(scores, specialScores);
    }
}
