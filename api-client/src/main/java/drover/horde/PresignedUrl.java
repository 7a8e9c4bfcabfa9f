package drover.horde;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address that carries its own permission in its query, or any other foreign one. It is used exactly as it was given,
 * down to the case of its percent signs, because the signature is over its letters; it does not show its query.
 *
 * @param text as it was given
 */
public record PresignedUrl(@JsonValue String text) {
    private static final Pattern FORM = Pattern.compile(
            "(https?)://(\\[[0-9a-fA-F:.]+]|[A-Za-z0-9._-]+)(?::(\\d{1,5}))?([/?][\\x21-\\x7e]*)?",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern SIGNED_AT =
            Pattern.compile("[?&]X-Amz-Date=(\\d{8}T\\d{6})Z", Pattern.CASE_INSENSITIVE);
    private static final Pattern VALID_FOR = Pattern.compile("[?&]X-Amz-Expires=(\\d{1,9})", Pattern.CASE_INSENSITIVE);
    private static final DateTimeFormatter BASIC = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss", Locale.ROOT);
    private static final int MAX_PORT = 65_535;

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public PresignedUrl {}

    /**
     * Where a request goes.
     *
     * @param tls whether by https
     * @param host a name or an address; one of IPv6 in brackets
     * @param port 1 to 65535
     * @param path the path and the query as they were given
     */
    record Target(boolean tls, String host, int port, String path) {
        /** Scheme, host and, where it is not the scheme's own, port. */
        String origin() {
            boolean usual = port == (tls ? 443 : 80);
            return (tls ? "https://" : "http://") + host + (usual ? "" : ":" + port);
        }

        /** Without what must not be shown. */
        @Override
        public String toString() {
            int query = path.indexOf('?');
            return origin() + (query < 0 ? path : path.substring(0, query) + "?…");
        }
    }

    /** The parts, if it is an http or https address without user name, fragment and letters outside of ASCII. */
    Optional<Target> target() {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches() || text.indexOf('#') >= 0) {
            return Optional.empty();
        }
        boolean tls = parts.group(1).equalsIgnoreCase("https");
        int port = parts.group(3) == null ? (tls ? 443 : 80) : Integer.parseInt(parts.group(3));
        if (port < 1 || port > MAX_PORT) {
            return Optional.empty();
        }
        String path = parts.group(4) == null ? "/" : parts.group(4);
        return Optional.of(new Target(tls, parts.group(2), port, path.startsWith("/") ? path : "/" + path));
    }

    /** When its signature ends, by its own query ({@code X-Amz-Date} and {@code X-Amz-Expires}). */
    public Optional<Instant> expires() {
        Matcher at = SIGNED_AT.matcher(text);
        Matcher seconds = VALID_FOR.matcher(text);
        if (!at.find() || !seconds.find()) {
            return Optional.empty();
        }
        try {
            Instant signed = LocalDateTime.parse(at.group(1), BASIC).toInstant(ZoneOffset.UTC);
            return Optional.of(signed.plus(Duration.ofSeconds(Long.parseLong(seconds.group(1)))));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** Without what must not be shown. */
    @Override
    public String toString() {
        return target().map(Target::toString).orElse("(an address of " + text.length() + " characters)");
    }
}
