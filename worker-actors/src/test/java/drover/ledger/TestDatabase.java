package drover.ledger;

import java.nio.file.Path;

/** Where a ledger may be kept. */
enum TestDatabase {
    H2,
    POSTGRESQL;

    /** An empty place for a ledger. */
    LedgerSettings fresh(Path folder, Postgres server) {
        return switch (this) {
            case H2 -> LedgerSettings.h2In(folder);
            case POSTGRESQL -> server.fresh();
        };
    }
}
