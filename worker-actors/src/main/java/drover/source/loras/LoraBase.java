package drover.source.loras;

import drover.source.models.Baseline;
import java.util.List;
import java.util.Locale;

/** Which families of models a LoRA is for, by CivitAI's names of base models. */
final class LoraBase {
    private LoraBase() {}

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
}
