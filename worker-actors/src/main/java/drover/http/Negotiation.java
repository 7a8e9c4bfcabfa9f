package drover.http;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.MediaRange;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.Accept;

/** What a request sends, and what it is ready to read. */
final class Negotiation {
    private Negotiation() {}

    static void answersJson(HttpRequest request) {
        answers(request, MediaTypes.APPLICATION_JSON);
    }

    /** Refuses a request whose {@code Accept} leaves this type out. */
    static void answers(HttpRequest request, MediaType type) {
        List<MediaRange> ranges = new ArrayList<>();
        for (HttpHeader header : request.getHeaders()) {
            if (header instanceof Accept accept) {
                accept.getMediaRanges().forEach(ranges::add);
            }
        }
        if (!ranges.isEmpty() && ranges.stream().noneMatch(range -> range.qValue() > 0 && range.matches(type))) {
            throw ProblemException.of(Problems.NOT_ACCEPTABLE, "the answer is of type " + type);
        }
    }

    /** Refuses a body of another type than JSON in UTF-8. */
    static void sendsJson(HttpRequest request) {
        var type = request.entity().getContentType();
        boolean utf8 = type.getCharsetOption()
                .map(charset -> charset.value().equalsIgnoreCase("UTF-8"))
                .orElse(true);
        if (!type.mediaType().equals(MediaTypes.APPLICATION_JSON) || !utf8) {
            throw ProblemException.of(Problems.MEDIA_TYPE, "the body is of type " + type);
        }
    }
}
