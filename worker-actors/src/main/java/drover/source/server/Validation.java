package drover.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the server's parser finds wrong with a body, before anybody looks at what it means: field by field. */
final class Validation {
    private static final String MISSING = " Missing required parameter in the JSON body";
    private static final List<String> STATES = List.of("ok", "censored", "faulted", "csam");
    private static final List<String> METADATA = List.of(
            "lora",
            "ti",
            "censorship",
            "source_image",
            "source_mask",
            "extra_source_images",
            "batch_index",
            "information",
            "aesthetic_score");
    private static final List<String> SAMPLERS = List.of(
            "lcm",
            "k_lms",
            "k_dpm_2_a",
            "k_dpm_adaptive",
            "k_dpm_fast",
            "k_euler",
            "k_euler_a",
            "k_dpm_2",
            "k_heun",
            "k_dpmpp_2s_a",
            "k_dpmpp_2m",
            "DDIM",
            "k_dpmpp_sde",
            "dpmsolver");

    private final JsonNode body;
    private final String prefix;
    private final Map<String, String> errors;

    private Validation(JsonNode body, String prefix, Map<String, String> errors) {
        this.body = body;
        this.prefix = prefix;
        this.errors = errors;
    }

    private static Validation of(JsonNode body) {
        Validation all = new Validation(body, "", new TreeMap<>());
        if (!body.isObject()) {
            all.errors.put("", repr(body) + " is not of type 'object'");
        }
        return all;
    }

    static Map<String, String> pop(JsonNode body) {
        Validation all = of(body);
        if (all.errors.isEmpty()) {
            all.required("name", "The worker's unique name, to track contributions.");
            all.text("name", 0, Integer.MAX_VALUE);
            all.text("bridge_agent", 0, 1000);
            all.list("models", 3);
            all.list("blacklist", 0);
            all.list("priority_usernames", 0);
            all.whole("max_pixels", Long.MIN_VALUE, Long.MAX_VALUE);
            all.whole("threads", 1, 50);
            all.whole("amount", 1, 20);
            for (String flag : List.of(
                    "nsfw",
                    "require_upfront_kudos",
                    "allow_img2img",
                    "allow_painting",
                    "allow_unsafe_ipaddr",
                    "allow_post_processing",
                    "allow_controlnet",
                    "allow_sdxl_controlnet",
                    "allow_lora",
                    "extra_slow_worker",
                    "limit_max_steps")) {
                all.flag(flag);
            }
        }
        return all.errors;
    }

    static Map<String, String> submit(JsonNode body) {
        Validation all = of(body);
        if (all.errors.isEmpty()) {
            for (String field : List.of("id", "seed")) {
                if (!body.has(field)) {
                    all.errors.put(field, "'" + field + "' is a required property");
                }
            }
            all.required("generation", "The generated output.");
            all.text("id", 0, Integer.MAX_VALUE);
            all.text("generation", 0, Integer.MAX_VALUE);
            all.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE);
            all.choice("state", STATES);
            all.list("gen_metadata", 0);
            for (int i = 0; i < body.path("gen_metadata").size(); i++) {
                new Validation(body.path("gen_metadata").get(i), "gen_metadata." + i + ".", all.errors)
                        .choice("type", METADATA);
            }
        }
        return all.errors;
    }

    static Map<String, String> order(JsonNode body) {
        Validation all = of(body);
        if (all.errors.isEmpty()) {
            all.required("prompt", "The prompt to generate from.");
            if (body.path("prompt").isTextual() && body.path("prompt").asText().isEmpty()) {
                all.errors.put("prompt", "'' should be non-empty");
            }
            all.list("models", 0);
            all.list("workers", 0);
            Validation params = new Validation(body.path("params"), "params.", all.errors);
            params.whole("width", 64, 3072);
            params.whole("height", 64, 3072);
            params.multiple("width");
            params.multiple("height");
            params.whole("steps", 1, 500);
            params.whole("n", 1, 20);
            params.choice("sampler_name", SAMPLERS);
        }
        return all.errors;
    }

    static Map<String, String> change(JsonNode body) {
        Validation all = of(body);
        if (all.errors.isEmpty()) {
            all.flag("maintenance");
            all.flag("paused");
            all.text("maintenance_msg", 0, 300);
            all.text("info", 0, 1000);
            all.text("name", 5, 100);
        }
        return all.errors;
    }

    private void required(String field, String what) {
        if (!body.has(field)) {
            errors.put(prefix + field, what + MISSING);
        }
    }

    private void text(String field, int least, int most) {
        if (type(field, "string", JsonNode::isTextual)) {
            int length = body.get(field).asText().length();
            if (length < least || length > most) {
                errors.put(prefix + field, repr(body.get(field)) + (length < least ? " is too short" : " is too long"));
            }
        }
    }

    private void flag(String field) {
        type(field, "boolean", JsonNode::isBoolean);
    }

    private void whole(String field, long least, long most) {
        if (type(field, "integer", node -> node.isIntegralNumber())) {
            double value = body.get(field).doubleValue();
            if (value < least) {
                errors.put(prefix + field, repr(body.get(field)) + " is less than the minimum of " + least);
            } else if (value > most && most != Long.MAX_VALUE) {
                errors.put(prefix + field, repr(body.get(field)) + " is greater than the maximum of " + most);
            }
        }
    }

    private void multiple(String field) {
        if (body.path(field).isIntegralNumber() && body.get(field).asLong() % 64 != 0) {
            errors.put(prefix + field, repr(body.get(field)) + " is not a multiple of 64");
        }
    }

    private void list(String field, int leastOfEach) {
        if (!type(field, "array", JsonNode::isArray)) {
            return;
        }
        for (int i = 0; i < body.get(field).size(); i++) {
            JsonNode each = body.get(field).get(i);
            if (each.isTextual() && each.asText().length() < leastOfEach) {
                errors.put(prefix + field + "." + i, repr(each) + " is too short");
            }
        }
    }

    private void choice(String field, List<String> choices) {
        if (body.has(field)
                && !(body.get(field).isTextual()
                        && choices.contains(body.get(field).asText()))) {
            errors.put(
                    prefix + field,
                    repr(body.get(field)) + " is not one of "
                            + choices.stream().map(choice -> "'" + choice + "'").toList());
        }
    }

    private interface Test {
        boolean fits(JsonNode node);
    }

    /** Whether it is there and of the type. */
    private boolean type(String field, String type, Test test) {
        if (!body.has(field)) {
            return false;
        }
        if (!test.fits(body.get(field))) {
            errors.put(prefix + field, repr(body.get(field)) + " is not of type '" + type + "'");
            return false;
        }
        return true;
    }

    private static String repr(JsonNode node) {
        return node.isNull() ? "None" : node.isTextual() ? "'" + node.asText() + "'" : node.toString();
    }
}
