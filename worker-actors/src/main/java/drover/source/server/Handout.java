package drover.source.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a pop is answered with: a job, or what there is instead. Whoever calls holds the state's lock. */
final class Handout {
    private static final List<String> COUNTED = List.of(
            "unsafe_ip",
            "img2img",
            "painting",
            "post-processing",
            "lora",
            "controlnet",
            "worker_id",
            "performance",
            "nsfw",
            "untrusted",
            "models",
            "bridge_version");

    private final HordeState state;

    Handout(HordeState state) {
        this.state = state;
    }

    /** No job: the server's own defaults where a job would be, and why requests were passed over. */
    ObjectNode nothing(HordeWorkerRow worker, Map<String, Integer> skipped) {
        ObjectNode answer = Answer.object();
        ObjectNode payload = answer.putObject("payload");
        payload.put("ddim_steps", 30)
                .put("n_iter", 1)
                .put("image_is_control", false)
                .put("return_control_map", false)
                .put("sampler_name", "k_euler_a")
                .put("cfg_scale", 7.5)
                .put("height", 512)
                .put("width", 512)
                .put("karras", false)
                .put("tiling", false)
                .put("hires_fix", false)
                .put("transparent", false);
        answer.putNull("id").putArray("ids");
        messages(answer, worker);
        ObjectNode counts = answer.putNull("ttl").putObject("skipped");
        COUNTED.forEach(name -> counts.put(name, 0));
        skipped.forEach((name, count) -> {
            if (!name.equals(Matching.UNSEEN)) {
                counts.put(name, count);
            }
        });
        return answer.putNull("model")
                .putNull("source_image")
                .put("source_processing", "img2img")
                .putNull("source_mask")
                .putNull("extra_source_images")
                .putNull("r2_upload")
                .putNull("r2_uploads");
    }

    /** A job of as many pictures as there may be. */
    ObjectNode job(ImageRequest request, HordeWorkerRow worker, List<String> offered, int amount) {
        Instant now = state.clock.instant();
        String model = (request.models().isEmpty() ? offered : request.models())
                .stream().filter(offered::contains).findFirst().orElseThrow();
        int pictures = Math.min(request.waiting, Rules.batch(request, worker.checkIn.maxPixels(), amount));
        int ttl = state.settings.ttl(Rules.timeToLive(
                request,
                request.models().stream()
                        .map(name -> state.settings.models().getOrDefault(name, ""))
                        .toList(),
                worker.checkIn.extraSlow()));
        ObjectNode answer = Answer.object();
        request.payload(answer.putObject("payload"), pictures);
        List<Generation> made = new ArrayList<>();
        for (int i = 0; i < pictures; i++) {
            Generation each = new Generation(state.newId(), request, worker, model, now, ttl);
            state.generations.put(each.id, each);
            request.generations.add(each);
            made.add(each);
        }
        request.waiting -= pictures;
        request.expires = now.plus(state.settings.requestLife());
        answer.put("id", made.getFirst().id);
        ArrayNode ids = answer.putArray("ids");
        made.forEach(each -> ids.add(each.id));
        messages(answer, worker);
        answer.put("ttl", ttl).put("model", model);
        answer.putObject("skipped");
        answer.put("source_processing", request.sourceProcessing()).putNull("extra_source_images");
        sources(answer, request, worker);
        ArrayNode uploads = answer.putArray("r2_uploads");
        made.forEach(each -> uploads.add(state.store.address(state.base, "PUT", HordeState.key(each))));
        return answer.put("r2_upload", uploads.get(0).asText());
    }

    private void sources(ObjectNode answer, ImageRequest request, HordeWorkerRow worker) {
        answer.putNull("source_image").putNull("source_mask");
        for (ImageRequest.StoredSource source : request.sources) {
            answer.put(
                    source.kind(),
                    worker.checkIn.can("r2_source")
                            ? state.store.address(state.base, "GET", source.key())
                            : source.base64());
        }
    }

    private void messages(ObjectNode answer, HordeWorkerRow worker) {
        ArrayNode messages = answer.putArray("messages");
        state.notes.of(worker, state.clock.instant()).forEach(messages::add);
    }
}
