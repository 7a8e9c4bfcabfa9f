package drover.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** The one rule about who may listen where: what has no lock listens on this machine only. */
public final class Exposure {
    private Exposure() {}

    /**
     * What speaks against listening on a host without a lock.
     *
     * @param host name or address
     * @param consequence what to say after "can be reached by other machines", such as what to do
     * @return what is wrong with the host, to be said after its name; empty if nothing is
     */
    public static Optional<String> objection(String host, String consequence) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress()
                    ? Optional.empty()
                    : Optional.of("can be reached by other machines" + consequence);
        } catch (UnknownHostException e) {
            return Optional.of("is not known here; expected a name or address of this machine");
        }
    }

    /** What to do about a port that asks for no token, where this setting would make it ask. */
    public static String withoutToken(String setting) {
        return "; set " + setting + ", or listen on 127.0.0.1";
    }

    /** Refuses a port that other machines would reach, unless it asks for a token. */
    public static void require(String host, boolean guarded, String setting) {
        Optional<String> objection = guarded ? Optional.empty() : objection(host, withoutToken(setting));
        if (objection.isPresent()) {
            throw new IllegalArgumentException("the host " + host + " " + objection.get());
        }
    }
}
