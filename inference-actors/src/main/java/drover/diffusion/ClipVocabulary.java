package drover.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.inference.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;

/**
 * Makes the description that Hugging Face's tokenizers library reads from the two files that CLIP was published with.
 * The steps around the vocabulary are CLIP's own and are written in no file: NFC, white space to one space, lower case;
 * the splitting pattern of Radford et al. 2021; {@code </w>} at the end of a word.
 */
final class ClipVocabulary {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String SPLIT =
            "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

    private ClipVocabulary() {}

    /** A special token of {@code tokenizer_config.json}: a string, or an object with {@code content}. */
    static String token(ConfigFile config, String key) throws EngineException.BadModel {
        return config.raw(key).isObject() ? config.object(key).text("content") : config.text(key);
    }

    static byte[] tokenizerJson(Path folder, ConfigFile config) throws EngineException.BadModel, IOException {
        ConfigFile vocabulary = ConfigFile.read(folder.resolve("vocab.json"));
        String begin = token(config, "bos_token");
        String end = token(config, "eos_token");
        int beginId = vocabulary.integer(begin);
        int endId = vocabulary.integer(end);

        ObjectNode root = JSON.createObjectNode().put("version", "1.0");
        ArrayNode added = root.putArray("added_tokens");
        added.add(special(begin, beginId));
        if (endId != beginId) {
            added.add(special(end, endId));
        }
        root.set("normalizer", normalizer());
        root.set("pre_tokenizer", preTokenizer());
        ObjectNode post = root.putObject("post_processor").put("type", "RobertaProcessing");
        post.putArray("sep").add(end).add(endId);
        post.putArray("cls").add(begin).add(beginId);
        post.put("trim_offsets", false).put("add_prefix_space", false);
        root.set("decoder", byteLevel());
        ObjectNode model = root.putObject("model")
                .put("type", "BPE")
                .put("unk_token", config.has("unk_token") ? token(config, "unk_token") : end)
                .put("continuing_subword_prefix", "")
                .put("end_of_word_suffix", "</w>")
                .put("fuse_unk", false);
        ObjectNode ids = model.putObject("vocab");
        for (String token : vocabulary.keys()) {
            ids.put(token, vocabulary.integer(token));
        }
        ArrayNode merges = model.putArray("merges");
        for (String line : Files.readAllLines(folder.resolve("merges.txt"))) {
            if (!line.startsWith("#version") && !line.isBlank()) {
                merges.add(line.stripTrailing());
            }
        }
        return JSON.writeValueAsBytes(root);
    }

    /** A tokenizer to which the text of that id is not special. */
    static byte[] withoutSpecial(byte[] tokenizerJson, int id) throws EngineException.BadModel {
        try {
            JsonNode root = JSON.readTree(tokenizerJson);
            Iterator<JsonNode> added = root.path("added_tokens").elements();
            while (added.hasNext()) {
                if (added.next().path("id").asInt(-1) == id) {
                    added.remove();
                }
            }
            return JSON.writeValueAsBytes(root);
        } catch (IOException e) {
            throw new EngineException.BadModel("tokenizer.json is not good JSON: " + e.getMessage(), e);
        }
    }

    private static JsonNode special(String token, int id) {
        return JSON.createObjectNode()
                .put("id", id)
                .put("content", token)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", true);
    }

    private static JsonNode normalizer() {
        ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
        ArrayNode steps = sequence.putArray("normalizers");
        steps.addObject().put("type", "NFC");
        steps.addObject()
                .put("type", "Replace")
                .put("content", " ")
                .putObject("pattern")
                .put("Regex", "\\s+");
        steps.addObject().put("type", "Lowercase");
        return sequence;
    }

    private static JsonNode preTokenizer() {
        ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
        ArrayNode steps = sequence.putArray("pretokenizers");
        steps.addObject()
                .put("type", "Split")
                .put("behavior", "Removed")
                .put("invert", true)
                .putObject("pattern")
                .put("Regex", SPLIT);
        steps.add(byteLevel());
        return sequence;
    }

    private static ObjectNode byteLevel() {
        return JSON.createObjectNode()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
    }
}
