package drover.golden;

import com.fasterxml.jackson.databind.JsonNode;
import drover.diffusion.ClipTokenizer;
import drover.diffusion.ConfigFile;
import drover.golden.GoldenResult.Verdict;
import drover.inference.EngineException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Tokenizer cases: a JSON file with {@code rows} of texts and ids, called by the name of the tokenizer's folder. Ids are
 * integers, so every tolerance is 0.
 */
final class TokenizerCases {
    private static final List<String> CLASSES = List.of("CLIPTokenizer", "CLIPTokenizerFast");
    /** Ends the names of cases whose tokenizer is run as OpenCLIP does. */
    private static final String OPEN_CLIP = "_openclip";

    private static final String UNCUT = "ids_untruncated_with_bos_eos";

    private TokenizerCases() {}

    static boolean isOne(ConfigFile json) {
        return json.raw("rows").isArray();
    }

    static void run(Path file, String name, ConfigFile json, Consumer<GoldenResult> results) throws EngineException {
        String stem = String.valueOf(file.getFileName()).replaceFirst("\\.json$", "");
        boolean openClip = stem.endsWith(OPEN_CLIP);
        String part = openClip ? stem.substring(0, stem.length() - OPEN_CLIP.length()) : stem;
        Path folder = GoldenCase.ModelFolders.holding(file, part + "/tokenizer_config.json")
                .orElseThrow(() -> new EngineException.Unsupported("no folder above holds a tokenizer " + part))
                .resolve(part);
        String tokenizerClass =
                ConfigFile.read(folder.resolve("tokenizer_config.json")).text("tokenizer_class");
        if (!CLASSES.contains(tokenizerClass)) {
            throw new EngineException.Unsupported("the tokenizer class " + tokenizerClass + "; supported: " + CLASSES);
        }
        try (ClipTokenizer tokenizer = openClip ? ClipTokenizer.openClip(folder) : ClipTokenizer.open(folder)) {
            Map<String, Function<String, long[]>> known = new LinkedHashMap<>();
            known.put("ids_" + tokenizer.maxLength(), tokenizer::encode);
            known.put("attention_mask", text -> mask(tokenizer, text));
            known.put(UNCUT, tokenizer::encodeUncut);
            for (String key : keys(json.raw("rows"))) {
                Function<String, long[]> computed = known.get(key);
                results.accept(
                        computed != null
                                ? compare(name, key, json.raw("rows"), computed)
                                : GoldenResult.without(
                                        name,
                                        key,
                                        key.startsWith("ids") ? Verdict.NOT_SUPPORTED : Verdict.SKIPPED,
                                        "not computed here"));
            }
        }
    }

    private static Set<String> keys(JsonNode rows) throws EngineException.BadModel {
        Set<String> keys = new LinkedHashSet<>();
        for (JsonNode row : rows) {
            row.fieldNames().forEachRemaining(keys::add);
        }
        if (!keys.remove("text") || keys.isEmpty()) {
            throw new EngineException.BadModel("the rows have no text or nothing to compare");
        }
        return keys;
    }

    private static long[] mask(ClipTokenizer tokenizer, String text) {
        long[] mask = new long[tokenizer.maxLength()];
        Arrays.fill(mask, 0, Math.min(mask.length, tokenizer.encodeUncut(text).length), 1);
        return mask;
    }

    private static GoldenResult compare(String name, String key, JsonNode rows, Function<String, long[]> computed) {
        double worst = 0;
        double largest = 1;
        for (int r = 0; r < rows.size(); r++) {
            JsonNode text = rows.get(r).path("text");
            JsonNode golden = rows.get(r).path(key);
            if (!text.isTextual() || !golden.isArray()) {
                return GoldenResult.without(name, key, Verdict.FAIL, "row " + r + " lacks text or " + key);
            }
            long[] ids = computed.apply(text.textValue());
            if (ids.length != golden.size()) {
                return GoldenResult.without(
                        name, key, Verdict.FAIL, "row " + r + " has " + ids.length + " ids; expected " + golden.size());
            }
            for (int i = 0; i < ids.length; i++) {
                worst = Math.max(worst, Math.abs(ids[i] - golden.get(i).doubleValue()));
                largest = Math.max(largest, Math.abs(golden.get(i).doubleValue()));
            }
        }
        return new GoldenResult(name, key, worst, worst / largest, 0, worst == 0 ? Verdict.PASS : Verdict.FAIL, "");
    }
}
