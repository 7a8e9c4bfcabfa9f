package drover.management;

import java.util.Optional;

/**
 * Where the operator's API listens.
 *
 * @param host name or address to listen on; anything but loopback needs a token
 * @param port TCP port; 0 takes a free one
 * @param token bearer token that every caller must show; never printed
 */
public record ManagementSettings(String host, int port, Optional<String> token) {
    public ManagementSettings {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("management port must be 0 to 65535, but was " + port);
        }
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "ManagementSettings[" + host + ":" + port + (token.isPresent() ? ", with token" : ", no token") + "]";
    }
}
