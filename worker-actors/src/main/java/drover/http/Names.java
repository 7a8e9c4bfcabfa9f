package drover.http;

import java.util.Locale;

/** Names of constants on the wire: lower case. */
final class Names {
    private Names() {}

    static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
