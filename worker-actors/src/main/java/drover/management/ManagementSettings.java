package drover.management;

import drover.http.Exposure;
import java.util.Map;
import java.util.Optional;

/**
 * Where the operator's API listens.
 *
 * @param host name or address to listen on; anything but loopback needs a token
 * @param port TCP port; 0 takes a free one
 * @param token bearer token of a caller without a name; never printed
 * @param operators bearer token of each caller with a name; without any and without a token, nobody has to show one
 */
public record ManagementSettings(String host, int port, Optional<String> token, Map<String, String> operators) {
    public ManagementSettings {
        operators = Map.copyOf(operators);
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("management port must be 0 to 65535, but was " + port);
        }
        Exposure.require(host, isGuarded(token, operators), "drover.management.token or operators");
    }

    /** Whether callers have to show a token. */
    boolean isGuarded() {
        return isGuarded(token, operators);
    }

    private static boolean isGuarded(Optional<String> token, Map<String, String> operators) {
        return token.isPresent() || !operators.isEmpty();
    }

    /** Without the tokens. */
    @Override
    public String toString() {
        return "ManagementSettings[" + host + ":" + port + (isGuarded() ? ", with token" : ", no token") + ", "
                + operators.keySet().stream().sorted().toList() + "]";
    }
}
