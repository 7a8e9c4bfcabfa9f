package drover.source.addons;

import drover.horde.ImagePayload;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a job calls an add-on. Two writings of a name, with other capitals or with blanks around it, are equal.
 *
 * @param text the exact name, the number of the model or, if {@code isVersion}, the number of one version of it
 * @param isVersion whether it is the number of a version
 */
public record AddOnName(String text, boolean isVersion) {
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,17}");
    private static final int MAX_LENGTH = 255;

    /** What a job of the Horde asks for. */
    public static AddOnName of(ImagePayload.Lora lora) {
        return new AddOnName(lora.name(), lora.isVersion().orElse(false));
    }

    /** Whether it can be the name of anything. */
    boolean isUsable() {
        return isVersion ? number().isPresent() : !text.isBlank() && text.length() <= MAX_LENGTH;
    }

    /** The number, if it is one. */
    OptionalLong number() {
        return NUMBER.matcher(key()).matches() ? OptionalLong.of(Long.parseLong(key())) : OptionalLong.empty();
    }

    /** The one writing that stands for all. */
    String key() {
        return text.strip().toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AddOnName name
                && name.isVersion == isVersion
                && name.key().equals(key());
    }

    @Override
    public int hashCode() {
        return Objects.hash(key(), isVersion);
    }
}
