package drover.source.server;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A strict store of objects, behind addresses that carry their own permission for a while. Only the host, the method, the
 * path and the times are signed, so a request must bring nothing else that is its own: no content type, no headers of the
 * store's family, and a known length.
 */
final class ObjectStore {
    static final String RESULTS = "/stable-horde/";
    static final String SOURCES = "/stable-horde-source-images/";
    static final long LIFE_SECONDS = 1800;

    private static final DateTimeFormatter BASIC =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final InstantSource clock;
    private final byte[] secret;
    private final Map<String, byte[]> objects = new ConcurrentHashMap<>();

    ObjectStore(InstantSource clock, long seed) {
        this.clock = clock;
        this.secret = ("secret " + seed).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * A request as it came.
     *
     * @param path without the query
     * @param query as it was written
     * @param contentType the content type; empty if none was sent, or the one that means nothing
     * @param chunked whether its length was not said
     * @param strange the name of a header of the store's family; empty if there is none
     */
    record Call(
            String method,
            String path,
            String query,
            Optional<String> contentType,
            boolean chunked,
            Optional<String> strange) {}

    /** An address that is good for a while. */
    String address(String base, String method, String path) {
        String date = BASIC.format(clock.instant());
        return base + path + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
                + URLEncoder.encode("LOCAL/" + date.substring(0, 8) + "/auto/s3/aws4_request", StandardCharsets.UTF_8)
                + "&X-Amz-Date=" + date + "&X-Amz-Expires=" + LIFE_SECONDS
                + "&X-Amz-SignedHeaders=host&X-Amz-Signature=" + signature(method, path, date);
    }

    void keep(String path, byte[] bytes) {
        objects.put(path, bytes);
    }

    void remove(String path) {
        objects.remove(path);
    }

    Optional<byte[]> object(String path) {
        return Optional.ofNullable(objects.get(path));
    }

    /** Puts or gives, or says why not. */
    Answer answer(Call call, byte[] body) {
        Map<String, String> query = new HashMap<>();
        for (String part : call.query().split("&", -1)) {
            int equals = part.indexOf('=');
            if (equals > 0) {
                query.put(part.substring(0, equals), part.substring(equals + 1));
            }
        }
        String date = query.getOrDefault("X-Amz-Date", "");
        String given = query.getOrDefault("X-Amz-Signature", "");
        if (!given.equals(signature(call.method(), call.path(), date))) {
            return Answer.store(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.");
        }
        Instant end =
                BASIC.parse(date, Instant::from).plusSeconds(Long.parseLong(query.getOrDefault("X-Amz-Expires", "0")));
        if (!clock.instant().isBefore(end)) {
            return Answer.store(403, "ExpiredRequest", "Request has expired");
        }
        return call.method().equals("PUT") ? put(call, body) : get(call.path());
    }

    private Answer put(Call call, byte[] body) {
        if (call.chunked()) {
            return Answer.store(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
        }
        if (call.strange().isPresent()) {
            return Answer.store(
                    403,
                    "AccessDenied",
                    "There were headers present in the request which were not signed: "
                            + call.strange().get());
        }
        if (call.contentType().isPresent()) {
            return Answer.store(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.");
        }
        keep(call.path(), body);
        return Answer.bytes("application/xml", new byte[0], etag(body));
    }

    private Answer get(String path) {
        return object(path)
                .map(bytes -> Answer.bytes(
                        path.startsWith(RESULTS) ? "image/webp" : "binary/octet-stream", bytes, etag(bytes)))
                .orElseGet(() -> Answer.store(404, "NoSuchKey", "The specified key does not exist."));
    }

    private String signature(String method, String path, String date) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return HexFormat.of()
                    .formatHex(mac.doFinal((method + " " + path + " " + date).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    private static String etag(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return "\"" + HexFormat.of().formatHex(digest, 0, 16) + "\"";
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
