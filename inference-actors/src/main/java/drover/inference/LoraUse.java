package drover.inference;

/**
 * A LoRA and how much of it.
 *
 * @param file path below the folder of LoRAs, such as {@code style/ink.safetensors}
 * @param model weight in the denoising network, -{@value #LIMIT} to {@value #LIMIT}
 * @param clip weight in the text encoders, -{@value #LIMIT} to {@value #LIMIT}
 */
public record LoraUse(String file, double model, double clip) {
    public static final double LIMIT = 10;

    public LoraUse {
        if (file.isBlank()) {
            throw new IllegalArgumentException("a LoRA needs the name of its file");
        }
        if (!(Math.abs(model) <= LIMIT && Math.abs(clip) <= LIMIT)) {
            throw new IllegalArgumentException(
                    "weights of a LoRA must be -10 to 10, but were " + model + " and " + clip);
        }
    }
}
