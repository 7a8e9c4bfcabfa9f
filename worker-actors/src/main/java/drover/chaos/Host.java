package drover.chaos;

import drover.process.JavaCommand;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * One host: a {@code drover up} or {@code drover node} of this installation, as a process of its own under a supervisor
 * that starts it again a second after it has ended, as systemd does. For one thread.
 */
final class Host {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    /** A host that takes longer to end is killed by its supervisor; systemd waits 90 s. */
    static final Duration END_LIMIT = Duration.ofSeconds(60);

    private static final String LOG = "up.log";

    private final String name;
    private final Path folder;
    private final List<String> command;
    private final Network network;
    private final int number;
    private final String address;
    private final int clusterPort;
    private final int httpPort;
    private final LongSupplier nanoTime;
    private Optional<Process> process = Optional.empty();
    private boolean wanted;
    private boolean ending;
    private long endBy;
    private long startAt;
    private int starts;
    private int killedBySupervisor;
    private Duration clockAhead = Duration.ZERO;
    private String configuration = "";

    /**
     * A host that has not been started.
     *
     * @param folder of its own
     * @param command what it runs after {@code drover}, such as {@code up}; or {@code node}
     */
    Host(String name, Path folder, Network network, int number, List<String> command, LongSupplier nanoTime)
            throws IOException {
        this.name = name;
        this.folder = folder;
        this.network = network;
        this.number = number;
        this.command = List.copyOf(command);
        this.nanoTime = nanoTime;
        this.address = network.address(number);
        // On a network of their own all ports are free; on loopback these are.
        String free = network.hasLinks() ? network.gateway() : address;
        this.clusterPort = freePort(free);
        this.httpPort = freePort(free);
    }

    String name() {
        return name;
    }

    Path folder() {
        return folder;
    }

    Path dataDir() {
        return folder.resolve("data");
    }

    /** Its cluster address. */
    String seed() {
        return address + ":" + clusterPort;
    }

    /** Its public API. */
    URI door() {
        return URI.create("http://" + address + ":" + httpPort);
    }

    /** Where its public API listens, for its configuration. */
    String http() {
        return "http { host = \"" + address + "\", port = " + httpPort + " }";
    }

    /** What its configuration says besides its cluster address, folders and clock. */
    void configure(String more) {
        configuration = more;
    }

    /** From its next start on. */
    void setClock(Duration ahead) {
        clockAhead = ahead;
    }

    /** Starts it, and again whenever it ends, until {@link #end}. */
    void start() throws IOException {
        wanted = true;
        launch();
    }

    private void launch() throws IOException {
        Path file = folder.resolve("drover.conf");
        Files.writeString(file, """
                drover {
                  engine = fault
                  data-dir = "%s"
                  management.port = 0
                  cluster { host = "%s", port = %d, insecure = on }
                  fault.clock-skew = %dms
                  logging.dir = "%s"
                  %s
                }
                """.formatted(
                        dataDir(), address, clusterPort, clockAhead.toMillis(), folder.resolve("logs"), configuration));
        List<String> line = new ArrayList<>();
        if (Tool.exists("setsid")) {
            // Ctrl-C in a terminal is for this command, which ends its hosts in its own order.
            line.add("setsid");
        }
        line.addAll(JavaCommand.drover(Stream.concat(command.stream(), Stream.of("--config", file.toString()))
                        .toList())
                .withHeap("256m")
                // There are many of them and few cores.
                .with("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
                .line());
        ProcessBuilder builder = new ProcessBuilder(network.on(number, line));
        builder.environment().put("DROVER_HOME", folder.toString());
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        process = Optional.of(builder.start());
        ending = false;
        starts++;
    }

    /** Does what is due: call it often. */
    void supervise() throws IOException {
        boolean alive = isAlive();
        long now = nanoTime.getAsLong();
        if (alive && ending && now - endBy >= 0) {
            killedBySupervisor++;
            ending = false;
            process.orElseThrow().destroyForcibly();
        } else if (!alive && wanted && startAt == 0) {
            startAt = now + PAUSE.toNanos();
        } else if (!alive && wanted && now - startAt >= 0) {
            startAt = 0;
            launch();
        }
    }

    /** Whether its log of all starts has this text. */
    boolean hasSaid(String text) throws IOException {
        return Files.exists(log()) && Files.readString(log()).contains(text);
    }

    /** What it has said since its first start. */
    Path log() {
        return folder.resolve(LOG);
    }

    boolean isAlive() {
        return process.filter(Process::isAlive).isPresent();
    }

    /** SIGKILL for its process alone. */
    void kill() {
        process.ifPresent(Process::destroyForcibly);
    }

    /** SIGKILL for every process of it. */
    void killAll() {
        processes().forEach(ProcessHandle::destroyForcibly);
    }

    /** SIGKILL for the processes of its GPU; how many there were. */
    int killNodes() {
        List<ProcessHandle> nodes = nodes();
        nodes.forEach(ProcessHandle::destroyForcibly);
        return nodes.size();
    }

    /** SIGSTOP for the processes of its GPU; how many there were. */
    int freezeNodes() throws IOException {
        List<ProcessHandle> nodes = nodes();
        for (ProcessHandle node : nodes) {
            signal("STOP", node.pid());
        }
        return nodes.size();
    }

    /** SIGSTOP or SIGCONT for its process alone. */
    void signal(String signal) throws IOException {
        if (isAlive()) {
            signal(signal, process.orElseThrow().pid());
        }
    }

    private static void signal(String signal, long pid) throws IOException {
        if (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent()) {
            Tool.run("kill", "-s", signal, Long.toString(pid));
        }
    }

    /** Has it end in good order; its supervisor starts it again. */
    void restart() {
        if (isAlive() && !ending) {
            ending = true;
            endBy = nanoTime.getAsLong() + END_LIMIT.toNanos();
            process.orElseThrow().destroy();
        }
    }

    /** Has it end in good order, for good. */
    void end() {
        wanted = false;
        restart();
    }

    /** Every process of it. */
    List<ProcessHandle> processes() {
        return Premises.processesOf(folder);
    }

    private List<ProcessHandle> nodes() {
        long own = process.map(Process::pid).orElse(-1L);
        return processes().stream().filter(each -> each.pid() != own).toList();
    }

    int starts() {
        return starts;
    }

    /** How often it did not end in time and was killed for it. */
    int killedBySupervisor() {
        return killedBySupervisor;
    }

    /** Its ports on which somebody still listens. */
    List<Integer> openPorts() {
        return Stream.of(clusterPort, httpPort).filter(this::isOpen).toList();
    }

    private boolean isOpen(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), (int) TimeUnit.SECONDS.toMillis(1));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort(String address) throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(address))) {
            return socket.getLocalPort();
        }
    }
}
