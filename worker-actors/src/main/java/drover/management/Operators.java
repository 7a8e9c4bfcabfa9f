package drover.management;

import drover.http.BearerToken;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Tells operators by their tokens. Every token is compared, and each in constant time, whoever it is. */
final class Operators {
    private final boolean guarded;
    private final Optional<BearerToken> common;
    private final Map<String, BearerToken> named = new TreeMap<>();

    Operators(ManagementSettings settings) {
        this.guarded = settings.isGuarded();
        this.common = settings.token().map(token -> new BearerToken(Optional.of(token)));
        settings.operators().forEach((name, token) -> named.put(name, new BearerToken(Optional.of(token))));
    }

    /** The name of whoever shows this {@code Authorization} header; empty if nobody is let in with it. */
    Optional<String> admit(Optional<String> authorization) {
        if (!guarded) {
            return Optional.of(Operator.LOOPBACK);
        }
        Optional<String> name =
                common.filter(token -> token.admits(authorization)).map(token -> Operator.COMMON);
        for (Map.Entry<String, BearerToken> each : named.entrySet()) {
            if (each.getValue().admits(authorization)) {
                name = Optional.of(each.getKey());
            }
        }
        return name;
    }
}
