package drover.client;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a report is about.
 *
 * @param last how far back it goes, {@link #SHORTEST} to {@link #LONGEST}
 * @param node only what this node did
 * @param model only what was done with this model
 */
public record ReportQuery(Duration last, Optional<String> node, Optional<String> model) {
    public static final Duration SHORTEST = Duration.ofMinutes(1);
    public static final Duration LONGEST = Duration.ofDays(3650);
    public static final String DEFAULT_LAST = "24h";
    /** What {@link #parse} asks for. */
    public static final String EXPECTED = "a number with s, m, h or d, such as 90m, 24h or 7d, from 1m to 3650d";

    private static final Pattern SHAPE = Pattern.compile("([0-9]{1,9})([smhd])");

    public ReportQuery {
        if (last.compareTo(SHORTEST) < 0 || last.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("the time to report on must be " + EXPECTED + ", but was " + last);
        }
    }

    /**
     * Reads how far back a report goes, such as {@code 90m}.
     *
     * @return empty if the text is not as {@link #EXPECTED}
     */
    public static Optional<Duration> parse(String text) {
        Matcher parts = SHAPE.matcher(text);
        if (!parts.matches()) {
            return Optional.empty();
        }
        long number = Long.parseLong(parts.group(1));
        Duration last = switch (parts.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
        return Optional.of(last).filter(it -> it.compareTo(SHORTEST) >= 0 && it.compareTo(LONGEST) <= 0);
    }

    /** Writes {@link #last} as {@link #parse} reads it. */
    public String lastAsText() {
        long seconds = last.toSeconds();
        return seconds % 86_400 == 0
                ? seconds / 86_400 + "d"
                : seconds % 3_600 == 0 ? seconds / 3_600 + "h" : seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }
}
