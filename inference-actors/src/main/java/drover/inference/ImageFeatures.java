package drover.inference;

import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a picture is made with beside its prompt. What is absent in JSON is not asked for.
 *
 * @param source a picture to start from
 * @param loras adaptations of the model, at most {@value #MAX_LORAS}
 * @param control a picture to follow
 * @param tiling whether opposite edges are to fit together
 * @param hiresFix a second pass at full size, where the model's rules allow one
 * @param postProcessing names of upscalers, applied in this order; at most {@value #MAX_POST_PROCESSING}
 */
public record ImageFeatures(
        Optional<SourceImage> source,
        List<LoraUse> loras,
        Optional<ControlUse> control,
        boolean tiling,
        Optional<HiresFix> hiresFix,
        List<String> postProcessing) {

    /** Nothing of all this. */
    public static final ImageFeatures NONE =
            new ImageFeatures(Optional.empty(), List.of(), Optional.empty(), false, Optional.empty(), List.of());

    /** As many as the AI Horde lets a job have, and as many again. */
    public static final int MAX_LORAS = 10;

    public static final int MAX_POST_PROCESSING = 4;

    public ImageFeatures(
            Optional<SourceImage> source,
            @Nullable List<LoraUse> loras,
            Optional<ControlUse> control,
            boolean tiling,
            Optional<HiresFix> hiresFix,
            @Nullable List<String> postProcessing) {
        this.source = source;
        this.loras = List.copyOf(Objects.requireNonNullElse(loras, List.of()));
        this.control = control;
        this.tiling = tiling;
        this.hiresFix = hiresFix;
        this.postProcessing = List.copyOf(Objects.requireNonNullElse(postProcessing, List.of()));
        require(this.loras.size() <= MAX_LORAS, "at most " + MAX_LORAS + " LoRAs", this.loras.size());
        require(
                this.postProcessing.size() <= MAX_POST_PROCESSING,
                "at most " + MAX_POST_PROCESSING + " upscalers",
                this.postProcessing.size());
    }

    private static void require(boolean holds, String what, int found) {
        if (!holds) {
            throw new IllegalArgumentException("a picture is made with " + what + ", but there were " + found);
        }
    }

    /** What an engine must be able to do. */
    public Set<Feature> required() {
        Set<Feature> required = EnumSet.noneOf(Feature.class);
        source.ifPresent(
                it -> required.add(it.mode() == SourceImage.Mode.IMG2IMG ? Feature.IMG2IMG : Feature.INPAINTING));
        control.ifPresent(it -> required.add(Feature.CONTROLNET));
        hiresFix.ifPresent(it -> required.add(Feature.HIRES_FIX));
        if (!loras.isEmpty()) {
            required.add(Feature.LORA);
        }
        if (tiling) {
            required.add(Feature.TILING);
        }
        if (!postProcessing.isEmpty()) {
            required.add(Feature.UPSCALER);
        }
        return required;
    }

    /** These features with that source. */
    public ImageFeatures withSource(SourceImage picture) {
        return new ImageFeatures(Optional.of(picture), loras, control, tiling, hiresFix, postProcessing);
    }

    /** These features with those upscalers. */
    public ImageFeatures withPostProcessing(List<String> upscalers) {
        return new ImageFeatures(source, loras, control, tiling, hiresFix, upscalers);
    }

    /** These features with that picture to follow. */
    public ImageFeatures withControl(ControlUse follow) {
        return new ImageFeatures(source, loras, Optional.of(follow), tiling, hiresFix, postProcessing);
    }
}
