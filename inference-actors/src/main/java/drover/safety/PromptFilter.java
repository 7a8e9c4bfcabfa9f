package drover.safety;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Looks at prompts, without any model. A prompt is compared in a plain form: one case, one form of each character, without
 * weighting syntax, punctuation and marks. Words only ever match as a whole. Safe for use by many threads.
 */
public final class PromptFilter {
    private static final String STANDARD = "words.txt";
    private static final int MAX_BYTES = 1 << 20;
    /** Behind this comes what the picture is to keep away from. */
    private static final String NEGATIVE = "###";

    /** With a point in it, or it may be an age. */
    private static final Pattern WEIGHTS = Pattern.compile(":\\s*[0-9]*\\.[0-9]+\\s*(?=[)\\]}])");

    private static final Pattern MARKS = Pattern.compile("[\\p{M}\\p{Cf}]+");
    private static final Pattern OTHER = Pattern.compile("[^\\p{L}\\p{N}]+");
    private static final Pattern LETTER_AFTER_DIGIT = Pattern.compile("(?<=[0-9])(?=\\p{L})");
    private static final Pattern AGE = Pattern.compile(
            " (?:1[0-7]|[1-9]) (?:(?:years?|yrs?) (?:old|of age) |yo |y o )| (?:aged?|age of) (?:1[0-7]|[1-9]) ");

    private final Pattern underAge;
    private final Pattern sexual;

    /** What a list of words is for. */
    private enum Section {
        /** They say that somebody is a child. */
        UNDER_AGE,
        /** They say that the content is sexual. */
        SEXUAL;

        private String heading() {
            return "[" + name().toLowerCase(Locale.ROOT).replace('_', '-') + "]";
        }
    }

    private PromptFilter(Map<Section, List<String>> words) {
        this.underAge = anyOf(words.getOrDefault(Section.UNDER_AGE, List.of()));
        this.sexual = anyOf(words.getOrDefault(Section.SEXUAL, List.of()));
    }

    /** The filter with the words that come with Drover. */
    public static PromptFilter standard() {
        return new PromptFilter(shipped());
    }

    /**
     * The filter with an operator's words besides those that come with Drover.
     *
     * @param file text in UTF-8: a line {@code [under-age]} or {@code [sexual]}, then a word or phrase on each line. A
     *     {@code *} at the end of a word stands for any ending; lines that begin with {@code #} are passed over
     * @throws IOException if it cannot be read, or is not of that form; the message says which line
     */
    public static PromptFilter with(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " is longer than " + MAX_BYTES + " bytes");
        }
        Map<Section, List<String>> words = shipped();
        read(file.toString(), new BufferedReader(new StringReader(Files.readString(file))), words);
        return new PromptFilter(words);
    }

    private static Map<Section, List<String>> shipped() {
        Map<Section, List<String>> words = new EnumMap<>(Section.class);
        try (InputStream in = Objects.requireNonNull(PromptFilter.class.getResourceAsStream(STANDARD), STANDARD)) {
            read(STANDARD, new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)), words);
        } catch (IOException e) {
            throw new UncheckedIOException("the list of words cannot be read from the jar: " + e.getMessage(), e);
        }
        return words;
    }

    private static void read(String name, BufferedReader lines, Map<Section, List<String>> words) throws IOException {
        Optional<Section> section = Optional.empty();
        int number = 0;
        for (String line : lines.lines().toList()) {
            number++;
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            if (text.startsWith("[")) {
                section = Optional.of(section(text, name + ", line " + number));
            } else if (section.isEmpty() || plain(text).isBlank()) {
                throw new IOException(name + ", line " + number + ": expected [under-age] or [sexual], and then words");
            } else {
                words.computeIfAbsent(section.get(), _ -> new ArrayList<>()).add(text);
            }
        }
    }

    private static Section section(String heading, String where) throws IOException {
        for (Section section : Section.values()) {
            if (section.heading().equals(heading)) {
                return section;
            }
        }
        throw new IOException(where + ": there is no list " + heading + "; expected [under-age] or [sexual]");
    }

    private static Pattern anyOf(List<String> words) {
        return Pattern.compile(words.stream()
                .map(word -> Pattern.quote(plain(word).strip()) + (word.endsWith("*") ? "[\\p{L}\\p{N}]*" : ""))
                .collect(Collectors.joining("|", " (?:", ") ")));
    }

    /** Whether the prompt combines somebody under age with sexual content. */
    public boolean forbids(String prompt) {
        String plain = plain(positive(prompt));
        return sexual.matcher(plain).find()
                && (underAge.matcher(plain).find() || AGE.matcher(plain).find());
    }

    /** Whether one of these words or phrases is in the prompt; an empty one is not. */
    public boolean mentions(String prompt, Collection<String> words) {
        String plain = plain(positive(prompt));
        return words.stream().map(PromptFilter::plain).anyMatch(word -> !word.isBlank() && plain.contains(word));
    }

    private static String positive(String prompt) {
        int end = prompt.indexOf(NEGATIVE);
        return end < 0 ? prompt : prompt.substring(0, end);
    }

    /** Words with one blank between them, and one at each end. */
    private static String plain(String text) {
        String form = Normalizer.normalize(text, Normalizer.Form.NFKD).toLowerCase(Locale.ROOT);
        form = MARKS.matcher(form).replaceAll("");
        form = WEIGHTS.matcher(form).replaceAll(" ");
        form = LETTER_AFTER_DIGIT.matcher(form).replaceAll(" ");
        return (" " + OTHER.matcher(form).replaceAll(" ") + " ").replaceAll(" +", " ");
    }
}
