package drover.source.bridge;

import drover.setting.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The kinds of values in a {@code bridgeData.yaml}. As the existing worker does, they take {@code "5"} for 5. */
final class BridgeKinds {
    /** The key of those who have none. */
    static final String ANONYMOUS = "0000000000";

    private static final int MAX_ITEMS = 2_000;
    private static final int MAX_TEXT = 1_000;
    private static final Set<String> TRUE = Set.of("true", "yes", "on", "1", "t", "y");
    private static final Set<String> FALSE = Set.of("false", "no", "off", "0", "f", "n");
    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,12}(\\.0*)?");
    private static final Pattern USERNAME = Pattern.compile(".+#[0-9]+");
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{22}");
    private static final Pattern SHARE = Pattern.compile("[0-9]{1,9}%?");

    private BridgeKinds() {}

    /** A whole number within bounds. */
    static BridgeKind<Integer> whole(int min, int max) {
        String range = max == Integer.MAX_VALUE ? "of at least " + min : "from " + min + " to " + max;
        return kind("a whole number " + range, value -> {
            String text = text(value);
            if (!WHOLE.matcher(text).matches()) {
                throw new BridgeKind.Unfit();
            }
            long number = Long.parseLong(text.replaceAll("\\..*", ""));
            if (number < min || number > max) {
                throw new BridgeKind.Unfit();
            }
            return (int) number;
        });
    }

    /** A number within bounds. */
    static BridgeKind<Double> decimal(double min, double max) {
        return kind("a number from " + min + " to " + max, value -> {
            try {
                double number = Double.parseDouble(text(value));
                if (number >= min && number <= max) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Said below.
            }
            throw new BridgeKind.Unfit();
        });
    }

    /** True or false. */
    static BridgeKind<Boolean> yesNo() {
        return kind("true or false", value -> {
            String word = text(value).toLowerCase(Locale.ROOT);
            if (TRUE.contains(word)) {
                return true;
            }
            if (FALSE.contains(word)) {
                return false;
            }
            throw new BridgeKind.Unfit();
        });
    }

    /** Any text. */
    static BridgeKind<String> text() {
        return matching("text of at most " + MAX_TEXT + " characters", text -> true);
    }

    /** A worker's name. The server breaks on longer ones, and takes all blank ones for one worker. */
    static BridgeKind<String> workerName() {
        return matching(
                "a name of 1 to 100 characters",
                text -> !text.isBlank() && text.length() <= 100 && text.indexOf('\0') < 0);
    }

    /** A share in percent, or megabytes. */
    static BridgeKind<String> share() {
        return matching(
                "a percentage such as 80%, or megabytes",
                text -> SHARE.matcher(text).matches());
    }

    /** An address. */
    static BridgeKind<URI> url() {
        return kind("an address with http:// or https://", value -> {
            try {
                URI uri = new URI(text(value));
                if (("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))
                        && uri.getHost() != null
                        && uri.getUserInfo() == null) {
                    return uri;
                }
            } catch (URISyntaxException e) {
                // Said below.
            }
            throw new BridgeKind.Unfit();
        });
    }

    /** The key of an account. */
    static BridgeKind<Secret> apiKey() {
        return secret(matching(
                "the 22 characters of your key, or " + ANONYMOUS,
                text -> text.equals(ANONYMOUS) || KEY.matcher(text).matches()));
    }

    /** A token; nothing for none. */
    static BridgeKind<Secret> token() {
        return secret(matching("a token without blanks", text -> text.chars().allMatch(c -> c > ' ' && c < 0x7f)));
    }

    /** A list of texts; a single one counts as a list of itself. */
    static BridgeKind<List<String>> texts() {
        return list("a list of texts", text -> true);
    }

    /** A list of Horde users. */
    static BridgeKind<List<String>> usernames() {
        return list(
                "a list of users, each as alias#number",
                text -> USERNAME.matcher(text).matches());
    }

    /** A list of words from a choice; case, hyphens and underscores do not matter. */
    static BridgeKind<List<String>> choices(Set<String> words) {
        BridgeKind<List<String>> plain =
                list("a list of these: " + words.stream().sorted().collect(Collectors.joining(", ")), text -> true);
        return new ListKind(plain.expected(), value -> {
            List<String> known = new ArrayList<>();
            for (String item : plain.read(value)) {
                String wanted = normal(item);
                known.add(words.stream()
                        .filter(word -> normal(word).equals(wanted))
                        .findFirst()
                        .orElseThrow(BridgeKind.Unfit::new));
            }
            return known;
        });
    }

    /** Models of one's own. */
    static BridgeKind<List<CustomModel>> customModels() {
        return kind("a list of blocks, each with its own name, a baseline and a filepath", value -> {
            if (!(value instanceof BridgeValue.Items list)) {
                throw new BridgeKind.Unfit();
            }
            List<CustomModel> models = new ArrayList<>();
            Set<String> names = new HashSet<>();
            for (BridgeValue item : list.items()) {
                if (!(item instanceof BridgeValue.Block(var values))) {
                    throw new BridgeKind.Unfit();
                }
                CustomModel model =
                        new CustomModel(part(values, "name"), part(values, "baseline"), part(values, "filepath"));
                if (!names.add(model.name())) {
                    throw new BridgeKind.Unfit();
                }
                models.add(model);
            }
            return List.copyOf(models);
        });
    }

    private static String part(Map<String, BridgeValue> values, String key) throws BridgeKind.Unfit {
        String text = text(values.getOrDefault(key, new BridgeValue.Empty()));
        if (text.isBlank() || text.indexOf('\0') >= 0) {
            throw new BridgeKind.Unfit();
        }
        return text;
    }

    private static String normal(String word) {
        return word.toLowerCase(Locale.ROOT).replace('-', '_');
    }

    private static String text(BridgeValue value) throws BridgeKind.Unfit {
        if (value instanceof BridgeValue.Text(var text) && text.length() <= MAX_TEXT) {
            return text.strip();
        }
        throw new BridgeKind.Unfit();
    }

    private static BridgeKind<String> matching(String expected, Predicate<String> fits) {
        return kind(expected, value -> {
            String text = text(value);
            if (!fits.test(text)) {
                throw new BridgeKind.Unfit();
            }
            return text;
        });
    }

    private static BridgeKind<List<String>> list(String expected, Predicate<String> fits) {
        return new ListKind(expected, value -> {
            List<BridgeValue> items = value instanceof BridgeValue.Items(var several) ? several : List.of(value);
            if (items.size() > MAX_ITEMS) {
                throw new BridgeKind.Unfit();
            }
            List<String> texts = new ArrayList<>();
            for (BridgeValue item : items) {
                String text = text(item);
                if (!fits.test(text)) {
                    throw new BridgeKind.Unfit();
                }
                if (!text.isEmpty()) {
                    texts.add(text);
                }
            }
            return texts;
        });
    }

    private static BridgeKind<Secret> secret(BridgeKind<String> kind) {
        return new BridgeKind<>() {
            @Override
            public String expected() {
                return kind.expected();
            }

            @Override
            public boolean isSecret() {
                return true;
            }

            @Override
            public Secret read(BridgeValue value) throws Unfit {
                return Secret.of(kind.read(value));
            }
        };
    }

    private interface Reader<T> {
        T read(BridgeValue value) throws BridgeKind.Unfit;
    }

    private static <T> BridgeKind<T> kind(String expected, Reader<T> reader) {
        return new BridgeKind<>() {
            @Override
            public String expected() {
                return expected;
            }

            @Override
            public T read(BridgeValue value) throws Unfit {
                return reader.read(value);
            }
        };
    }

    private record ListKind(String expected, Reader<List<String>> reader) implements BridgeKind<List<String>> {
        @Override
        public boolean isList() {
            return true;
        }

        @Override
        public List<String> read(BridgeValue value) throws Unfit {
            return List.copyOf(reader.read(value));
        }
    }
}
