package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** With many finished jobs and few others, nothing that is asked on the hot path or at the start looks at all of them. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
@ExtendWith(Postgres.Shared.class)
class QueryPlanTest {
    private static final int FINISHED = 20_000;

    private final TestDatabase kind;

    @TempDir
    Path folder;

    QueryPlanTest(TestDatabase kind) {
        this.kind = kind;
    }

    @Test
    void nothingScansTheFinishedJobs(Postgres server) throws Exception {
        LedgerSettings settings = kind.fresh(folder, server);
        LedgerDatabase.open(settings).close();
        try (Connection connection = DriverManager.getConnection(settings.url(), settings.user(), "");
                Statement statement = connection.createStatement()) {
            String numbers = kind == TestDatabase.H2
                    ? "(SELECT x AS n FROM SYSTEM_RANGE(1, %d))"
                    : "(SELECT n FROM generate_series(1, %d) AS g (n))";
            statement.execute("INSERT INTO jobs (id, ordinal, state, ended, priority, model, accepted_at, deadline,"
                    + " changed_at, attempts, seq, body) SELECT 'j' || n, n, CASE WHEN n > " + (FINISHED - 10)
                    + " THEN 'QUEUED' ELSE 'DELIVERED' END, n <= " + (FINISHED - 10) + ", 'NORMAL', 'emoji',"
                    + " CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1, 5, '{}' FROM "
                    + String.format(Locale.ROOT, numbers, FINISHED) + " r");
            statement.execute("ANALYZE");

            assertUsesIndex(statement, LedgerDatabase.NEXT_ORDINAL);
            assertUsesIndex(statement, LedgerDatabase.UNFINISHED);
            assertUsesIndex(
                    statement,
                    LedgerDatabase.ENDED
                            .replaceFirst("\\?", "'DELIVERED'")
                            .replaceFirst("\\?", "5")
                            .replace("?", "250"));
            assertUsesIndex(statement, LedgerHistory.FROM_ORDINAL.replace("?", "5"));
            assertUsesIndex(
                    statement, "SELECT body FROM jobs WHERE 1 = 1 AND model = 'rare' ORDER BY ordinal DESC LIMIT 20");
            assertUsesIndex(statement, "SELECT id, ordinal, body FROM jobs WHERE id = ANY (ARRAY['j1', 'j2'])");
            assertUsesIndex(statement, "DELETE FROM jobs WHERE id = ANY (ARRAY['j1', 'j2'])");
        }
    }

    @Test
    void theWriterUsesIndexesOfTablesThatHaveNeverBeenAnalysed(Postgres server) throws Exception {
        LedgerSettings settings = kind.fresh(folder, server);
        LedgerDatabase.open(settings).close();
        try (WriterConnection writer = new WriterConnection(settings, Tenure.ALONE)) {
            writer.lock();
            try (Statement statement = writer.connection().createStatement()) {
                String ten = "ARRAY['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']";
                assertUsesIndex(statement, "SELECT id, ordinal, body FROM jobs WHERE id = ANY (" + ten + ")");
                assertUsesIndex(statement, "SELECT job_id, seq FROM job_events WHERE job_id = ANY (" + ten + ")");
            }
        }
    }

    private void assertUsesIndex(Statement statement, String sql) throws SQLException {
        StringBuilder plan = new StringBuilder();
        try (ResultSet rows = statement.executeQuery("EXPLAIN " + sql)) {
            while (rows.next()) {
                plan.append(rows.getString(1)).append('\n');
            }
        }
        switch (kind) {
            case H2 -> {
                assertThat(plan.toString()).doesNotContain("tableScan");
                assertThat(plan.toString().toUpperCase(Locale.ROOT))
                        .containsAnyOf("PRIMARY_KEY", "JOBS_BY", "INDEX", "DIRECT LOOKUP");
            }
            case POSTGRESQL -> assertThat(plan.toString()).contains("Index").doesNotContain("Seq Scan");
        }
    }
}
