package drover.ledger;

import java.util.Optional;

/**
 * On whose behalf a ledger is opened, where several hosts take turns at a database.
 *
 * @param host names this host to the database and to other hosts
 * @param removed the host whose turn it was, if the others have given it up. Should it still hold the database, because
 *     it is frozen or its network is cut, it is made to let go: it can write no more once its connection has been ended
 */
public record Tenure(String host, Optional<String> removed) {
    /** The only host there is. */
    public static final Tenure ALONE = new Tenure("", Optional.empty());

    /** The longest name that PostgreSQL keeps of a connection. */
    private static final int MAX_NAME = 63;

    /** What the connection of a host is called. */
    static String nameOf(String host) {
        String name = host.isEmpty() ? "drover" : "drover " + host;
        return name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME);
    }
}
