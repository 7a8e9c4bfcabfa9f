package drover.horde;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Something worth knowing about a generation.
 *
 * @param type what it is about, such as {@code lora}
 * @param value what it is, such as {@code download_failed}
 * @param ref which one, at most 255 letters
 */
public record GenMetadata(String type, String value, Optional<String> ref) {
    /** Entries that a submit may have. With more the server answers with an error, but keeps the result. */
    public static final int MAX_ENTRIES = 50;

    private static final int MAX_REF = 255;

    public GenMetadata {
        ref = ref.map(text -> Texts.cut(text, MAX_REF));
    }

    /** Each entry once, and no more than the server takes. */
    static List<GenMetadata> bounded(@Nullable List<GenMetadata> entries) {
        return Lists.copy(entries).stream().distinct().limit(MAX_ENTRIES).toList();
    }

    /** A LoRA that could not be fetched was left out. */
    public static GenMetadata loraDownloadFailed(String lora) {
        return new GenMetadata("lora", "download_failed", Optional.of(lora));
    }

    /** A LoRA that is for other models was left out. */
    public static GenMetadata loraBaselineMismatch(String lora) {
        return new GenMetadata("lora", "baseline_mismatch", Optional.of(lora));
    }

    /** A textual inversion that could not be fetched was left out. */
    public static GenMetadata tiDownloadFailed(String ti) {
        return new GenMetadata("ti", "download_failed", Optional.of(ti));
    }

    /** A textual inversion that is for other models was left out. */
    public static GenMetadata tiBaselineMismatch(String ti) {
        return new GenMetadata("ti", "baseline_mismatch", Optional.of(ti));
    }

    /** Done without the source image, which could not be fetched. */
    public static GenMetadata sourceImageDownloadFailed() {
        return new GenMetadata("source_image", "download_failed", Optional.of("source_image"));
    }

    /** Done without the source image, which cannot be read. */
    public static GenMetadata sourceImageParseFailed() {
        return new GenMetadata("source_image", "parse_failed", Optional.of("source_image"));
    }

    /** Done without the mask, which could not be fetched. */
    public static GenMetadata sourceMaskDownloadFailed() {
        return new GenMetadata("source_mask", "download_failed", Optional.of("source_mask"));
    }

    /** Done without the mask, which cannot be read. */
    public static GenMetadata sourceMaskParseFailed() {
        return new GenMetadata("source_mask", "parse_failed", Optional.of("source_mask"));
    }

    /** Done without one of the extra source images, which could not be fetched. */
    public static GenMetadata extraSourceImageDownloadFailed(int index) {
        return new GenMetadata("extra_source_images", "download_failed", Optional.of(Integer.toString(index)));
    }

    /** The picture was replaced, because it is not safe for work. The requester does not pay for it. */
    public static GenMetadata censored() {
        return new GenMetadata("censorship", "nsfw", Optional.empty());
    }

    /** The picture was replaced, because it may show abuse of children. */
    public static GenMetadata censoredCsam() {
        return new GenMetadata("censorship", "csam", Optional.empty());
    }

    /** The picture is not safe for work, and delivered. */
    public static GenMetadata nsfw() {
        return new GenMetadata("information", "nsfw", Optional.empty());
    }

    /** Which picture of its batch it is, counted from 0: with the batch's size and seed it can be made again. */
    public static GenMetadata batchIndex(int index) {
        return new GenMetadata("batch_index", "see_ref", Optional.of(Integer.toString(index)));
    }
}
