package drover.chaos;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** Everything that a run sets up, and takes down again whatever has happened. */
final class World implements AutoCloseable {
    private static final String RESULTS_SIZE = "256m";
    private static final String DATA_SIZE = "16m";
    private static final Duration REAPING = Duration.ofSeconds(10);

    private final Cast cast;
    private final List<String> notes = new ArrayList<>();
    private final Deque<Closing> closings = new ArrayDeque<>();
    private final List<Host> hosts = new ArrayList<>();
    private final List<String> tokens = List.of(token(), token());
    private final Map<Integer, Disk> disks = new TreeMap<>();
    private final Premises premises;
    private final Network network;
    private final Database database;
    private final Path results;
    private Optional<Disk> resultsDisk = Optional.empty();

    private interface Closing {
        void close() throws IOException;
    }

    private World(ChaosSettings settings) throws IOException, SQLException {
        this.cast = settings.cast();
        boolean done = false;
        try {
            this.premises = Premises.in(settings.parent()).begin();
            closings.push(premises::close);
            this.network = network(settings);
            closings.push(network::close);
            this.database = database(settings);
            closings.push(database::close);
            this.results = premises.folder("results");
            for (int number : cast.all().toArray()) {
                hosts.add(host(number));
            }
            setUpDisks();
            closings.push(this::reap);
            String seeds = hosts.stream()
                    .limit(cast.controls())
                    .map(host -> '"' + host.seed() + '"')
                    .collect(Collectors.joining(", ", "[", "]"));
            for (int number : cast.all().toArray()) {
                hosts.get(number).configure(configuration(number, seeds, settings.aotCache()));
            }
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    /** Sets it up, once what earlier runs have left is gone; no host runs yet. */
    static World create(ChaosSettings settings, PrintStream out) throws ChaosException {
        try {
            for (Path folder : Premises.removeRemains(settings.parent())) {
                out.println("removed what an earlier run has left in " + folder);
            }
            if (Namespaces.mayHaveRemains()) {
                Namespaces.removeRemains();
            }
            return new World(settings);
        } catch (IOException | SQLException e) {
            throw new ChaosException(String.valueOf(e.getMessage()), e);
        }
    }

    private Network network(ChaosSettings settings) throws IOException {
        Optional<String> obstacle = settings.database().isPresent()
                ? Optional.of("the hosts have to reach the database that was given")
                : Namespaces.obstacle();
        if (obstacle.isEmpty()) {
            return Namespaces.create(cast.size());
        }
        notes.add("hosts are on loopback addresses, and no links are cut: " + obstacle.get());
        return new Loopback();
    }

    private Database database(ChaosSettings settings) throws IOException, SQLException {
        if (settings.database().isPresent()) {
            notes.add("the database is not restarted: it is not this run's own");
            return Database.given(
                    settings.database().get(),
                    settings.databaseUser(),
                    Optional.ofNullable(System.getenv("DROVER_LEDGER_PASSWORD")),
                    "drover_chaos_" + ProcessHandle.current().pid());
        }
        Optional<String> obstacle = PostgresServer.obstacle();
        if (obstacle.isPresent()) {
            throw new IOException(obstacle.get() + "; name a database with --database");
        }
        return Database.own(premises.folder("postgres"), network.gateway());
    }

    private Host host(int number) throws IOException {
        List<String> command = cast.isControl(number)
                ? List.of("up")
                : List.of(
                        "node",
                        "--gpu",
                        "cpu",
                        "--join",
                        hosts.stream().limit(cast.controls()).map(Host::seed).collect(Collectors.joining(",")));
        return new Host(
                cast.name(number),
                premises.folder("hosts/" + cast.name(number)),
                network,
                number,
                command,
                System::nanoTime);
    }

    private void setUpDisks() throws IOException {
        Optional<String> obstacle = Disk.obstacle(premises.folder("trial"));
        if (obstacle.isPresent()) {
            notes.add("no disk is filled: " + obstacle.get());
            return;
        }
        resultsDisk = Optional.of(mount(results, RESULTS_SIZE));
        for (int number : cast.all().toArray()) {
            disks.put(number, mount(Files.createDirectories(hosts.get(number).dataDir()), DATA_SIZE));
        }
    }

    private Disk mount(Path folder, String size) throws IOException {
        Disk disk = Disk.mount(folder, size);
        closings.push(disk::close);
        return disk;
    }

    /** Faults come faster than in life, so recovery has to be faster, too. */
    private String configuration(int number, String seeds, Optional<Path> aotCache) {
        String common = """
                assets-dir = "%s"
                nodes {
                  gpus = [cpu], heap = 128m, aot-cache = "%s"
                  silence-timeout = 5s, orphan-timeout = 10s, drain-timeout = 15s, sibling-timeout = 3s
                }
                watchdog {
                  inference-step-timeout = 5s, preload-timeout = 15s, encode-timeout = 10s, decode-timeout = 10s
                  upload-timeout = 15s, control-margin = 3s
                }
                recovery {
                  backoff-max = 2s, quarantine-after = 1000
                  max-attempts = 20, return-max = 2s, poison-nodes = 4, poison-repeats = 5
                  model-nodes = 1000, model-cool-down = 10s
                }
                board { suspend-min = 500ms, suspend-max = 3s }
                fault { load-time = 50ms, encode-time = 5ms, step-time = 20ms, decode-time = 5ms, slowest-step = 500ms }
                """.formatted(results, aotCache.map(Path::toString).orElse("off"));
        return !cast.isControl(number)
                ? common
                : common
                        + """
                %s
                cluster.seeds = %s
                http.tenants = [{ name = shop, token = "%s" }, { name = lab, token = "%s" }]
                ledger { url = "%s", user = "%s", connect-timeout = 3s, retry-max = 1s }
                """.formatted(
                                        hosts.get(number).http(),
                                        seeds,
                                        tokens.get(0),
                                        tokens.get(1),
                                        database.url(),
                                        database.user());
    }

    private static String token() {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    List<Host> hosts() {
        return hosts;
    }

    Host host(long number) {
        return hosts.get((int) number);
    }

    Network network() {
        return network;
    }

    Database database() {
        return database;
    }

    /** One for each tenant. */
    List<String> tokens() {
        return tokens;
    }

    Path results() {
        return results;
    }

    Optional<Disk> resultsDisk() {
        return resultsDisk;
    }

    Optional<Disk> diskOf(int host) {
        return Optional.ofNullable(disks.get(host));
    }

    /** What this machine does not allow, and why. */
    List<String> notes() {
        return List.copyOf(notes);
    }

    Path folder() {
        return premises.folder();
    }

    /** The folder is not removed in the end. */
    void keep() throws IOException {
        premises.keep();
    }

    /** Whether any process of any host lives. */
    boolean isPopulated() {
        return !Premises.processesOf(premises.folder().resolve("hosts")).isEmpty();
    }

    private void reap() {
        long end = System.nanoTime() + REAPING.toNanos();
        while (isPopulated() && System.nanoTime() - end < 0) {
            Premises.processesOf(premises.folder().resolve("hosts")).forEach(ProcessHandle::destroyForcibly);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    /** Ends and removes all of it; one failure does not keep the rest. */
    @Override
    public void close() throws IOException {
        IOException failure = null;
        while (!closings.isEmpty()) {
            try {
                closings.pop().close();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
