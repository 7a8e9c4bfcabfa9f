package drover.source.dreamer;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The textual inversions that a job gets, and how its prompts come to name them as the engine does. */
record Inversions(List<One> all) {
    static final Inversions NONE = new Inversions(List.of());

    /** In parentheses of its own, which go with it, or within other words. */
    private static final Pattern MENTION = Pattern.compile(
            "\\(\\s*embedding:([^\\s,:()\\\\]+)\\s*(:[^(),:]*)?\\)|embedding:([^\\s,:()\\\\]+)",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final Pattern TRAILING = Pattern.compile("[.;!?]+$");
    private static final int DIGITS = 4;

    Inversions {
        all = List.copyOf(all);
    }

    /** A prompt. */
    enum Place {
        PROMPT,
        NEGATIVE;

        /** As the Horde says it; nothing is put anywhere for another word. */
        static Optional<Place> of(String word) {
            return switch (word) {
                case "prompt" -> Optional.of(PROMPT);
                case "negprompt" -> Optional.of(NEGATIVE);
                default -> Optional.empty();
            };
        }
    }

    /**
     * One of them.
     *
     * @param names by which prompts may mean it, see {@link #key}
     * @param file as the engine calls it
     * @param into the prompt that it is to be put to, if the job wants that: in front of what to draw, behind what to avoid
     * @param strength of what is put there
     */
    record One(Set<String> names, String file, Optional<Place> into, double strength) {
        One {
            names = Set.copyOf(names);
        }

        private String text() {
            String number = BigDecimal.valueOf(strength)
                    .setScale(DIGITS, RoundingMode.HALF_UP)
                    .stripTrailingZeros()
                    .toPlainString();
            return "(embedding:" + file + ":" + number + ")";
        }
    }

    /** The one writing that stands for all of a name; a mention ends at a blank, so blanks are not told from others. */
    static String key(String name) {
        return BLANKS.matcher(name.strip()).replaceAll("_").toLowerCase(Locale.ROOT);
    }

    /**
     * Text with its mentions of these in the engine's words, and those of others left out, as the existing engine passes over
     * them.
     */
    String named(String text) {
        String known = text;
        for (String before = ""; !before.equals(known); ) {
            // What was around a mention that is left out may be one together.
            before = known;
            known = MENTION.matcher(before).replaceAll(it -> Matcher.quoteReplacement(rewritten(it)));
        }
        return known;
    }

    /** A prompt as the engine is to have it: see {@link #named}, and with those that are to be put to it. */
    String applied(String prompt, Place place) {
        Stream<String> put = all.stream()
                .filter(one -> one.into().equals(Optional.of(place)))
                .map(One::text);
        Stream<String> said = Stream.of(named(prompt).strip()).filter(text -> !text.isEmpty());
        return (switch (place) {
                    case PROMPT -> Stream.concat(put, said);
                    case NEGATIVE -> Stream.concat(said, put);
                })
                .collect(Collectors.joining(", "));
    }

    private String rewritten(MatchResult mention) {
        boolean alone = mention.group(1) != null;
        String written = alone ? mention.group(1) : mention.group(3);
        String name = TRAILING.matcher(written).replaceFirst("");
        Optional<String> file = all.stream()
                .filter(one -> one.names().contains(key(name)) || one.file().equals(name))
                .map(One::file)
                .findFirst();
        String end = written.substring(name.length());
        if (alone) {
            String weight = mention.group(2) == null ? "" : mention.group(2);
            return file.map(it -> "(embedding:" + it + weight + ")").orElse("");
        }
        return file.map(it -> "embedding:" + it + end).orElse(end);
    }
}
