package drover.source.server;

import java.util.List;
import java.util.Set;

/** The server's arithmetic, read from its description: how long it waits, how many pictures it hands out, what it pays. */
final class Rules {
    private static final double UNIT = 512.0 * 512;
    private static final Set<String> TWO_STEPS =
            Set.of("k_heun", "k_dpm_2", "k_dpm_2_a", "k_dpmpp_2s_a", "k_dpmpp_sde");
    private static final Set<String> LONG_LIVED = Set.of("flux_1", "qwen_image", "z_image_turbo");
    private static final Set<String> HEAVY = Set.of(
            "RealESRGAN_x4plus",
            "RealESRGAN_x4plus_anime_6B",
            "NMKD_Siax",
            "4x_AnimeSharp",
            "CodeFormers",
            "4xNomos8kSC",
            "4xLSDIRplus",
            "4xNomos2_hq_dat2",
            "RestoreFormer");

    private Rules() {}

    /** Seconds from the pop. */
    static int timeToLive(ImageRequest request, List<String> baselinesAskedFor, boolean extraSlow) {
        double steps = request.sampler().equals("k_dpm_adaptive") ? 40 : request.steps();
        if (TWO_STEPS.contains(request.sampler())) {
            steps *= 2;
        }
        double seconds = 30 + 2 * steps * (request.pixels() / UNIT);
        if (request.controlType().isPresent()) {
            seconds *= 2;
        }
        if (baselinesAskedFor.stream().anyMatch(LONG_LIVED::contains)) {
            seconds *= 3;
        }
        seconds = Math.max(150, seconds);
        return (int) (extraSlow ? seconds * 3 : seconds);
    }

    /** Pictures of one job. */
    static int batch(ImageRequest request, long maxPixels, int amount) {
        boolean heavy =
                request.transparent() || request.postProcessing().stream().anyMatch(HEAVY::contains);
        double granted = maxPixels
                / 3.5
                * amount
                / (request.pixels() * (1 + 0.4 * request.postProcessing().size()) * (heavy ? 1.8 : 1));
        return request.batching() ? Math.clamp(Math.round(granted), 1, amount) : 1;
    }

    /**
     * Kudos for one picture. The real server has learned them; what is certain is that 512² with 50 steps of k_euler are 10,
     * and what is added and multiplied.
     */
    static double reward(ImageRequest request, String baseline) {
        double base = 10 * request.pixels() / UNIT * request.steps() / 50;
        double factor = switch (baseline) {
            case "stable_diffusion_xl" -> 2;
            case "stable_cascade" -> 4;
            case "flux_1", "z_image_turbo" -> 8;
            case "qwen_image" -> 12;
            default -> 1;
        };
        double extras = 3.0 * request.loras() + (request.embeddings() > 0 ? 1 : 0);
        return Math.round((base * factor + extras) * 100) / 100.0;
    }
}
