package drover.ledger;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A real PostgreSQL server on a free port of loopback. It is started when it is first needed and ends with its owner. A
 * server refuses to run as root; then its library starts it in a user namespace of its own.
 */
public final class Postgres implements AutoCloseable {
    private final Path folder;
    private final AtomicInteger schemas = new AtomicInteger();
    private @Nullable EmbeddedPostgres running;
    private int port;

    private Postgres(Path folder) {
        this.folder = folder;
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
    synchronized void start() {
        if (running != null) {
            return;
        }
        boolean root = System.getProperty("user.name").equals("root");
        assumeTrue(
                !root || LinuxUtils.isUnshareAvailable(),
                "PostgreSQL does not run as root, and this machine allows no user namespace");
        try {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setDataDirectory(folder.resolve("data"))
                    .setOverrideWorkingDirectory(
                            Path.of(System.getProperty("java.io.tmpdir"), "drover-postgres-binaries")
                                    .toFile())
                    .setCleanDataDirectory(false)
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setLocaleConfig("locale", "C")
                    .setServerConfig("listen_addresses", "127.0.0.1")
                    .setServerConfig("max_connections", "50");
            if (port != 0) {
                builder.setPort(port);
            }
            running = builder.start();
            port = running.getPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the server and every connection to it; what is in it stays. */
    synchronized void stop() {
        if (running != null) {
            try {
                running.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            running = null;
        }
    }

    /** An empty place for a ledger. */
    public LedgerSettings fresh() {
        start();
        String schema = "ledger" + schemas.incrementAndGet();
        execute("CREATE SCHEMA " + schema);
        return LedgerSettings.at(url() + "?currentSchema=" + schema).withUser("postgres");
    }

    /** Has the server do something. */
    void execute(String sql) {
        try (Connection connection = DriverManager.getConnection(url(), "postgres", "");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private String url() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
    }

    @Override
    public void close() {
        stop();
    }
}
