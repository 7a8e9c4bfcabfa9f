package drover.horde;

import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Which Horde, as whom, and within which limits.
 *
 * @param api the API's address, such as {@code https://aihorde.net/api/v2}, without a slash at its end
 * @param key whose account
 * @param clientAgent who asks, as {@code name:version:contact}
 * @param limits times and sizes
 */
public record HordeSettings(URI api, ApiKey key, BridgeAgent clientAgent, Limits limits) {
    /** Where most go. */
    public static final String PUBLIC_HORDE = "https://aihorde.net/api/";

    public HordeSettings {
        String scheme = String.valueOf(api.getScheme()).toLowerCase(Locale.ROOT);
        if (!(scheme.equals("https") || scheme.equals("http"))
                || api.getHost() == null
                || api.getUserInfo() != null
                || api.getQuery() != null
                || api.getFragment() != null) {
            throw new IllegalArgumentException(
                    "the Horde's address must be http(s)://host/api/, without user, query and fragment: scheme "
                            + scheme + ", host " + api.getHost());
        }
    }

    /**
     * Settings for an address as it stands in the files of other workers: {@code https://aihorde.net}, {@code …/api/}
     * or {@code …/api/v2}.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static HordeSettings of(String address, ApiKey key, BridgeAgent clientAgent) {
        String text = address.strip().replaceAll("/+$", "");
        Optional<String> end = Optional.ofNullable(URI.create(text).getPath()).filter(path -> !path.isEmpty());
        if (end.isEmpty()) {
            text += "/api/v2";
        } else if (end.get().endsWith("/api")) {
            text += "/v2";
        }
        return new HordeSettings(URI.create(text), key, clientAgent, Limits.DEFAULT);
    }

    /** The same with other limits. */
    public HordeSettings withLimits(Limits other) {
        return new HordeSettings(api, key, clientAgent, other);
    }

    /**
     * What a call may take.
     *
     * @param connect until the connection stands, with TLS
     * @param idle without a byte in either direction
     * @param call from the first try to send to the last byte of the answer
     * @param upload the same for a picture on its way up
     * @param maxAnswerBytes of an answer
     * @param connections to one host, at most
     * @param waiting calls to one host that wait for a connection or an answer; a power of two
     * @param keepAlive for connections that nobody uses
     */
    public record Limits(
            Duration connect,
            Duration idle,
            Duration call,
            Duration upload,
            int maxAnswerBytes,
            int connections,
            int waiting,
            Duration keepAlive) {
        /** For a usual line. A pop may bring source images of 5 MB in Base64. */
        public static final Limits DEFAULT = new Limits(
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofSeconds(40),
                Duration.ofSeconds(60),
                64 << 20,
                8,
                64,
                Duration.ofSeconds(15));

        public Limits {
            if (Integer.bitCount(waiting) != 1 || connections < 1 || maxAnswerBytes < 1) {
                throw new IllegalArgumentException("a Horde client needs at least one connection and one byte, and a"
                        + " power of two of calls that may wait, not " + waiting);
            }
        }
    }
}
