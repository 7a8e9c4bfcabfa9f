package drover.source.addons;

import drover.horde.GenMetadata;
import java.util.List;

/** What a job may want its model changed by: kinds of files that are found, fetched and kept in the same way. */
public enum AddOn {
    /** Changes weights. */
    LORA("LoRA", "loras"),
    /** Adds words. */
    TEXTUAL_INVERSION("textual inversion", "inversions");

    private final String words;
    private final String label;

    AddOn(String words, String label) {
        this.words = words;
        this.label = label;
    }

    /** For messages, such as {@code LoRA}. */
    public String words() {
        return words;
    }

    /** For names of files and figures, such as {@code loras}. */
    public String label() {
        return label;
    }

    /** What to tell the Horde of one that could not be had. */
    public GenMetadata downloadFailed(String name) {
        return switch (this) {
            case LORA -> GenMetadata.loraDownloadFailed(name);
            case TEXTUAL_INVERSION -> GenMetadata.tiDownloadFailed(name);
        };
    }

    /** What to tell the Horde of one that is for other models. */
    public GenMetadata baselineMismatch(String name) {
        return switch (this) {
            case LORA -> GenMetadata.loraBaselineMismatch(name);
            case TEXTUAL_INVERSION -> GenMetadata.tiBaselineMismatch(name);
        };
    }

    /** What CivitAI calls them. */
    List<String> types() {
        return switch (this) {
            case LORA -> List.of("LORA", "LoCon", "DoRA");
            case TEXTUAL_INVERSION -> List.of("TextualInversion");
        };
    }
}
