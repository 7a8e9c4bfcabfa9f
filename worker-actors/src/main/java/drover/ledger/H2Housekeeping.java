package drover.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.MVStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an H2 file about as small as what is in it. Each commit is a chunk of the file; most of it is soon written anew
 * by later ones, and the space of a chunk is free again once nothing in it is needed. H2's own housekeeping, which moves
 * what is left in old chunks, holds everybody up for 0.1 s at a time, so it is off; this does the same in small
 * portions, for as much as was written. Belongs to the writer's thread.
 */
final class H2Housekeeping {
    private static final Logger LOG = LoggerFactory.getLogger(H2Housekeeping.class);
    /** A portion is due for this many bytes written. */
    private static final long PER_BYTES = 512 << 10;
    /** What a portion moves at most. */
    private static final int PORTION_BYTES = 256 << 10;
    /** Nothing is moved while at least so much of the file is needed. */
    private static final int NEEDED_PERCENT = 50;

    private final MVStore store;
    private long written;

    private H2Housekeeping(MVStore store) {
        this.store = store;
    }

    /** For the file that this connection has open. */
    static H2Housekeeping of(Connection connection) throws SQLException {
        SessionLocal session =
                (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
        return new H2Housekeeping(session.getDatabase().getStore().getMvStore());
    }

    /** What has gathered is about to be written. */
    void committing() {
        written += store.getUnsavedMemory();
    }

    boolean isDue() {
        return written >= PER_BYTES;
    }

    /** Moves one portion; it goes to the disk with the next commit. */
    void run() {
        written = 0;
        try {
            store.compact(NEEDED_PERCENT, PORTION_BYTES);
        } catch (RuntimeException e) {
            // The next commit fails for the same reason, and says so.
            LOG.debug("the job database's file cannot be tidied up", e);
        }
    }
}
