package drover.horde;

import java.util.stream.Collectors;

/**
 * Texts as they may be sent and kept: the server refuses NUL, and neither it nor a database can keep half of a surrogate
 * pair.
 */
public final class Texts {
    private static final String REPLACED = "\uFFFD";

    private Texts() {}

    /** Without NUL, and with a sign of replacement for each half of a pair. */
    public static String clean(String text) {
        boolean good = text.indexOf(0) < 0
                && text.codePoints().noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
        return good
                ? text
                : text.codePoints()
                        .filter(c -> c != 0)
                        .mapToObj(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE
                                ? REPLACED
                                : Character.toString(c))
                        .collect(Collectors.joining());
    }

    /** The beginning of a text, clean, of at most so many UTF-16 units. */
    public static String cut(String text, int most) {
        if (text.length() <= most) {
            return clean(text);
        }
        boolean splits = most > 0 && Character.isHighSurrogate(text.charAt(most - 1));
        return clean(text.substring(0, splits ? most - 1 : most));
    }
}
