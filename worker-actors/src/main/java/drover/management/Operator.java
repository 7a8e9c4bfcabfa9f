package drover.management;

import java.util.Optional;

/**
 * Who asks for something.
 *
 * @param name of the token that was shown; {@value #COMMON} for the one without a name, {@value #LOOPBACK} where none is
 *     asked for; or the signal of the operating system, such as {@code SIGHUP}
 * @param remote the address that the request came from, if it came from one
 */
public record Operator(String name, Optional<String> remote) {
    static final String COMMON = "token";
    static final String LOOPBACK = "loopback";
}
