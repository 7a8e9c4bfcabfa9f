package drover.diffusion;

import drover.inference.EngineException;
import java.util.Arrays;
import java.util.List;

/** The families of picture models that are run here. */
enum Architecture {
    /** Stable Diffusion 1: one CLIP text encoder. */
    STABLE_DIFFUSION("Stable Diffusion 1", "StableDiffusion"),
    /** Stable Diffusion XL, base: two text encoders, and sizes beside the timestep. */
    STABLE_DIFFUSION_XL("SDXL", "StableDiffusionXL");

    /** The same model, whatever it was last used for. */
    private static final List<String> USES = List.of("Pipeline", "Img2ImgPipeline", "InpaintPipeline");

    private final String commonName;
    private final String family;

    Architecture(String commonName, String family) {
        this.commonName = commonName;
        this.family = family;
    }

    /** The architecture of diffusers' name. */
    static Architecture named(String pipeline) throws EngineException.Unsupported {
        return Arrays.stream(values())
                .filter(a -> USES.stream().anyMatch(use -> pipeline.equals(a.family + use)))
                .findFirst()
                .orElseThrow(() -> new EngineException.Unsupported("model_index.json: _class_name is " + pipeline
                        + "; these are supported: "
                        + Arrays.stream(values()).map(Architecture::pipeline).toList()));
    }

    /** Diffusers' name of its plain pipeline. */
    String pipeline() {
        return family + USES.getFirst();
    }

    /** What people call it. */
    String commonName() {
        return commonName;
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
}
