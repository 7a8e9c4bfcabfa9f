package drover.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

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

    /** Does something to a ledger behind its back. */
    static void execute(LedgerSettings settings, String sql) throws SQLException {
        Dialect dialect = settings.dialect();
        try (Connection connection =
                        DriverManager.getConnection(dialect.address(settings.url()), dialect.properties(settings));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
