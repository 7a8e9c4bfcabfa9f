package drover.chaos;

import java.io.IOException;
import java.util.List;

/** What several hosts on one machine have between them. */
public sealed interface Network extends AutoCloseable permits Namespaces, Loopback {
    /** An address of this machine that every host reaches while its link holds, for what all of them need. */
    String gateway();

    /**
     * A host's own address.
     *
     * @param host from 0
     */
    String address(int host);

    /** The command that runs this one on that host. */
    List<String> on(int host, List<String> command);

    /** Whether links can be cut. */
    boolean hasLinks();

    /**
     * Cuts a host off from all others and from the gateway.
     *
     * @throws UnsupportedOperationException if there are no links
     */
    void cut(int host) throws IOException;

    /** Undoes {@link #cut}; without effect on a link that holds. */
    void mend(int host) throws IOException;

    /** Removes what has been set up. Processes on the hosts must have ended. */
    @Override
    void close() throws IOException;
}
