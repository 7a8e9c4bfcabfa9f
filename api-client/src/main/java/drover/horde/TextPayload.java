package drover.horde;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;

/**
 * What to write, and, in an order, what to ask for. All of it may be absent.
 *
 * @param prompt to go on from; not in an order, where it stands beside
 * @param n answers; 1 if absent
 * @param maxLength tokens of an answer, 16 to 4096; 80 if absent
 * @param maxContextLength tokens of prompt and answer, 80 to 1048576; 2048 if absent
 * @param temperature 0 to 5
 * @param topP nucleus sampling, 0.001 to 1
 * @param topK 0 to 200; 0 is off
 * @param topA 0 to 1
 * @param tfs tail-free sampling, 0 to 1
 * @param typical locally typical sampling, 0 to 1
 * @param minP 0 to 1
 * @param repPen repetition penalty, 1 to 3
 * @param repPenRange tokens it looks back, 0 to 4096
 * @param repPenSlope 0 to 10
 * @param samplerOrder of KoboldAI's samplers, all 7
 * @param stopSequence texts that end the answer and stay in it; at most 128
 * @param singleline ends at the first line's end
 * @param frmtadsnsp adds a space in front where one is missing
 * @param frmtrmblln removes blank lines
 * @param frmtrmspch removes special letters
 * @param frmttriminc cuts off a sentence that is not complete
 * @param useDefaultBadwordsids bans the usual tokens
 * @param smoothingFactor 0 to 10
 * @param dynatempRange 0 to 5
 * @param dynatempExponent 0 to 5
 */
public record TextPayload(
        Optional<String> prompt,
        Optional<Integer> n,
        Optional<Integer> maxLength,
        Optional<Integer> maxContextLength,
        Optional<Double> temperature,
        Optional<Double> topP,
        Optional<Integer> topK,
        Optional<Double> topA,
        Optional<Double> tfs,
        Optional<Double> typical,
        Optional<Double> minP,
        Optional<Double> repPen,
        Optional<Integer> repPenRange,
        Optional<Double> repPenSlope,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Integer> samplerOrder,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> stopSequence,
        Optional<Boolean> singleline,
        Optional<Boolean> frmtadsnsp,
        Optional<Boolean> frmtrmblln,
        Optional<Boolean> frmtrmspch,
        Optional<Boolean> frmttriminc,
        Optional<Boolean> useDefaultBadwordsids,
        Optional<Double> smoothingFactor,
        Optional<Double> dynatempRange,
        Optional<Double> dynatempExponent) {
    public TextPayload {
        samplerOrder = Lists.copy(samplerOrder);
        stopSequence = Lists.copy(stopSequence);
    }
}
