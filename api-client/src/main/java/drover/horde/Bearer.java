package drover.horde;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.Authorization;
import org.apache.pekko.http.javadsl.model.headers.HttpCredentials;

/**
 * A token that is shown to one place only: a redirect elsewhere goes without it.
 *
 * @param place scheme, host and port
 * @param token not to be logged
 */
public record Bearer(URI place, String token) {
    /** The headers for this hop. */
    static List<HttpHeader> headers(Optional<Bearer> bearer, PresignedUrl.Target target) {
        return bearer
                .filter(it -> it.isFor(target))
                .<HttpHeader>map(it -> Authorization.create(HttpCredentials.createOAuth2BearerToken(it.token())))
                .stream()
                .toList();
    }

    private boolean isFor(PresignedUrl.Target target) {
        return new PresignedUrl(place.toString())
                .target()
                .filter(own -> own.origin()
                        .toLowerCase(Locale.ROOT)
                        .equals(target.origin().toLowerCase(Locale.ROOT)))
                .isPresent();
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "Bearer[for " + place + "]";
    }
}
