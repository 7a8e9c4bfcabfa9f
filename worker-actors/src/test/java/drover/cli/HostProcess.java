package drover.cli;

import static org.awaitility.Awaitility.await;

import drover.client.DroverClient;
import drover.client.DroverException;
import drover.client.JobRequest;
import drover.client.JobView;
import drover.ledger.LedgerSettings;
import drover.process.JavaCommand;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** One host of a cluster, as a process with its own loopback address, data folder and node. */
final class HostProcess implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Begins a command line: what a shell or nohup had this process ignore, the child shall hear. */
    static final List<String> DEFAULT_SIGNALS = List.of("env", "--default-signal=HUP,INT,TERM");

    final String address;
    final int clusterPort;
    final Path home;
    private final int httpPort;
    private final DroverClient client;
    private final List<ProcessHandle> started = new CopyOnWriteArrayList<>();
    private Optional<Process> process = Optional.empty();

    HostProcess(Path folder, String address) throws IOException {
        this.address = address;
        this.home = Files.createDirectories(folder.resolve(address));
        this.clusterPort = freePort(address);
        this.httpPort = freePort("127.0.0.1");
        this.client = new DroverClient(URI.create("http://127.0.0.1:" + httpPort), Optional.empty());
    }

    String seed() {
        return address + ":" + clusterPort;
    }

    /** Writes its configuration; every host has the same but for its address and ports. */
    void configure(Path assets, LedgerSettings ledger, List<String> seeds) throws IOException {
        configure(assets, """
                cluster.seeds = ["%s"]
                ledger { url = "%s", user = "%s" }
                """.formatted(String.join("\", \"", seeds), ledger.url(), ledger.user()));
    }

    /** Writes its configuration. */
    void configure(Path assets, String more) throws IOException {
        Files.writeString(home.resolve("drover.conf"), """
                drover {
                  engine = fault
                  assets-dir = "%s"
                  http.port = %d
                  management.port = 0
                  nodes { gpus = [cpu], heap = 128m }
                  fault { load-time = 10ms, encode-time = 1ms, step-time = 20ms, decode-time = 1ms }
                  cluster { host = "%s", port = %d }
                  %s
                }
                """.formatted(assets, httpPort, address, clusterPort, more));
    }

    /** The same host with no GPU. */
    HostProcess withoutGpus() throws IOException {
        Files.writeString(home.resolve("drover.conf"), "drover.nodes.gpus = none", StandardOpenOption.APPEND);
        return this;
    }

    String address() {
        return address;
    }

    /** Starts it with these words after {@code drover}. */
    void start(String... command) throws IOException {
        List<String> line = new ArrayList<>(DEFAULT_SIGNALS);
        List<String> words = new ArrayList<>(List.of(command));
        words.addAll(List.of("--config", home.resolve("drover.conf").toString()));
        line.addAll(JavaCommand.drover(words)
                .withHeap("256m")
                .with("-XX:TieredStopAtLevel=1")
                .line());
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().put("DROVER_HOME", home.toString());
        builder.redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(home.resolve("up.log").toFile()));
        Process next = builder.start();
        process = Optional.of(next);
        started.add(next.toHandle());
    }

    /** Withdraws a job. */
    void cancel(String job) throws Exception {
        client.cancel(job);
    }

    /** Waits for a line of its log. */
    void awaitLog(String text) {
        await().atMost(PATIENCE).until(() -> {
            if (!process.orElseThrow().isAlive()) {
                throw new AssertionError(log());
            }
            return log().contains(text);
        });
    }

    String log() throws IOException {
        Path file = home.resolve("up.log");
        return Files.exists(file) ? Files.readString(file) : "";
    }

    /** Kills it, and knows its children, which have to end by themselves. */
    void kill() {
        remember();
        process.orElseThrow().destroyForcibly();
    }

    /** Ends it in good order. */
    int end() throws InterruptedException {
        remember();
        Process ending = process.orElseThrow();
        ending.destroy();
        if (!ending.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("it does not end");
        }
        return ending.exitValue();
    }

    /** Sends it a signal. */
    void signal(String name) throws IOException, InterruptedException {
        remember();
        long pid = process.orElseThrow().pid();
        new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    }

    /** Its own processes, such as that of its GPU, as they are now. */
    List<ProcessHandle> children() {
        remember();
        return process.stream().flatMap(Process::descendants).toList();
    }

    /** What it has used of the processors so far, without its children. */
    Duration processorTime() {
        return process.orElseThrow().info().totalCpuDuration().orElseThrow();
    }

    /** Waits for it to end by itself. */
    int awaitEnd() throws InterruptedException {
        if (!process.orElseThrow().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("it does not end");
        }
        return process.get().exitValue();
    }

    private void remember() {
        process.ifPresent(p -> started.addAll(p.descendants().toList()));
    }

    /** Submits until it is accepted: an answer 503 is a promise that nothing has been taken on. */
    String submit(String prompt, int steps) {
        String key = UUID.randomUUID().toString();
        List<String> accepted = new ArrayList<>();
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).until(() -> {
            try {
                accepted.add(
                        client.submit(JobRequest.of(prompt).steps(steps).seed(1).build(), Optional.of(key))
                                .id());
                return true;
            } catch (DroverException e) {
                return false;
            }
        });
        return accepted.getFirst();
    }

    /** The job, if it can be read now. */
    Optional<JobView> job(String id) throws InterruptedException {
        try {
            return Optional.of(client.job(id));
        } catch (DroverException e) {
            return Optional.empty();
        }
    }

    DroverClient client() {
        return client;
    }

    @Override
    public void close() {
        remember();
        started.forEach(ProcessHandle::destroyForcibly);
        await().atMost(PATIENCE).until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
        client.close();
    }

    private static int freePort(String address) throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(address))) {
            return socket.getLocalPort();
        }
    }
}
