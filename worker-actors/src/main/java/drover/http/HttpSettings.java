package drover.http;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where and how the public API listens.
 *
 * @param host name or address to listen on
 * @param port TCP port; 0 takes a free one
 * @param token bearer token that every caller must show; never printed
 * @param tenants tokens that say whose jobs a request is about; then {@code token} stands for the default tenant
 * @param maxBody longest request body, in bytes
 * @param limits what a request may ask for
 * @param answerTimeout how long a body may take to arrive, and then ledger and board to answer
 * @param keepAlive pause after which a silent event stream gets a comment
 * @param eventBuffer how many progress events are kept for a slow reader before the oldest are dropped
 */
public record HttpSettings(
        String host,
        int port,
        Optional<String> token,
        List<TenantToken> tenants,
        long maxBody,
        RequestLimits limits,
        Duration answerTimeout,
        Duration keepAlive,
        int eventBuffer) {
    public static final String DEFAULT_HOST = "127.0.0.1";
    public static final int DEFAULT_PORT = 7860;
    public static final long DEFAULT_MAX_BODY = 16L << 20;
    public static final Duration DEFAULT_ANSWER_TIMEOUT = Duration.ofSeconds(10);
    public static final Duration DEFAULT_KEEP_ALIVE = Duration.ofSeconds(15);
    public static final int DEFAULT_EVENT_BUFFER = 64;
    static final int MIN_TOKEN = 16;

    public HttpSettings {
        tenants = List.copyOf(tenants);
        require(port >= 0 && port <= 65535, "port", "0 to 65535", port);
        require(maxBody >= 1024 && maxBody <= 1L << 30, "max-body", "1 KiB to 1 GiB", maxBody);
        require(answerTimeout.isPositive(), "answer-timeout", "more than nothing", answerTimeout);
        require(keepAlive.isPositive(), "keep-alive", "more than nothing", keepAlive);
        require(eventBuffer >= 1 && eventBuffer <= 100_000, "event-buffer", "1 to 100000", eventBuffer);
        require(
                token.isEmpty() || token.get().strip().length() >= MIN_TOKEN,
                "token",
                "at least " + MIN_TOKEN + " characters, or empty for none",
                "shorter");
        Exposure.require(host, token.isPresent() || !tenants.isEmpty(), "drover.http.token");
    }

    /** Defaults on this loopback port, without a token. */
    public static HttpSettings onLoopback(int port) {
        return new HttpSettings(
                DEFAULT_HOST,
                port,
                Optional.empty(),
                List.of(),
                DEFAULT_MAX_BODY,
                RequestLimits.DEFAULTS,
                DEFAULT_ANSWER_TIMEOUT,
                DEFAULT_KEEP_ALIVE,
                DEFAULT_EVENT_BUFFER);
    }

    private static void require(boolean holds, String key, String expected, Object found) {
        if (!holds) {
            throw new IllegalArgumentException("http " + key + " must be " + expected + ", but was " + found);
        }
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "HttpSettings[" + host + ":" + port + (token.isPresent() ? ", with token" : ", no token") + ", "
                + tenants.size() + " tenants]";
    }
}
