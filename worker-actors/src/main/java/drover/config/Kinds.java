package drover.config;

import com.typesafe.config.ConfigException.BadValue;
import com.typesafe.config.ConfigException.WrongType;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import drover.setting.Secret;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The kinds of values that settings take. Environment variables come as text, so numbers may be written as text. */
final class Kinds {
    private static final Pattern HOST =
            Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\\[?[0-9a-fA-F:]+]?");
    private static final Pattern BARE_NUMBER = Pattern.compile("[-+]?[0-9.]*");
    private static final Map<String, Boolean> SWITCH =
            Map.of("on", true, "yes", true, "true", true, "off", false, "no", false, "false", false);

    private Kinds() {}

    /** A whole number within a range, both ends included. */
    static Kind<Integer> whole(int min, int max) {
        return kind("a whole number from " + min + " to " + max, v -> {
            BigInteger n = number(v).toBigIntegerExact();
            return between(n.intValueExact(), min, max);
        });
    }

    /** A number of bytes, written with a unit such as {@code 256MiB} or bare. */
    static Kind<Long> size(String min, String max) {
        long low = bytes(min);
        long high = bytes(max);
        return kind(
                "a size from " + min + " to " + max + ", such as " + min, v -> between(bytes(scalar(v)), low, high));
    }

    /** A duration, written with a unit. A bare number is refused, because its unit would be a guess; 0 needs none. */
    static Kind<Duration> duration(String min, String max) {
        Duration low = parseDuration(min);
        Duration high = parseDuration(max);
        return kind("a duration from " + min + " to " + max + " with its unit, such as 15s", v -> {
            String text = scalar(v);
            if (BARE_NUMBER.matcher(text).matches() && !text.equals("0")) {
                throw new Kind.Unfit();
            }
            return between(parseDuration(text), low, high);
        });
    }

    /** Text of a limited length; may be empty. */
    static Kind<String> text(int maxLength) {
        return text("text of at most " + maxLength + " characters", s -> s.length() <= maxLength);
    }

    /** Text that passes a test. */
    static Kind<String> text(String expected, Predicate<String> fits) {
        return kind(expected, v -> {
            String text = scalar(v);
            if (!fits.test(text)) {
                throw new Kind.Unfit();
            }
            return text;
        });
    }

    /** A host name or an IP address. */
    static Kind<String> host() {
        return text("a host name or an IP address", s -> HOST.matcher(s).matches());
    }

    /** A host name or an IP address, a colon, a port. */
    static Kind<String> hostAndPort() {
        return text("a host and its port, such as 10.0.0.1:25520", Kinds::isHostAndPort);
    }

    static boolean isHostAndPort(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        String port = text.substring(colon + 1);
        return HOST.matcher(host).matches()
                && (host.indexOf(':') < 0) == !host.startsWith("[")
                && port.matches("[1-9][0-9]{0,4}")
                && Integer.parseInt(port) <= 65535;
    }

    /** A path; relative ones are resolved by the caller. */
    static Kind<String> path() {
        return text("a path", s -> !s.isBlank() && s.indexOf('\0') < 0);
    }

    /** The path or the address of a file. */
    static Kind<String> pathOrWebAddress() {
        return text(
                "a path, or an address with http:// or https://",
                s -> !s.isBlank() && s.indexOf('\0') < 0 && (!s.contains("://") || isWebAddress(s)));
    }

    /** An address of the web. */
    static Kind<String> webAddress() {
        return text("an address with http:// or https://", Kinds::isWebAddress);
    }

    static boolean isWebAddress(String text) {
        try {
            URI uri = new URI(text);
            return ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))
                    && uri.getHost() != null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /** A secret of at least this many characters; empty for none. */
    static Kind<Secret> secret(int minLength) {
        Kind<String> text = text(
                "empty, or " + minLength + " to 1000 visible ASCII characters",
                s -> s.isEmpty()
                        || (s.length() >= minLength
                                && s.length() <= 1000
                                && s.chars().allMatch(c -> c > ' ' && c < 0x7f)));
        return new Kind<>() {
            @Override
            public String expected() {
                return text.expected();
            }

            @Override
            public boolean isSecret() {
                return true;
            }

            @Override
            public Secret read(ConfigValue value) throws Unfit {
                return Secret.of(text.read(value));
            }
        };
    }

