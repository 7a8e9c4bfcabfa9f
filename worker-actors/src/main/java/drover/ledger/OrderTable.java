package drover.ledger;

import com.fasterxml.jackson.core.type.TypeReference;
import drover.inference.JobId;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.RowMapper;

/** The statements of {@link OrderBook}. */
final class OrderTable {
    private static final String COLUMNS = "SELECT job_id, source, model, taken_at, answer_by, body, parts FROM orders";

    /** Served by the index on closed and taken_at. */
    static final String OPEN = COLUMNS + " WHERE closed = FALSE ORDER BY taken_at, job_id";

    private static final RowMapper<Order> ORDER = (rs, ctx) -> new Order(
            new JobId(rs.getString("job_id")),
            rs.getString("source"),
            rs.getString("model"),
            rs.getObject("taken_at", OffsetDateTime.class).toInstant(),
            rs.getObject("answer_by", OffsetDateTime.class).toInstant(),
            rs.getString("body"),
            LedgerJson.read(rs.getString("parts"), new TypeReference<List<Order.Part>>() {}));

    private OrderTable() {}

    /** Writes orders as they are now. Safe to repeat: what an order earned is counted when it is closed, once. */
    static void keep(WriterConnection connection, Collection<Order> orders) throws SQLException {
        for (Order order : orders) {
            boolean closing = order.isClosed();
            PreparedStatement update = connection.prepare(
                    "UPDATE orders SET parts = ?, closed = ?, body = ? WHERE job_id = ? AND closed = FALSE");
            update.setString(1, LedgerJson.write(order.parts()));
            update.setBoolean(2, closing);
            update.setString(3, closing ? "" : order.body());
            update.setString(4, order.job().value());
            if ((update.executeUpdate() > 0 || insert(connection, order)) && closing) {
                earn(connection, order);
            }
        }
    }

    /** Writes an order that has just come, unless it is there already, however far it has come. */
    static void begin(WriterConnection connection, Order order) throws SQLException {
        insert(connection, order);
    }

    /** False if it is there already. */
    private static boolean insert(WriterConnection connection, Order order) throws SQLException {
        PreparedStatement find = connection.prepare("SELECT 1 FROM orders WHERE job_id = ?");
        find.setString(1, order.job().value());
        try (var found = find.executeQuery()) {
            if (found.next()) {
                return false;
            }
        }
        PreparedStatement insert = connection.prepare(
                "INSERT INTO orders (job_id, source, model, taken_at, answer_by, closed, body, parts)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        insert.setString(1, order.job().value());
        insert.setString(2, LedgerJson.column(order.source()));
        insert.setString(3, LedgerJson.column(order.model()));
        insert.setObject(4, order.taken().atOffset(ZoneOffset.UTC));
        insert.setObject(5, order.answerBy().atOffset(ZoneOffset.UTC));
        insert.setBoolean(6, order.isClosed());
        insert.setString(7, order.isClosed() ? "" : order.body().replace('\0', '\uFFFD'));
        insert.setString(8, LedgerJson.write(order.parts()));
        insert.executeUpdate();
        return true;
    }

    private static void earn(WriterConnection connection, Order order) throws SQLException {
        long good = order.count(Order.Outcome.GOOD);
        long failed = (long) order.count(Order.Outcome.FAILED) + order.count(Order.Outcome.LATE);
        PreparedStatement add = connection.prepare("UPDATE earnings SET good = good + ?, failed = failed + ?,"
                + " reward = reward + ? WHERE source = ? AND model = ?");
        PreparedStatement first =
                connection.prepare("INSERT INTO earnings (good, failed, reward, source, model) VALUES (?, ?, ?, ?, ?)");
        for (PreparedStatement statement : List.of(add, first)) {
            statement.setLong(1, good);
            statement.setLong(2, failed);
            statement.setDouble(3, order.reward());
            statement.setString(4, LedgerJson.column(order.source()));
            statement.setString(5, LedgerJson.column(order.model()));
            if (statement.executeUpdate() > 0) {
                return;
            }
        }
    }

    /** Forgets orders that were closed and are older. */
    static void prune(WriterConnection connection, Instant before) throws SQLException {
        PreparedStatement delete = connection.prepare("DELETE FROM orders WHERE closed = TRUE AND taken_at < ?");
        delete.setObject(1, before.atOffset(ZoneOffset.UTC));
        delete.executeUpdate();
    }

    static List<Order> open(Jdbi jdbi) {
        return jdbi.withHandle(handle -> handle.createQuery(OPEN).map(ORDER).list());
    }

    static Optional<Order> find(Jdbi jdbi, JobId job) {
        return jdbi.withHandle(handle -> handle.createQuery(COLUMNS + " WHERE job_id = :job")
                .bind("job", job.value())
                .map(ORDER)
                .findOne());
    }

    static List<Earning> earnings(Jdbi jdbi) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT source, model, good, failed, reward FROM earnings ORDER BY source, model")
                .map((rs, ctx) -> new Earning(
                        rs.getString("source"),
                        rs.getString("model"),
                        rs.getLong("good"),
                        rs.getLong("failed"),
                        rs.getDouble("reward")))
                .list());
    }
}
