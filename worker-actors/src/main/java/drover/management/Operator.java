package drover.management;

import java.util.Optional;

/**
 * Who asks.
 *
 * @param name of the token that was shown; {@value #COMMON} for the one without a name, {@value #LOOPBACK} where none is
 *     asked for
 * @param remote the address that the request came from
 */
record Operator(String name, Optional<String> remote) {
    static final String COMMON = "token";
    static final String LOOPBACK = "loopback";
}
