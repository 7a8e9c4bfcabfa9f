package drover.http;

import drover.digest.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;

/** The token that callers must show. Only its hash is kept, and comparing takes the same time for any wrong token. */
public final class BearerToken {
    private static final String SCHEME = "bearer ";

    private final Optional<byte[]> expected;

    /** The token to show; empty lets everybody in. */
    public BearerToken(Optional<String> token) {
        this.expected = token.map(t -> hash(t.strip()));
    }

    /** Whether this {@code Authorization} header, if any, opens the door. */
    public boolean admits(Optional<String> authorization) {
        if (expected.isEmpty()) {
            return true;
        }
        String given = authorization
                .filter(header -> header.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
                .map(header -> header.substring(SCHEME.length()).strip())
                .orElse("");
        return MessageDigest.isEqual(expected.get(), hash(given));
    }

    private static byte[] hash(String token) {
        return Sha256.begin().digest(token.getBytes(StandardCharsets.UTF_8));
    }
}
