package drover.source.models;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An entry of {@code models_to_load} or {@code models_to_skip}. */
sealed interface ModelWord {
    /** Exactly one model. */
    record Name(String name) implements ModelWord {}

    /** So many of the most used models of the last month. */
    record Top(int count) implements ModelWord {}

    /** So many of the least used models of the last month. */
    record Bottom(int count) implements ModelWord {}

    /** All models of a kind. */
    record All(Kind kind) implements ModelWord {}

    /** What {@code ALL} may be followed by. */
    enum Kind {
        EVERYTHING(""),
        SD15("SD15"),
        SD21("SD21"),
        SDXL("SDXL"),
        SFW("SFW"),
        NSFW("NSFW"),
        INPAINTING("INPAINTING");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        boolean holds(ReferenceModel model) {
            return switch (this) {
                case EVERYTHING -> true;
                case SD15 -> model.baseline() == Baseline.STABLE_DIFFUSION_1;
                case SD21 -> model.baseline() == Baseline.STABLE_DIFFUSION_2;
                case SDXL -> model.baseline() == Baseline.STABLE_DIFFUSION_XL;
                case SFW -> !model.nsfw();
                case NSFW -> model.nsfw();
                case INPAINTING -> model.inpainting();
            };
        }
    }

    /** Reads an entry; case and the number of blanks do not matter in words, nor does a closing {@code MODELS}. */
    static ModelWord parse(String entry) {
        Matcher ranked = Patterns.RANKED.matcher(entry);
        if (ranked.matches()) {
            int count = Integer.parseInt(ranked.group(2));
            return ranked.group(1).equalsIgnoreCase("top") ? new Top(count) : new Bottom(count);
        }
        Matcher all = Patterns.ALL.matcher(entry);
        if (all.matches()) {
            String word = all.group(1) == null ? "" : all.group(1).toUpperCase(Locale.ROOT);
            for (Kind kind : Kind.values()) {
                if (kind.word.equals(word)) {
                    return new All(kind);
                }
            }
        }
        return new Name(entry.strip());
    }

    /** How words are written. */
    final class Patterns {
        private static final Pattern RANKED =
                Pattern.compile("\\s*(top|bottom)\\s+(\\d{1,5})(?:\\s+models?)?\\s*", Pattern.CASE_INSENSITIVE);
        private static final Pattern ALL = Pattern.compile(
                "\\s*all(?:\\s+(sd15|sd21|sdxl|sfw|nsfw|inpainting))?(?:\\s+models?)?\\s*", Pattern.CASE_INSENSITIVE);

        private Patterns() {}
    }
}
