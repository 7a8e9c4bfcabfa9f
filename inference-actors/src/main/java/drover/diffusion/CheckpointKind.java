package drover.diffusion;

import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a single file is, told by its keys: each kind has some that no kind after it has. */
enum CheckpointKind {
    XL("SDXL", Architecture.STABLE_DIFFUSION_XL, "conditioner.embedders.1."),
    REFINER("the SDXL refiner", null, "conditioner.embedders.0.model."),
    UNCLIP("Stable Diffusion 2 unCLIP, which draws after a picture", null, "embedder.model.visual."),
    DEPTH("Stable Diffusion 2 with depth", null, "depth_model."),
    TWO("Stable Diffusion 2", Architecture.STABLE_DIFFUSION_2, "cond_stage_model.model."),
    ONE("Stable Diffusion 1", Architecture.STABLE_DIFFUSION, "cond_stage_model.transformer."),
    FLUX("Flux", null, "double_blocks. model.diffusion_model.double_blocks."),
    THREE("Stable Diffusion 3", null, "model.diffusion_model.joint_blocks. joint_blocks."),
    CONTROL("a ControlNet", null, "control_model. controlnet_cond_embedding."),
    LORA("a LoRA", null, "lora_ unet.down_blocks. base_model.model."),
    INVERSION("a textual inversion", null, "emb_params clip_l clip_g"),
    BARE("a UNet alone, without text encoder and autoencoder", null, "model.diffusion_model."),
    PART("one part of a diffusers model", null, "down_blocks. encoder.down_blocks."),
    VAE("an autoencoder alone", null, "first_stage_model. decoder."),
    TEXT("a text encoder alone", null, "text_model."),
    LANGUAGE("a language model", null, "model.layers."),
    UPSCALER("an upscaler", null, "model.0.weight conv_first.weight params_ema."),
    UNKNOWN("", null, "");

    private final String name;
    private final @Nullable Architecture architecture;
    private final String prefixes;

    /** Prefixes of keys are separated by spaces. */
    CheckpointKind(String name, @Nullable Architecture architecture, String prefixes) {
        this.name = name;
        this.architecture = architecture;
        this.prefixes = prefixes;
    }

    static CheckpointKind of(Collection<String> names) {
        return Arrays.stream(values())
                .filter(kind -> kind.marks(names))
                .findFirst()
                .orElse(UNKNOWN);
    }

    private boolean marks(Collection<String> names) {
        return Arrays.stream(prefixes.split(" ", -1))
                .anyMatch(prefix -> names.stream().anyMatch(name -> name.startsWith(prefix)));
    }

    /** The architecture, of a whole model that is run here. */
    Optional<Architecture> architecture() {
        return Optional.ofNullable(architecture);
    }

    /** Completes a sentence that begins with the file. */
    String words(Collection<String> names) {
        return this == UNKNOWN
                ? "has none of the keys of a model that is known here; its first is "
                        + names.stream().findFirst().orElse("absent")
                : "looks like " + name;
    }
}
