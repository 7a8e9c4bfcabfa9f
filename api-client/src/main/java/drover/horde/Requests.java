package drover.horde;

import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;

/** Puts requests together. */
final class Requests {
    private Requests() {}

    /** A request whose path and query go out letter by letter as they are: a parsed address would be written anew. */
    static HttpRequest to(HttpMethod method, PresignedUrl.Target target) {
        return HttpRequest.create(target.origin() + "/")
                .withMethod(method)
                .addHeader(RawRequestURI.create(target.path()));
    }
}
