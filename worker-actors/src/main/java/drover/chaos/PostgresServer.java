package drover.chaos;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL server, with its files in a folder and no password, that can be ended, killed and started again. A
 * server refuses to run as root; then its library starts it in a user namespace of its own.
 */
public final class PostgresServer implements AutoCloseable {
    public static final String USER = "postgres";

    private static final Logger log = LoggerFactory.getLogger(PostgresServer.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    /** A killed server's backends hold on to its memory until they notice. */
    private static final int START_TRIES = 10;

    private static final Duration TRY_PAUSE = Duration.ofMillis(500);

    private final Path folder;
    private final String address;
    private @Nullable EmbeddedPostgres running;
    private int port;

    /**
     * A server that has yet to be started.
     *
     * @param folder of its own; made when it is started
     * @param address where it listens, besides 127.0.0.1; whoever reaches it there needs no password
     */
    public PostgresServer(Path folder, String address) {
        this.folder = folder;
        this.address = address;
    }

    /** Why there can be none on this machine; empty if there can. */
    public static Optional<String> obstacle() {
        boolean root = System.getProperty("user.name").equals("root");
        return root && !LinuxUtils.isUnshareAvailable()
                ? Optional.of("PostgreSQL does not run as root, and this machine allows no user namespace")
                : Optional.empty();
    }

    /** Starts it, again with what was in it, unless it runs. */
    public synchronized void start() throws IOException {
        for (int tries = 1; running == null; tries++) {
            try {
                running = builder().start();
                port = running.getPort();
            } catch (IOException | IllegalStateException e) {
                if (tries == START_TRIES) {
                    throw new IOException("PostgreSQL does not start in " + folder + ": " + e.getMessage(), e);
                }
                log.debug("PostgreSQL did not start; trying again", e);
                LockSupport.parkNanos(TRY_PAUSE.toNanos());
            }
        }
    }

    private EmbeddedPostgres.Builder builder() throws IOException {
        Files.createDirectories(folder);
        Path access = folder.resolve("access.conf");
        Files.writeString(access, """
                local all all trust
                host all all 127.0.0.1/32 trust
                host all all %s/24 trust
                """.formatted(address));
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(folder.resolve("data"))
                .setOverrideWorkingDirectory(Path.of(System.getProperty("java.io.tmpdir"), "drover-postgres-binaries")
                        .toFile())
                .setCleanDataDirectory(false)
                .setPGStartupWait(START_LIMIT)
                .setLocaleConfig("locale", "C")
                .setServerConfig("hba_file", access.toAbsolutePath().toString())
                .setServerConfig(
                        "listen_addresses",
                        address.equals("127.0.0.1") ? address : String.join(",", List.of("127.0.0.1", address)))
                .setServerConfig("max_connections", "100");
        if (port != 0) {
            builder.setPort(port);
        }
        return builder;
    }

    /** Ends it and every connection to it; what is in it stays. */
    public synchronized void stop() throws IOException {
        EmbeddedPostgres ending = running;
        running = null;
        if (ending != null) {
            ending.close();
        }
    }

    /** Kills it with SIGKILL, as a crash would. What was committed stays. */
    public synchronized void kill() throws IOException {
        EmbeddedPostgres killed = running;
        running = null;
        if (killed == null) {
            return;
        }
        long pid = Long.parseLong(Files.readAllLines(folder.resolve("data").resolve("postmaster.pid"))
                .getFirst()
                .strip());
        Optional<ProcessHandle> server = ProcessHandle.of(pid);
        server.ifPresent(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
        killed.close(); // Lets go of the folder.
    }

    public synchronized boolean isRunning() {
        return running != null;
    }

    /** The JDBC address for whoever reaches that address of this machine. */
    public synchronized String url() {
        if (port == 0) {
            throw new IllegalStateException("the server has not been started yet");
        }
        return "jdbc:postgresql://" + address + ":" + port + "/postgres";
    }

    @Override
    public void close() throws IOException {
        stop();
    }
}
