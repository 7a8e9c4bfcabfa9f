package drover.horde;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.util.ByteString;

/**
 * An answer, whole.
 *
 * @param status of HTTP
 * @param contentType as it was sent
 * @param headers by their names in lower case
 * @param body its bytes
 */
record Reply(int status, String contentType, Map<String, String> headers, ByteString body) {
    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }

    /** Which of the Horde's nodes sent it. */
    Optional<String> node() {
        return header("Horde-Node").map(text -> text.length() > 100 ? text.substring(0, 100) : text);
    }

    /** When it was sent, by the sender's clock. */
    Optional<Instant> date() {
        return header("Date").flatMap(text -> {
            try {
                return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text)));
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        });
    }

    boolean json() {
        return contentType.contains("json");
    }

    boolean success() {
        return status / 100 == 2;
    }
}
