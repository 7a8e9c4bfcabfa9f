package drover.diffusion;

import drover.inference.EngineException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The families of picture models that are run here. */
public enum Architecture {
    /** Stable Diffusion 1: CLIP's own text encoder. */
    STABLE_DIFFUSION("Stable Diffusion 1", "sd1", "StableDiffusion", 768),
    /** Stable Diffusion 2: OpenCLIP's text encoder without its last layer. */
    STABLE_DIFFUSION_2("Stable Diffusion 2", "sd2", "StableDiffusion", 1024),
    /** Stable Diffusion XL, base: two text encoders, and sizes beside the timestep. */
    STABLE_DIFFUSION_XL("SDXL", "sdxl", "StableDiffusionXL", 2048);

    /** The same model, whatever it was last used for. */
    private static final List<String> USES = List.of("Pipeline", "Img2ImgPipeline", "InpaintPipeline");

    private final String commonName;
    private final String shortName;
    private final String family;
    private final int promptWidth;

    Architecture(String commonName, String shortName, String family, int promptWidth) {
        this.commonName = commonName;
        this.shortName = shortName;
        this.family = family;
        this.promptWidth = promptWidth;
    }

    /**
     * The architecture of a model in diffusers' layout, which calls Stable Diffusion 1 and 2 the same.
     *
     * @param pipeline diffusers' name, such as {@code StableDiffusionPipeline}
     * @param textEncoder settings of the part {@code text_encoder}, whose activation is CLIP's own or OpenCLIP's
     */
    static Architecture of(String pipeline, ConfigFile textEncoder) throws EngineException {
        Architecture first = ofPipeline(pipeline);
        boolean openClip = textEncoder.text("hidden_act").equals("gelu");
        return first == STABLE_DIFFUSION && openClip ? STABLE_DIFFUSION_2 : first;
    }

    /** The first architecture that diffusers calls so. */
    static Architecture ofPipeline(String pipeline) throws EngineException.Unsupported {
        return Arrays.stream(values())
                .filter(a -> USES.stream().anyMatch(use -> pipeline.equals(a.family + use)))
                .findFirst()
                .orElseThrow(() -> new EngineException.Unsupported("model_index.json: _class_name is " + pipeline
                        + "; these are supported: "
                        + Arrays.stream(values())
                                .map(Architecture::pipeline)
                                .distinct()
                                .toList()));
    }

    /** The one whose UNet takes prompts of this width, in its published size. */
    static Optional<Architecture> ofPromptWidth(long width) {
        return Arrays.stream(values()).filter(a -> a.promptWidth == width).findFirst();
    }

    /** Diffusers' name of its plain pipeline. */
    String pipeline() {
        return family + USES.getFirst();
    }

    /** What people call it. */
    public String commonName() {
        return commonName;
    }

    /** A short name for files and tables, such as {@code sd1}. */
    public String shortName() {
        return shortName;
    }

    /** The parts that have weights. */
    List<String> parts() {
        return hasTwoTextEncoders()
                ? List.of("text_encoder", "text_encoder_2", "unet", "vae")
                : List.of("text_encoder", "unet", "vae");
    }

    boolean hasTwoTextEncoders() {
        return this == STABLE_DIFFUSION_XL;
    }

    /** Whether the first text encoder reads as OpenCLIP does: padded with id 0. */
    boolean readsOpenClip() {
        return this == STABLE_DIFFUSION_2;
    }
}