    /** On or off. */
    static Kind<Boolean> onOff() {
        return kind("on or off", v -> {
            Boolean value = SWITCH.get(scalar(v).toLowerCase(Locale.ROOT));
            if (value == null) {
                throw new Kind.Unfit();
            }
            return value;
        });
    }

    /** One of an enum's values, written in lower case with hyphens. */
    static <E extends Enum<E>> Kind<E> choice(Class<E> type) {
        Map<String, E> byName = Arrays.stream(type.getEnumConstants()).collect(Collectors.toMap(Kinds::nameOf, e -> e));
        String names = Arrays.stream(type.getEnumConstants()).map(Kinds::nameOf).collect(Collectors.joining(", "));
        return kind("one of " + names, v -> {
            E value = byName.get(scalar(v).toLowerCase(Locale.ROOT));
            if (value == null) {
                throw new Kind.Unfit();
            }
            return value;
        });
    }

    /** Either a word that means "decide for me" (or "none"), or a value of the other kind. */
    static <T> Kind<Optional<T>> or(String word, Kind<T> kind) {
        return kind(
                word + " or " + kind.expected(),
                v -> v.unwrapped().equals(word) ? Optional.empty() : Optional.of(kind.read(v)));
    }

    /** A list. An environment variable holds its items with commas between them. */
    static <T> Kind<List<T>> list(Kind<T> item) {
        return kind("a list of items, each " + item.expected(), v -> {
            List<T> items = new ArrayList<>();
            for (ConfigValue each : elements(v)) {
                items.add(item.read(each));
            }
            return List.copyOf(items);
        });
    }

    private static List<ConfigValue> elements(ConfigValue value) throws Kind.Unfit {
        if (value instanceof ConfigList list) {
            return list;
        }
        if (value.valueType() != ConfigValueType.STRING) {
            throw new Kind.Unfit();
        }
        List<ConfigValue> parts = new ArrayList<>();
        for (String part : value.unwrapped().toString().split(",", -1)) {
            parts.add(ConfigValueFactory.fromAnyRef(part.strip()));
        }
        return parts;
    }

    private static String nameOf(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String scalar(ConfigValue value) throws Kind.Unfit {
        return switch (value.valueType()) {
            case STRING, NUMBER, BOOLEAN -> value.unwrapped().toString();
            case LIST, OBJECT, NULL -> throw new Kind.Unfit();
        };
    }

    private static BigDecimal number(ConfigValue value) throws Kind.Unfit {
        return new BigDecimal(scalar(value).strip());
    }

    private static long bytes(String text) {
        return ConfigValueFactory.fromAnyRef(text).atKey("v").getBytes("v");
    }

    private static Duration parseDuration(String text) {
        return ConfigValueFactory.fromAnyRef(text).atKey("v").getDuration("v");
    }

    private static <C extends Comparable<C>> C between(C value, C min, C max) throws Kind.Unfit {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new Kind.Unfit();
        }
        return value;
    }

    private interface Reader<T> {
        T read(ConfigValue value) throws Kind.Unfit;
    }

    /** A kind from its two halves; a parser's own complaint means the same as ours. */
    private static <T> Kind<T> kind(String expected, Reader<T> reader) {
        return new Kind<>() {
            @Override
            public String expected() {
                return expected;
            }

            @Override
            public T read(ConfigValue value) throws Unfit {
                try {
                    return reader.read(value);
                } catch (BadValue | WrongType | ArithmeticException | NumberFormatException e) {
                    throw new Unfit();
                }
            }
        };
    }
}
