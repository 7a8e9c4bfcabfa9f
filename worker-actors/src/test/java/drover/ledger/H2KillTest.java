package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import drover.process.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What H2 has forced to the disk is there after a kill, also when space of its file is used again. Version 2.5.252 forgets
 * to say in the file's header where it goes on then, and opens the file as it was before: commits are lost. It uses space
 * again after 10 s; here that is shortened.
 */
@Tag("processes")
class H2KillTest {
    private static final int KILLS = 6;

    @TempDir
    private Path folder;

    /** Commits until it is killed, and says so for each commit. */
    static final class Child {
        public static void main(String[] args) throws SQLException {
            PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
            try (Connection connection = open(Path.of(args[0]));
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY, body VARCHAR)");
                connection.setAutoCommit(false);
                int last = last(connection);
                H2Housekeeping housekeeping = H2Housekeeping.of(connection);
                try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?)");
                        PreparedStatement update = connection.prepareStatement("UPDATE t SET body = ? WHERE id = ?")) {
                    for (int id = last + 1; id <= last + 10_000; id++) {
                        insert.setInt(1, id);
                        insert.setString(2, "x".repeat(500));
                        insert.executeUpdate();
                        commit(connection, housekeeping);
                        out.println(id);
                        update.setString(1, "y".repeat(700));
                        update.setInt(2, id);
                        update.executeUpdate();
                        commit(connection, housekeeping);
                    }
                }
            }
        }

        private static void commit(Connection connection, H2Housekeeping housekeeping) throws SQLException {
            housekeeping.committing();
            connection.commit();
            Dialect.H2.force(connection);
            if (housekeeping.isDue()) {
                housekeeping.run();
            }
        }
    }

    private static Connection open(Path folder) throws SQLException {
        LedgerSettings settings = LedgerSettings.h2In(folder);
        return DriverManager.getConnection(
                Dialect.H2.address(settings.url() + ";RETENTION_TIME=100"), Dialect.H2.properties(settings));
    }

    private static int last(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT COALESCE(MAX(id), 0) FROM t")) {
            found.next();
            return found.getInt(1);
        }
    }

    @Test
    @Timeout(120)
    void whatWasForcedIsThereAfterEachKill() throws Exception {
        int committed = 0;
        for (int kill = 1; kill <= KILLS; kill++) {
            Process child = new ProcessBuilder(
                            JavaCommand.of(Child.class, folder.toString()).line())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
                int enough = committed + 100 + 37 * kill;
                String line = out.readLine();
                while (line != null) {
                    committed = Integer.parseInt(line);
                    if (committed >= enough) {
                        child.destroyForcibly();
                    }
                    line = out.readLine();
                }
            } catch (IOException e) {
                // The kill has closed what it was read from.
            } finally {
                child.destroyForcibly();
                assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
            }
            try (Connection connection = open(folder)) {
                assertThat(last(connection)).as("after kill %s", kill).isGreaterThanOrEqualTo(committed);
            }
        }
    }
}
