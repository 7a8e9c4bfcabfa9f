package drover.source.server;

import drover.source.server.HordeWorkerRow.CheckIn;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Whether a worker is given a request, and if not, under which heading the server counts it. */
final class Matching {
    /** Left out by the query itself, and so counted nowhere: a worker sees zeros and gets nothing. */
    static final String UNSEEN = "";

    private static final int MOST_USUAL_STEPS = 30;

    private Matching() {}

    /** Empty if the worker gets it. */
    static Optional<String> refusal(ImageRequest request, HordeWorkerRow worker, List<String> offered) {
        CheckIn row = worker.checkIn;
        if (request.flag("r2", true) && !row.can("r2")) {
            return Optional.of(UNSEEN);
        }
        if (!request.postProcessing().isEmpty() && !row.postProcessing()) {
            return Optional.of(UNSEEN);
        }
        List<String> workers = ImageRequest.texts(request.body.path("workers"));
        if (!workers.isEmpty() && workers.contains(worker.id) == request.flag("worker_blacklist", false)) {
            return Optional.of("worker_id");
        }
        if (!request.models().isEmpty() && request.models().stream().noneMatch(offered::contains)) {
            return Optional.of("models");
        }
        if (request.pixels() > row.maxPixels()) {
            return Optional.of("max_pixels");
        }
        if (request.flag("nsfw", false) && !row.nsfw()) {
            return Optional.of("nsfw");
        }
        if (request.flag("trusted_workers", false) && !worker.owner.trusted) {
            return Optional.of("untrusted");
        }
        String prompt = request.prompt().toLowerCase(Locale.ROOT);
        if (row.blacklist().stream().anyMatch(word -> prompt.contains(word.toLowerCase(Locale.ROOT)))) {
            return Optional.of("blacklist");
        }
        if (row.extraSlow() && !request.flag("extra_slow_workers", false)) {
            return Optional.of("performance");
        }
        if (row.limitMaxSteps() && request.steps() > MOST_USUAL_STEPS) {
            return Optional.of("step_count");
        }
        return features(request, row);
    }

    private static Optional<String> features(ImageRequest request, CheckIn row) {
        if (request.loras() > 0 && !row.lora()) {
            return Optional.of("lora");
        }
        if (request.hasSource()) {
            if (!row.img2img()) {
                return Optional.of("img2img");
            }
            if (!request.sourceProcessing().equals("img2img") && !row.painting()) {
                return Optional.of("painting");
            }
        }
        if (request.controlType().isPresent() && !row.controlnet()) {
            return Optional.of("controlnet");
        }
        if (request.transparent() && !row.sdxlControlnet()) {
            return Optional.of("controlnet");
        }
        return needs(request).stream().allMatch(row::can) ? Optional.empty() : Optional.of("bridge_version");
    }

    /** What the agent has to be known for. */
    private static List<String> needs(ImageRequest request) {
        Set<String> needs = new TreeSet<>(request.postProcessing());
        add(needs, request.hasSource(), "img2img");
        add(needs, request.hasSource() && !request.sourceProcessing().equals("img2img"), "inpainting");
        add(needs, !request.postProcessing().isEmpty(), "post-processing");
        add(needs, request.loras() > 0, "lora");
        add(needs, request.embeddings() > 0, "textual_inversion");
        add(needs, request.controlType().isPresent(), "controlnet");
        add(needs, request.params().path("hires_fix").asBoolean(false), "hires_fix");
        add(needs, request.params().path("tiling").asBoolean(false), "tiling");
        add(needs, request.params().path("clip_skip").asInt(1) > 1, "clip_skip");
        add(needs, request.params().hasNonNull("workflow"), "workflow");
        add(needs, request.transparent(), "layer_diffuse");
        add(needs, request.sampler().equals("lcm"), "lcm");
        return List.copyOf(needs);
    }

    private static void add(Set<String> needs, boolean needed, String capability) {
        if (needed) {
            needs.add(capability);
        }
    }
}
