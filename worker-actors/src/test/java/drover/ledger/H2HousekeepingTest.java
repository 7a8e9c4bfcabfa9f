package drover.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2HousekeepingTest {
    private static final int ROWS = 3_000;
    private static final int BODY = 700;
    private static final String TABLE =
            "CREATE TABLE t (id INT PRIMARY KEY, word VARCHAR NOT NULL, body VARCHAR); CREATE INDEX w ON t (word)";

    @TempDir
    Path folder;

    @Test
    void aFileThatIsWrittenToAllTheTimeStaysAboutAsSmallAsWhatIsInIt() throws Exception {
        long kept = written("kept", true);
        long left = written("left", false);

        assertThat(kept).isLessThan(4L * ROWS * BODY).isLessThan(left / 2);
    }

    /** Each row is written, and written again a little later, in a transaction of its own; returns the file's size. */
    private long written(String name, boolean tidied) throws SQLException, IOException {
        LedgerSettings settings = LedgerSettings.h2In(Files.createDirectory(folder.resolve(name)));
        // Nobody pulls the plug here: what is not needed is free at once.
        String url = Dialect.H2.address(settings.url() + ";RETENTION_TIME=0");
        try (Connection connection = DriverManager.getConnection(url, Dialect.H2.properties(settings));
                Statement statement = connection.createStatement()) {
            statement.execute(TABLE);
            connection.setAutoCommit(false);
            H2Housekeeping housekeeping = H2Housekeeping.of(connection);
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?, ?)");
                    PreparedStatement update = connection.prepareStatement("UPDATE t SET body = ? WHERE id = ?")) {
                for (int id = 0; id < ROWS; id++) {
                    insert.setInt(1, id);
                    insert.setString(2, Integer.toHexString(Integer.hashCode(id) * 0x9E3779B1));
                    insert.setString(3, "x".repeat(BODY / 2));
                    insert.executeUpdate();
                    update.setString(1, "y".repeat(BODY));
                    update.setInt(2, id - 50);
                    update.executeUpdate();
                    housekeeping.committing();
                    connection.commit();
                    if (tidied && housekeeping.isDue()) {
                        housekeeping.run();
                    }
                }
            }
            try (ResultSet rows = statement.executeQuery("SELECT COUNT(*), COUNT(DISTINCT word) FROM t")) {
                rows.next();
                assertThat(rows.getInt(1)).isEqualTo(ROWS);
                assertThat(rows.getInt(2)).isEqualTo(ROWS);
            }
            return Files.size(folder.resolve(name).resolve("ledger.mv.db"));
        }
    }
}
