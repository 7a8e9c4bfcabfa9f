package drover.horde;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;

/**
 * How ordered pictures are to be made; the server fills in what is absent. Much is named otherwise than in {@link
 * ImagePayload}.
 *
 * @param width 64 to 3072, a multiple of 64
 * @param height 64 to 3072, a multiple of 64
 * @param steps 1 to 500
 * @param cfgScale classifier-free guidance scale, 0 to 100
 * @param samplerName such as {@code k_euler_a}
 * @param n pictures
 * @param seed a number or words
 * @param seedVariation from picture to picture, 1 to 1000
 * @param denoisingStrength 0.01 to 1
 * @param hiresFixDenoisingStrength 0.01 to 1
 * @param karras the noise schedule of Karras
 * @param tiling seamless edges
 * @param hiresFix two passes, the first one small
 * @param transparent with an alpha channel
 * @param clipSkip 1 to 12
 * @param controlType such as {@code canny}
 * @param imageIsControl the source image needs no preprocessing
 * @param returnControlMap not a picture but what ControlNet sees
 * @param facefixerStrength 0 to 1
 * @param postProcessing names in their order
 * @param loras at most 5
 * @param tis at most 20
 * @param workflow such as {@code qr_code}
 * @param extraTexts of the workflow
 */
public record ImageParams(
        Optional<Integer> width,
        Optional<Integer> height,
        Optional<Integer> steps,
        Optional<Double> cfgScale,
        Optional<String> samplerName,
        Optional<Integer> n,
        Optional<String> seed,
        Optional<Integer> seedVariation,
        Optional<Double> denoisingStrength,
        Optional<Double> hiresFixDenoisingStrength,
        Optional<Boolean> karras,
        Optional<Boolean> tiling,
        Optional<Boolean> hiresFix,
        Optional<Boolean> transparent,
        Optional<Integer> clipSkip,
        Optional<String> controlType,
        Optional<Boolean> imageIsControl,
        Optional<Boolean> returnControlMap,
        Optional<Double> facefixerStrength,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> postProcessing,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ImagePayload.Lora> loras,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ImagePayload.TextualInversion> tis,
        Optional<String> workflow,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ImagePayload.ExtraText> extraTexts) {
    public ImageParams {
        postProcessing = Lists.copy(postProcessing);
        loras = Lists.copy(loras);
        tis = Lists.copy(tis);
        extraTexts = Lists.copy(extraTexts);
    }

    /** Pictures of this size; the rest as the server likes. */
    public static ImageParams of(int width, int height, int n, Optional<Integer> steps, Optional<String> seed) {
        return new ImageParams(
                Optional.of(width),
                Optional.of(height),
                steps,
                Optional.empty(),
                Optional.empty(),
                Optional.of(n),
                seed,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                List.of());
    }
}
