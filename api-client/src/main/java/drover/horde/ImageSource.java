package drover.horde;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** A picture that comes with a job: an address to fetch it from, or, for agents that are not known to fetch, itself. */
public sealed interface ImageSource {
    /** As it was sent. */
    @JsonValue
    String text();

    /** Reads what the server sent. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static ImageSource of(String text) {
        String start =
                text.substring(0, Math.min(text.length(), "https://".length())).toLowerCase(Locale.ROOT);
        return start.startsWith("http://") || start.startsWith("https://")
                ? new Remote(new PresignedUrl(text))
                : new Inline(text);
    }

    /**
     * To be fetched.
     *
     * @param url from where
     */
    record Remote(PresignedUrl url) implements ImageSource {
        @Override
        public String text() {
            return url.text();
        }
    }

    /**
     * The picture itself.
     *
     * @param text in Base64
     */
    record Inline(String text) implements ImageSource {
        /** What some put around Base64: the beginning of a data URL, and line ends. */
        private static final Pattern AROUND = Pattern.compile("^\\s*data:[^,]{0,100},|\\s+");

        /**
         * Its bytes.
         *
         * @param maxBytes what is taken at most
         * @return empty if it is larger or no Base64
         */
        public Optional<byte[]> bytes(int maxBytes) {
            if (text.length() / 4 * 3L > maxBytes + 3L) {
                return Optional.empty();
            }
            try {
                byte[] bytes = Base64.getDecoder().decode(AROUND.matcher(text).replaceAll(""));
                return bytes.length > maxBytes ? Optional.empty() : Optional.of(bytes);
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        @Override
        public String toString() {
            return "Inline[" + text.length() + " characters]";
        }
    }
}
