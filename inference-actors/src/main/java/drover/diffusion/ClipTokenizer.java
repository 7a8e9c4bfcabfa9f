package drover.diffusion;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import drover.inference.EngineException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * The tokenizer of a CLIP text encoder: byte pair encoding by Hugging Face's library, begin and end tokens, cut or
 * padded to a fixed length. Safe to use from several threads; owns native memory.
 */
public final class ClipTokenizer implements AutoCloseable {
    /** Cutting and padding happen here, so that a tokenizer.json that asks for either changes nothing. */
    private static final Map<String, String> PLAIN = Map.of("padding", "false", "truncation", "false");

    private static final int MIN_LENGTH = 3;
    private static final int MAX_LENGTH = 100_000;
    private static final int OPEN_CLIP_PAD = 0;

    private final HuggingFaceTokenizer tokenizer;
    private final int maxLength;
    private final long endId;
    private final long padId;

    private ClipTokenizer(HuggingFaceTokenizer tokenizer, int maxLength, long endId, long padId) {
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
        this.endId = endId;
        this.padId = padId;
    }

    /**
     * Reads a {@code tokenizer} folder.
     *
     * @param folder holds {@code tokenizer_config.json}, and {@code tokenizer.json} or, as older models do, {@code
     *     vocab.json} and {@code merges.txt}
     */
    public static ClipTokenizer open(Path folder) throws EngineException.BadModel {
        return open(folder, false);
    }

    /**
     * As {@link #open}, but as OpenCLIP and ComfyUI have it: padded with id 0, whose text is special to nobody, so that
     * {@code !} in a prompt is an exclamation mark.
     */
    public static ClipTokenizer openClip(Path folder) throws EngineException.BadModel {
        return open(folder, true);
    }

    private static ClipTokenizer open(Path folder, boolean openClip) throws EngineException.BadModel {
        ConfigFile config = ConfigFile.read(folder.resolve("tokenizer_config.json"));
        int maxLength = config.integer("model_max_length");
        if (maxLength < MIN_LENGTH || maxLength > MAX_LENGTH) {
            throw new EngineException.BadModel(config.name() + ": model_max_length is " + maxLength + "; expected "
                    + MIN_LENGTH + " (begin, end and a token between) to " + MAX_LENGTH);
        }
        byte[] json = json(folder, config);
        HuggingFaceTokenizer tokenizer =
                load(folder, openClip ? ClipVocabulary.withoutSpecial(json, OPEN_CLIP_PAD) : json);
        try {
            String end = ClipVocabulary.token(config, "eos_token");
            String pad = config.has("pad_token") ? ClipVocabulary.token(config, "pad_token") : end;
            long padId = openClip ? OPEN_CLIP_PAD : idOf(tokenizer, config, pad);
            return new ClipTokenizer(tokenizer, maxLength, idOf(tokenizer, config, end), padId);
        } catch (EngineException.BadModel | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    private static byte[] json(Path folder, ConfigFile config) throws EngineException.BadModel {
        Path whole = folder.resolve("tokenizer.json");
        try {
            return Files.exists(whole) ? Files.readAllBytes(whole) : ClipVocabulary.tokenizerJson(folder, config);
        } catch (IOException e) {
            throw new EngineException.BadModel(folder + " holds no tokenizer: " + e.getMessage(), e);
        }
    }

    private static HuggingFaceTokenizer load(Path folder, byte[] json) throws EngineException.BadModel {
        try {
            return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), PLAIN);
        } catch (IOException | RuntimeException e) {
            Path whole = folder.resolve("tokenizer.json");
            throw new EngineException.BadModel(
                    (Files.exists(whole) ? whole : folder.resolve("vocab.json and merges.txt")) + " make no tokenizer: "
                            + e.getMessage(),
                    e);
        }
    }

    private static long idOf(HuggingFaceTokenizer tokenizer, ConfigFile config, String token)
            throws EngineException.BadModel {
        long[] ids = tokenizer.encode(token, false, false).getIds();
        if (ids.length != 1) {
            throw new EngineException.BadModel(
                    config.name() + ": the token " + token + " is not one token of the vocabulary");
        }
        return ids[0];
    }

    /** How many ids {@link #encode} gives: 77 for CLIP. */
    public int maxLength() {
        return maxLength;
    }

    /** Ids with begin and end tokens, cut or padded to {@link #maxLength}; a cut keeps the end token. */
    public long[] encode(String text) {
        long[] uncut = encodeUncut(text);
        long[] ids = Arrays.copyOf(uncut, maxLength);
        if (uncut.length > maxLength) {
            ids[maxLength - 1] = endId;
        } else {
            Arrays.fill(ids, uncut.length, maxLength, padId);
        }
        return ids;
    }

    /** Ids without begin and end tokens, as many as the text has. */
    long[] encodeBare(String text) {
        long[] framed = encodeUncut(text);
        return Arrays.copyOfRange(framed, 1, framed.length - 1);
    }

    /**
     * Ids between begin and end tokens, padded to {@link #maxLength}.
     *
     * @param bare at most {@code maxLength() - 2}
     */
    long[] framed(long[] bare) {
        long[] ids = encode("");
        System.arraycopy(bare, 0, ids, 1, bare.length);
        ids[bare.length + 1] = endId;
        return ids;
    }

    /** Ids with begin and end tokens, as many as the text has. */
    public long[] encodeUncut(String text) {
        // A surrogate without its partner has no UTF-8 form; it becomes a question mark before native code sees it.
        String whole = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        return tokenizer.encode(whole, true, false).getIds();
    }

    /** The id of the end token. */
    public long endId() {
        return endId;
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
