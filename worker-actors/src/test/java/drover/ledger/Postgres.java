package drover.ledger;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import drover.chaos.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A real PostgreSQL server on a free port of loopback. It is started when it is first needed and ends with its owner.
 */
public final class Postgres implements AutoCloseable {
    private final Path folder;
    private final AtomicInteger schemas = new AtomicInteger();
    private final PostgresServer server;

    private Postgres(Path folder) {
        this.folder = folder;
        this.server = new PostgresServer(folder, "127.0.0.1");
    }

    /** A server whose files lie in this folder. */
    public static Postgres in(Path folder) {
        return new Postgres(folder);
    }

    /** One server for all tests that ask for it; it ends with the last test of the run. */
    public static final class Shared implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Postgres.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(ExtensionContext.Namespace.create(Postgres.class))
                    .getOrComputeIfAbsent(Shared.class, key -> Holder.make(), Holder.class)
                    .server();
        }
    }

    private record Holder(Postgres server) implements AutoCloseable {
        static Holder make() {
            try {
                return new Holder(in(Files.createTempDirectory("drover-postgres")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
            try (Stream<Path> files = Files.walk(server.folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** Starts the server, again with what was in it, unless it runs. */
    void start() {
        Optional<String> obstacle = PostgresServer.obstacle();
        assumeTrue(obstacle.isEmpty(), obstacle::orElseThrow);
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the server and every connection to it; what is in it stays. */
    void stop() {
        try {
            server.stop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An empty place for a ledger. */
    public LedgerSettings fresh() {
        start();
        String schema = "ledger" + schemas.incrementAndGet();
        execute("CREATE SCHEMA " + schema);
        return LedgerSettings.at(server.url() + "?currentSchema=" + schema).withUser(PostgresServer.USER);
    }

    /** Has the server do something. */
    void execute(String sql) {
        try (Connection connection = DriverManager.getConnection(server.url(), PostgresServer.USER, "");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        stop();
    }
}
