package drover.source.loras;

import drover.horde.ImagePayload;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * What a job calls a LoRA.
 *
 * @param text the exact name, the number of the model or, if {@code isVersion}, the number of one version of it
 * @param isVersion whether it is the number of a version
 */
public record LoraName(String text, boolean isVersion) {
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,17}");
    private static final int MAX_LENGTH = 255;

    /** Two writings of a name are one name. */
    public LoraName {
        text = text.strip().toLowerCase(Locale.ROOT);
    }

    /** What a job of the Horde asks for. */
    public static LoraName of(ImagePayload.Lora lora) {
        return new LoraName(lora.name(), lora.isVersion().orElse(false));
    }

    /** Whether it can be the name of anything. */
    boolean isUsable() {
        return isVersion ? number().isPresent() : !text.isEmpty() && text.length() <= MAX_LENGTH;
    }

    /** The number, if it is one. */
    OptionalLong number() {
        return NUMBER.matcher(text).matches() ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
    }
}
