package drover.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;

/** The job database of a run: a server of its own, or a schema of its own on a server that is there already. */
final class Database implements AutoCloseable {
    private final Optional<PostgresServer> own;
    private final String server;
    private final String user;
    private final Optional<String> password;
    private final Optional<String> schema;

    private Database(
            Optional<PostgresServer> own,
            String server,
            String user,
            Optional<String> password,
            Optional<String> schema) {
        this.own = own;
        this.server = server;
        this.user = user;
        this.password = password;
        this.schema = schema;
    }

    /** A server of its own with its files in this folder, at this address. */
    static Database own(Path folder, String address) throws IOException {
        PostgresServer server = new PostgresServer(folder, address);
        server.start();
        return new Database(Optional.of(server), server.url(), PostgresServer.USER, Optional.empty(), Optional.empty());
    }

    /** A new schema of this name. */
    static Database given(String url, String user, Optional<String> password, String schema) throws SQLException {
        Database database = new Database(Optional.empty(), url, user, password, Optional.of(schema));
        database.execute("CREATE SCHEMA " + schema);
        return database;
    }

    /** For the hosts. */
    String url() {
        return schema.map(name -> server + (server.contains("?") ? "&" : "?") + "currentSchema=" + name)
                .orElse(server);
    }

    String user() {
        return user;
    }

    /** Whether it can be ended, killed and started. */
    boolean isOwn() {
        return own.isPresent();
    }

    void start() throws IOException {
        own.orElseThrow().start();
    }

    void stop() throws IOException {
        own.orElseThrow().stop();
    }

    void kill() throws IOException {
        own.orElseThrow().kill();
    }

    boolean isRunning() {
        return own.isEmpty() || own.get().isRunning();
    }

    Connection connect() throws SQLException {
        Properties properties = new Properties();
        if (!user.isEmpty()) {
            properties.setProperty("user", user);
        }
        password.ifPresent(secret -> properties.setProperty("password", secret));
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("socketTimeout", "60");
        return DriverManager.getConnection(url(), properties);
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws IOException {
        if (own.isPresent()) {
            own.get().close();
        } else {
            try {
                execute("DROP SCHEMA " + schema.orElseThrow() + " CASCADE");
            } catch (SQLException e) {
                throw new IOException(
                        "the schema " + schema.orElseThrow() + " cannot be removed: " + e.getMessage(), e);
            }
        }
    }
}
