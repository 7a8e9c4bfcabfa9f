package drover.inference;

/** What a model may be able to do beside painting from a prompt. */
public enum Feature {
    /** Starts from a picture. */
    IMG2IMG("a source picture"),
    /** Repaints a part of a picture. */
    INPAINTING("inpainting"),
    /** Takes LoRAs. */
    LORA("LoRAs"),
    /** Takes words that it was not trained with. */
    TEXTUAL_INVERSION("embeddings"),
    /** Follows a picture. */
    CONTROLNET("a ControlNet"),
    /** Enlarges what it has painted. */
    UPSCALER("an upscaler"),
    /** Paints in two passes. */
    HIRES_FIX("hires fix"),
    /** Paints pictures whose opposite edges fit together. */
    TILING("tiling");

    private final String words;

    Feature(String words) {
        this.words = words;
    }

    /** For messages, such as {@code a ControlNet}. */
    public String words() {
        return words;
    }
}
