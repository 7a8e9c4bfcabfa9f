package drover.golden;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.safety.SafetyChecker;
import drover.weights.WeightsException;
import java.util.Arrays;

/** Cases of the safety checker: pixels to similarities, scores and verdicts. */
final class SafetyCases {
    private final Torch torch;

    SafetyCases(Torch torch) {
        this.torch = torch;
    }

    /** {@code safety_checker}. */
    void run(GoldenCase golden) throws EngineException, WeightsException {
        try (SafetyChecker checker = SafetyChecker.load(torch, golden.above("safety_checker"), DataType.FLOAT32)) {
            NDArray pixels = golden.array("input.pixel_values");
            SafetyChecker.Similarities seen = checker.look(golden.scope(), pixels);
            golden.compare("output.image_embeds", seen.embedding());
            golden.compare("output.cos", seen.concepts());
            golden.compare("output.special_cos", seen.special());
            judge(
                    golden,
                    checker,
                    golden.scope().toFloats(seen.concepts()),
                    golden.scope().toFloats(seen.special()));
        }
    }

    private static void judge(GoldenCase golden, SafetyChecker checker, float[] concepts, float[] special)
            throws EngineException, WeightsException {
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
        golden.compare("output.concept_scores", scores);
        golden.compare("output.special_scores", specialScores);
    }
}
