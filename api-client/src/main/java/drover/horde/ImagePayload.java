package drover.horde;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What to draw. An answer without a job has one as well, filled with the server's defaults.
 *
 * @param prompt what to draw and, behind {@code ###}, what to keep away from
 * @param ddimSteps denoising steps, 1 to 500
 * @param nIter pictures; as many as the job has ids
 * @param seed below 2³², as text; the server has made a number of those that were words
 * @param seedVariation 1 to 1000; already in the seed
 * @param imageIsControl the source image needs no preprocessing for ControlNet
 * @param returnControlMap not a picture but what ControlNet sees is wanted
 * @param samplerName such as {@code k_euler_a} or {@code DDIM}
 * @param cfgScale classifier-free guidance scale, 0 to 100
 * @param denoisingStrength 0.01 to 1; may be there without a source image, where it means nothing
 * @param hiresFixDenoisingStrength 0.01 to 1
 * @param height 64 to 3072, a multiple of 64
 * @param width 64 to 3072, a multiple of 64
 * @param karras the noise schedule of Karras
 * @param tiling seamless edges
 * @param hiresFix two passes, the first one small
 * @param transparent with an alpha channel
 * @param clipSkip text encoder layer, counted from the end, 1 to 12
 * @param controlType such as {@code canny}
 * @param postProcessing names in their order
 * @param facefixerStrength 0 to 1
 * @param loras at most 5
 * @param tis at most 20
 * @param workflow such as {@code qr_code}
 * @param extraTexts of the workflow
 * @param special of special users
 * @param useNsfwCensor the request is safe for work and wants what is not to be replaced
 */
public record ImagePayload(
        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> prompt,
        Optional<Integer> ddimSteps,
        Optional<Integer> nIter,
        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> seed,
        Optional<Integer> seedVariation,
        Optional<Boolean> imageIsControl,
        Optional<Boolean> returnControlMap,
        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> samplerName,
        Optional<Double> cfgScale,
        Optional<Double> denoisingStrength,
        Optional<Double> hiresFixDenoisingStrength,
        Optional<Integer> height,
        Optional<Integer> width,
        Optional<Boolean> karras,
        Optional<Boolean> tiling,
        Optional<Boolean> hiresFix,
        Optional<Boolean> transparent,
        Optional<Integer> clipSkip,
        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> controlType,

        @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonDeserialize(contentUsing = Lenient.Text.class)
        List<String> postProcessing,

        Optional<Double> facefixerStrength,

        @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonDeserialize(contentUsing = Lora.Reader.class)
        List<Lora> loras,

        @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonDeserialize(contentUsing = TextualInversion.Reader.class)
        List<TextualInversion> tis,

        @JsonDeserialize(contentUsing = Lenient.Text.class) Optional<String> workflow,

        @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonDeserialize(contentUsing = ExtraText.Reader.class)
        List<ExtraText> extraTexts,

        Optional<JsonNode> special,
        Optional<Boolean> useNsfwCensor) {
    public ImagePayload {
        postProcessing = Lists.copy(postProcessing);
        loras = Lists.copy(loras);
        tis = Lists.copy(tis);
        extraTexts = Lists.copy(extraTexts);
    }

    /**
     * A LoRA to apply.
     *
     * @param name exact name, id of the model, or, if {@code isVersion}, id of one version of it
     * @param model strength on the diffusion model, -5 to 5; 1 if absent
     * @param clip strength on the text encoder, -5 to 5; 1 if absent
     * @param injectTrigger a trigger word to put in front of the prompt: {@code any}, {@code all}, or which
     * @param isVersion whether the name is the id of a version
     */
    public record Lora(
            @JsonDeserialize(using = Lenient.Text.class) String name,
            Optional<Double> model,
            Optional<Double> clip,

            @JsonDeserialize(contentUsing = Lenient.Text.class)
            Optional<String> injectTrigger,

            Optional<Boolean> isVersion) {
        public Lora {
            name = Objects.requireNonNullElse(name, ""); // Which is the name of none.
        }

        static final class Reader extends Lenient.Entry<Lora> {
            private static final long serialVersionUID = 1L;

            Reader() {
                super(Lora.class);
            }
        }
    }

    /**
     * A textual inversion to use.
     *
     * @param name name or id
     * @param injectTi {@code prompt} or {@code negprompt}: where it goes; absent if the prompt has it already
     * @param strength -5 to 5; 1 if absent
     */
    public record TextualInversion(
            @JsonDeserialize(using = Lenient.Text.class) String name,

            @JsonDeserialize(contentUsing = Lenient.Text.class)
            Optional<String> injectTi,

            Optional<Double> strength) {
        public TextualInversion {
            name = Objects.requireNonNullElse(name, ""); // Which is the name of none.
        }

        static final class Reader extends Lenient.Entry<TextualInversion> {
            private static final long serialVersionUID = 1L;

            Reader() {
                super(TextualInversion.class);
            }
        }
    }

    /**
     * A text for a workflow.
     *
     * @param text the text
     * @param reference what it is for
     */
    public record ExtraText(
            @JsonDeserialize(using = Lenient.Text.class) String text,
            @JsonDeserialize(using = Lenient.Text.class) String reference) {
        public ExtraText {
            text = Objects.requireNonNullElse(text, "");
            reference = Objects.requireNonNullElse(reference, "");
        }

        static final class Reader extends Lenient.Entry<ExtraText> {
            private static final long serialVersionUID = 1L;

            Reader() {
                super(ExtraText.class);
            }
        }
    }
}
