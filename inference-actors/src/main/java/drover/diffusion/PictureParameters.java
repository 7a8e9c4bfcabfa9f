package drover.diffusion;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import drover.inference.HiresFix;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.LoraUse;
import drover.inference.SourceImage;
import drover.picture.TextKeys;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/**
 * What a picture was made from, in the two forms that are embedded in it.
 *
 * @param request the request, complete
 * @param seed the seed of this picture
 * @param version Drover's version
 */
public record PictureParameters(ImageRequest request, long seed, String version) {
    private static final JsonMapper MAPPER = new JsonMapper();

    /** The texts, by the keywords of {@link TextKeys}. */
    public Map<String, String> texts() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(TextKeys.A1111, a1111());
        texts.put(TextKeys.JSON, json());
        return texts;
    }

    /** Prompt, negative prompt if there is one, and one line of settings, in the words of those tools. */
    public String a1111() {
        StringBuilder text = new StringBuilder(request.prompt()).append('\n');
        if (!request.negativePrompt().isEmpty()) {
            text.append("Negative prompt: ").append(request.negativePrompt()).append('\n');
        }
        String sampler = request.sampler().commonName();
        StringJoiner settings = new StringJoiner(", ")
                .add("Steps: " + request.steps())
                .add("Sampler: " + (request.karras() ? sampler + " Karras" : sampler))
                .add("CFG scale: " + plain(request.cfgScale()))
                .add("Seed: " + seed)
                .add("Size: " + request.width() + "x" + request.height())
                .add("Model: " + quoted(request.model()));
        if (request.clipSkip() > 1) {
            settings.add("Clip skip: " + request.clipSkip());
        }
        ImageFeatures features = request.features();
        features.source()
                .map(SourceImage::strength)
                .or(() -> features.hiresFix().map(HiresFix::strength))
                .ifPresent(strength -> settings.add("Denoising strength: " + plain(strength)));
        features.hiresFix()
                .ifPresent(it -> settings.add("Hires resize: " + request.width() + "x" + request.height())
                        .add("Hires upscaler: Latent (nearest-exact)"));
        if (features.tiling()) {
            settings.add("Tiling: True");
        }
        if (!features.loras().isEmpty()) {
            settings.add("LoRAs: "
                    + quoted(features.loras().stream()
                            .map(it -> it.file() + ":" + plain(it.model()))
                            .collect(Collectors.joining(", "))));
        }
        features.control().ifPresent(it -> settings.add("ControlNet: " + quoted(it.model())));
        features.postProcessing().forEach(name -> settings.add("Postprocess upscaler: " + quoted(name)));
        settings.add("Version: " + quoted("Drover " + version));
        return text.append(settings).toString();
    }

    /** One JSON object with the request's own names. */
    public String json() {
        ObjectNode node = MAPPER.createObjectNode()
                .put("software", "Drover " + version)
                .put("model", request.model())
                .put("prompt", request.prompt())
                .put("negativePrompt", request.negativePrompt())
                .put("width", request.width())
                .put("height", request.height())
                .put("steps", request.steps())
                .put("sampler", request.sampler().hordeName())
                .put("karras", request.karras())
                .put("cfgScale", request.cfgScale())
                .put("seed", seed)
                .put("clipSkip", request.clipSkip());
        ImageFeatures features = request.features();
        features.source()
                .ifPresent(it -> node.put("source", it.mode().name().toLowerCase(Locale.ROOT))
                        .put("strength", it.strength()));
        features.hiresFix().ifPresent(it -> node.put("hiresFix", it.strength()));
        if (features.tiling()) {
            node.put("tiling", true);
        }
        for (LoraUse lora : features.loras()) {
            node.withArray("loras")
                    .addObject()
                    .put("file", lora.file())
                    .put("model", lora.model())
                    .put("clip", lora.clip());
        }
        features.control()
                .ifPresent(it -> node.putObject("control")
                        .put("model", it.model())
                        .put("type", it.type().name().toLowerCase(Locale.ROOT))
                        .put("strength", it.strength()));
        features.postProcessing()
                .forEach(name -> node.withArray("postProcessing").add(name));
        return node.toString();
    }

    private static String plain(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }

    /** Those tools split the line at commas and colons unless a value is a JSON string. */
    private static String quoted(String value) {
        boolean risky = value.chars().anyMatch(c -> c == ',' || c == ':' || c == '\n');
        return risky ? TextNode.valueOf(value).toString() : value;
    }
}
