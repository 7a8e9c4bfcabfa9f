package drover.horde;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How many requests waited that this worker was not given, and why. Says something only where there was no job; what is
 * absent is none.
 *
 * @param workerId requests for other workers
 * @param performance the worker is too slow for them
 * @param nsfw marked so, and the worker does not take those
 * @param blacklist a word of the worker's blacklist in the prompt
 * @param untrusted only for trusted workers
 * @param models of models that are not offered
 * @param bridgeVersion need something that the bridge agent is not known to do
 * @param kudos their users cannot pay at once
 * @param maxPixels too large
 * @param stepCount too many steps
 * @param unsafeIp from behind a VPN
 * @param img2img with a source image
 * @param painting in- or outpainting
 * @param postProcessing with post-processing
 * @param lora with LoRA
 * @param controlnet with ControlNet
 * @param maxContextLength text: too much context
 * @param maxLength text: too long an answer
 * @param matchingSoftprompt text: another soft prompt
 */
public record Skipped(
        Optional<Integer> workerId,
        Optional<Integer> performance,
        Optional<Integer> nsfw,
        Optional<Integer> blacklist,
        Optional<Integer> untrusted,
        Optional<Integer> models,
        Optional<Integer> bridgeVersion,
        Optional<Integer> kudos,
        Optional<Integer> maxPixels,
        Optional<Integer> stepCount,
        Optional<Integer> unsafeIp,
        Optional<Integer> img2img,
        Optional<Integer> painting,
        @JsonProperty("post-processing") Optional<Integer> postProcessing,
        Optional<Integer> lora,
        Optional<Integer> controlnet,
        Optional<Integer> maxContextLength,
        Optional<Integer> maxLength,
        Optional<Integer> matchingSoftprompt) {

    static final class Reader extends Lenient.Entry<Skipped> {
        private static final long serialVersionUID = 1L;

        Reader() {
            super(Skipped.class);
        }
    }

    /** The counts above none, by the server's names. */
    public Map<String, Integer> counts() {
        Map<String, Integer> all = new TreeMap<>();
        add(all, "worker_id", workerId);
        add(all, "performance", performance);
        add(all, "nsfw", nsfw);
        add(all, "blacklist", blacklist);
        add(all, "untrusted", untrusted);
        add(all, "models", models);
        add(all, "bridge_version", bridgeVersion);
        add(all, "kudos", kudos);
        add(all, "max_pixels", maxPixels);
        add(all, "step_count", stepCount);
        add(all, "unsafe_ip", unsafeIp);
        add(all, "img2img", img2img);
        add(all, "painting", painting);
        add(all, "post-processing", postProcessing);
        add(all, "lora", lora);
        add(all, "controlnet", controlnet);
        add(all, "max_context_length", maxContextLength);
        add(all, "max_length", maxLength);
        add(all, "matching_softprompt", matchingSoftprompt);
        return all;
    }

    private static void add(Map<String, Integer> all, String name, Optional<Integer> count) {
        count.filter(n -> n > 0).ifPresent(n -> all.put(name, n));
    }
}
