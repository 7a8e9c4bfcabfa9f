package drover.source.addons;

import drover.source.models.Baseline;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;

/** Which families of models a file is for, by CivitAI's names of base models or by what it holds. */
final class AddOnBase {
    private static final int CLIP_L = 768;
    private static final int OPEN_CLIP_H = 1024;
    private static final int OPEN_CLIP_G = 1280;
    /** What the two text encoders of Stable Diffusion XL make together. */
    private static final int BOTH_CLIPS = CLIP_L + OPEN_CLIP_G;

    private AddOnBase() {}

    private record Family(Baseline baseline, List<String> beginnings) {}

    /** As in the base models that CivitAI offers to choose from. */
    private static final List<Family> FAMILIES = List.of(
            new Family(Baseline.STABLE_DIFFUSION_1, List.of("sd 1.")),
            new Family(Baseline.STABLE_DIFFUSION_2, List.of("sd 2.")),
            new Family(Baseline.STABLE_DIFFUSION_XL, List.of("sdxl", "pony", "illustrious", "noobai")),
            new Family(Baseline.STABLE_CASCADE, List.of("stable cascade")),
            new Family(Baseline.FLUX, List.of("flux.1")),
            new Family(Baseline.QWEN_IMAGE, List.of("qwen")),
            new Family(Baseline.Z_IMAGE, List.of("zimage", "z image", "z-image")));

    /** Made for another architecture, although it begins like one that is here. */
    private static final List<String> OTHERS = List.of("pony v7", "sd 3");

    /** Whether it may fit: what is not known is left to the engine, which looks at the weights. */
    static boolean fits(String baseModel, Baseline baseline) {
        String name = baseModel.strip().toLowerCase(Locale.ROOT);
        if (OTHERS.stream().anyMatch(name::startsWith)) {
            return false;
        }
        if (baseline == Baseline.OTHER) {
            return true;
        }
        return FAMILIES.stream()
                .filter(family -> family.beginnings().stream().anyMatch(name::startsWith))
                .findFirst()
                .map(family -> family.baseline() == baseline)
                .orElse(true);
    }

    /**
     * Whether a LoRA may be for such a model: one that was made for prompts of another of these families is not.
     *
     * @param contextWidth of the prompts that it was made for, if its file tells
     */
    static boolean fits(OptionalLong contextWidth, Baseline baseline) {
        long made = contextWidth.orElse(0);
        return switch (baseline) {
            case STABLE_DIFFUSION_1 -> made != OPEN_CLIP_H && made != BOTH_CLIPS;
            case STABLE_DIFFUSION_2 -> made != CLIP_L && made != BOTH_CLIPS;
            case STABLE_DIFFUSION_XL -> made != CLIP_L && made != OPEN_CLIP_H;
            default -> true;
        };
    }

    /**
     * Whether a textual inversion has vectors for every text encoder of such a model.
     *
     * @param widths of its vectors
     */
    static boolean fits(Set<Integer> widths, Baseline baseline) {
        return switch (baseline) {
            case STABLE_DIFFUSION_1 -> widths.contains(CLIP_L);
            case STABLE_DIFFUSION_2 -> widths.contains(OPEN_CLIP_H);
            case STABLE_DIFFUSION_XL -> widths.contains(CLIP_L) && widths.contains(OPEN_CLIP_G);
            default -> true;
        };
    }
}
