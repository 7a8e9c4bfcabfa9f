package drover.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/** What somebody has ordered, and how far it is. Guarded by the state that holds it. */
final class ImageRequest {
    final String id;
    final Account owner;
    final JsonNode body;
    final String seed;
    final List<StoredSource> sources;
    final List<Generation> generations = new ArrayList<>();
    Instant expires;
    int waiting;
    int faults;
    boolean faulted;
    boolean cancelled;

    /**
     * A picture that came with it.
     *
     * @param kind {@code source_image} or {@code source_mask}
     * @param key in the store
     * @param base64 as it came
     */
    record StoredSource(String kind, String key, String base64) {}

    ImageRequest(String id, Account owner, JsonNode body, String seed, List<StoredSource> sources, Instant expires) {
        this.id = id;
        this.owner = owner;
        this.body = body;
        this.seed = seed;
        this.sources = List.copyOf(sources);
        this.expires = expires;
        this.waiting = pictures();
    }

    int pictures() {
        return params().path("n").asInt(1);
    }

    String prompt() {
        return body.path("prompt").asText();
    }

    JsonNode params() {
        return body.path("params");
    }

    List<String> models() {
        return texts(body.path("models"));
    }

    int width() {
        return params().path("width").asInt(512);
    }

    int height() {
        return params().path("height").asInt(512);
    }

    long pixels() {
        return (long) width() * height();
    }

    int steps() {
        int steps = params().path("steps").asInt(controlType().isPresent() ? 20 : 30);
        return controlType().isPresent() ? Math.min(40, steps) : steps;
    }

    String sampler() {
        return params().path("sampler_name").asText("k_euler_a");
    }

    Optional<String> controlType() {
        return Optional.of(params().path("control_type").asText("")).filter(type -> !type.isEmpty());
    }

    List<String> postProcessing() {
        return texts(params().path("post_processing"));
    }

    boolean transparent() {
        return params().path("transparent").asBoolean(false);
    }

    boolean batching() {
        return !body.path("disable_batching").asBoolean(false);
    }

    int loras() {
        return params().path("loras").size();
    }

    int embeddings() {
        return params().path("tis").size();
    }

    boolean flag(String name, boolean standard) {
        return body.path(name).asBoolean(standard);
    }

    String sourceProcessing() {
        return body.path("source_processing").asText("img2img");
    }

    boolean hasSource() {
        return sources.stream().anyMatch(source -> source.kind().equals("source_image"));
    }

    /** Whether it still wants pictures. */
    boolean open() {
        return waiting > 0 && !faulted && !cancelled;
    }

    long count(Generation.State state) {
        return generations.stream().filter(it -> it.state == state).count();
    }

    boolean done() {
        return count(Generation.State.DONE) >= pictures()
                || cancelled
                || (faulted && count(Generation.State.PROCESSING) == 0);
    }

    /** What a worker is told to draw. */
    void payload(ObjectNode payload, int pictures) {
        payload.put("prompt", prompt())
                .put("ddim_steps", steps())
                .put("n_iter", pictures)
                .put("seed", seed)
                .put("sampler_name", sampler())
                .put("cfg_scale", params().path("cfg_scale").asDouble(7.5))
                .put("height", height())
                .put("width", width())
                .put("karras", params().path("karras").asBoolean(true));
        for (String flag : List.of("tiling", "hires_fix", "transparent", "image_is_control", "return_control_map")) {
            payload.put(flag, params().path(flag).asBoolean(false));
        }
        for (String field : List.of(
                "denoising_strength",
                "hires_fix_denoising_strength",
                "seed_variation",
                "clip_skip",
                "control_type",
                "post_processing",
                "facefixer_strength",
                "tis",
                "workflow",
                "extra_texts")) {
            if (params().hasNonNull(field)) {
                payload.set(field, params().get(field));
            }
        }
        if (loras() > 0) {
            var loras = payload.putArray("loras");
            for (JsonNode lora : params().path("loras")) {
                ObjectNode each = loras.addObject()
                        .put("name", lora.path("name").asText())
                        .put("model", lora.path("model").asDouble(1))
                        .put("clip", lora.path("clip").asDouble(1))
                        .put("is_version", lora.path("is_version").asBoolean(false));
                if (lora.hasNonNull("inject_trigger")) {
                    each.set("inject_trigger", lora.get("inject_trigger"));
                }
            }
        }
        if (flag("censor_nsfw", true) && !flag("nsfw", false)) {
            payload.put("use_nsfw_censor", true);
        }
    }

    static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
