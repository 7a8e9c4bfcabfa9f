package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import drover.client.DroverClient;
import drover.client.DroverException;
import drover.client.JobRequest;
import drover.client.JobView;
import drover.client.ManagementClient;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator's commands, from one end to the other: a running Drover with two nodes, told what to do by Alice. */
@Tag("processes")
class OperatingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String ALICE = "alice-alice-alice";

    @TempDir
    Path home;

    private final List<ProcessHandle> started = new ArrayList<>();
    private int port;
    private Process up;

    @BeforeEach
    void start() throws Exception {
        port = freePort();
        Files.createDirectory(home.resolve("conf"));
        Files.writeString(home.resolve("conf").resolve("drover.conf"), """
                drover {
                  engine = fault
                  http.port = %d
                  management { port = %d, token = ${?DROVER_MANAGEMENT_TOKEN}, operators.alice = "%s" }
                  cluster.port = 0
                  nodes { gpus = [cpu, cpu], heap = 128m }
                  fault { load-time = 10ms, encode-time = 1ms, step-time = 100ms, decode-time = 1ms }
                }
                """.formatted(port, freePort(), ALICE));
        ProcessBuilder builder =
                new ProcessBuilder(JavaCommand.drover("up").withHeap("256m").line());
        builder.environment().put("DROVER_HOME", home.toString());
        builder.redirectErrorStream(true).redirectOutput(home.resolve("up.log").toFile());
        up = builder.start();
        started.add(up.toHandle());
    }

    @AfterEach
    void reap() {
        started.addAll(up.descendants().toList());
        started.forEach(ProcessHandle::destroyForcibly);
        await().atMost(PATIENCE).until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void anOperatorRunsItFromTheCommandLine() throws Exception {
        await().atMost(PATIENCE).until(() -> states().equals(List.of("RUNNING", "RUNNING")));
        TestCli stranger = new TestCli(home, Map.of());
        assertThat(stranger.run("nodes", "drain", "cpu0")).isEqualTo(1);
        assertThat(stranger.err()).contains("show a token of drover.management");

        nodesAreDrainedAndQuarantined();
        jobsArePutBackAndCancelled();
        everythingElseIsShownAndSet();
        theReportTellsIt();
        theAuditLogHasItAll();

        assertThat(command("drain").out()).contains("draining");
        assertThat(up.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(up.exitValue()).isZero();
        assertThat(home.resolve("logs").resolve("drover.log"))
                .content()
                .contains("alice (127.0.0.1): node.drain cpu0")
                .contains("alice (127.0.0.1): drain everything: done")
                .doesNotContain(ALICE);
    }

    private void nodesAreDrainedAndQuarantined() {
        command("nodes", "drain", "cpu0", "--reason", "new fans");
        await().atMost(PATIENCE).until(() -> states().equals(List.of("QUARANTINED", "RUNNING")));
        assertThat(command("status").out()).contains("drained by alice: new fans");
        command("nodes", "resume", "cpu0");
        await().atMost(PATIENCE).until(() -> states().equals(List.of("RUNNING", "RUNNING")));
        command("nodes", "quarantine", "cpu1", "--reason", "smells");
        await().atMost(PATIENCE).until(() -> states().equals(List.of("RUNNING", "QUARANTINED")));
        TestCli unknown = cli();
        assertThat(unknown.run("nodes", "release", "gpu7")).isEqualTo(1);
        assertThat(unknown.err()).contains("there is no node gpu7; there are: cpu0, cpu1");
    }

    private void modelsAreWithdrawnAndReleased() {
        assertThat(command("models", "where").out()).contains("emoji-diffusion  cpu0");
        assertThat(command("models", "withdraw", "emoji-diffusion", "--reason", "smears")
                        .out())
                .contains("was withdrawn by alice: smears");
        assertThat(command("models", "where").out()).contains("smears");
        assertThat(command("models", "release", "emoji-diffusion").out()).doesNotContain("smears");
        TestCli twice = cli();
        assertThat(twice.run("models", "release", "emoji-diffusion")).isEqualTo(1);
        assertThat(twice.err()).contains("the model emoji-diffusion is not withdrawn");
        TestCli unknown = cli();
        assertThat(unknown.run("models", "withdraw", "emojo", "--reason", "x")).isEqualTo(1);
        assertThat(unknown.err()).contains("no node has a model emojo");
    }

    private void jobsArePutBackAndCancelled() throws Exception {
        try (DroverClient client = new DroverClient(URI.create("http://127.0.0.1:" + port), Optional.empty())) {
            String job = client.submit(JobRequest.of("long").steps(150).build(), Optional.empty())
                    .id();
            await().atMost(PATIENCE).until(() -> client.job(job).state().equals("running"));
            await().atMost(PATIENCE)
                    .until(() ->
                            command("jobs", "list", "--state", "running").out().contains(job));
            modelsAreWithdrawnAndReleased();

            command("jobs", "requeue", job);
            await().atMost(PATIENCE).until(() -> attempts(client, job) == 2);
            JobView.AttemptView first = client.job(job).attempts().getFirst();
            assertThat(first.outcome()).contains("handed_back");
            await().atMost(PATIENCE).until(() -> client.job(job).state().equals("running"));
            command("nodes", "restart", "cpu0", "--actor", "0");
            await().atMost(PATIENCE).until(() -> attempts(client, job) == 3);

            assertThat(command("jobs", "cancel", job).out()).contains(job + " is cancelled");
            assertThat(client.job(job).state()).isEqualTo("cancelled");
            TestCli late = cli();
            assertThat(late.run("jobs", "requeue", job)).isEqualTo(1);
            assertThat(late.err()).contains("is CANCELLED").contains("order it again as a new job");
            command("nodes", "release", "cpu1");
            await().atMost(PATIENCE).until(() -> states().equals(List.of("RUNNING", "RUNNING")));
        }
    }

    private static int attempts(DroverClient client, String job) throws DroverException, InterruptedException {
        return client.job(job).attempts().size();
    }

    private void everythingElseIsShownAndSet() throws IOException {
        assertThat(command("log-level", "drover.board", "debug").out()).containsPattern("drover.board +DEBUG");
        Path nodeLog = home.resolve("logs").resolve("node-cpu0.log");
        await().atMost(PATIENCE).until(() -> Files.readString(nodeLog).contains("drover.board=DEBUG"));

        Path conf = home.resolve("conf").resolve("drover.conf");
        Files.writeString(conf, "drover.watchdog.decode-timeout = 7s\n", StandardOpenOption.APPEND);
        assertThat(command("reload", "--reason", "decodes slowly").out()).contains("in force");
        assertThat(command("config").out())
                .containsPattern("drover.watchdog.decode-timeout +\"7s\" +" + conf + ":9")
                .containsPattern("drover.http.host +\"127.0.0.1\" +default")
                .containsPattern("drover.management.operators +\\{alice = \\(secret\\)\\} +" + conf + ":4")
                .doesNotContain(ALICE);
    }

    private void theReportTellsIt() throws IOException {
        assertThat(command("report", "--last", "90m").out())
                .contains("3 attempts of 1 jobs ended: 0 succeeded, 0 failed, 3 were interrupted.")
                .contains("Nothing failed.")
                .containsPattern("cpu0 +3 +- ");
        JsonNode report = ManagementClient.json()
                .readTree(command("report", "--json", "--model", "emoji-diffusion")
                        .out());
        assertThat(report.path("total").path("handedBack").asInt()).isEqualTo(2);
        assertThat(report.path("total").path("abandoned").asInt()).isEqualTo(1);
        assertThat(command("report", "--node", "cpu1").out()).contains("No attempt ended in this time on node cpu1.");

        Path page = home.resolve("report.html");
        TestCli cli = cli();
        assertThat(cli.run("report", "--html", page.toString())).as(cli.err()).isZero();
        assertThat(cli.err()).contains("written to " + page);
        assertThat(page).content().startsWith("<!DOCTYPE html>").contains("cpu0");

        assertThat(command("jobs", "list", "--model", "emoji-diffusion").out().lines())
                .hasSize(2);
        assertThat(command("jobs", "list", "--model", "emoji").out().lines()).hasSize(1);
    }

    private void theAuditLogHasItAll() throws IOException {
        JsonNode entries = ManagementClient.json()
                .readTree(command("audit", "--json").out())
                .path("entries");
        assertThat(entries.valueStream()
                        .map(e ->
                                e.path("who").asText() + " " + e.path("action").asText() + " "
                                        + e.path("subject").asText().replaceAll("[0-9a-f-]{36}", "JOB"))
                        .toList()
                        .reversed())
                .containsExactly(
                        "alice node.drain cpu0",
                        "alice node.resume cpu0",
                        "alice node.quarantine cpu1",
                        "alice node.release gpu7",
                        "alice model.withdraw emoji-diffusion",
                        "alice model.release emoji-diffusion",
                        "alice model.release emoji-diffusion",
                        "alice model.withdraw emojo",
                        "alice job.requeue JOB",
                        "alice actor.restart cpu0/0",
                        "alice job.cancel JOB",
                        "alice job.requeue JOB",
                        "alice node.release cpu1",
                        "alice log-levels all processes",
                        "alice reload configuration");
    }

    private List<String> states() throws IOException {
        TestCli cli = cli();
        if (cli.run("status", "--json") != 0) {
            assertThat(up.isAlive())
                    .as(Files.readString(home.resolve("up.log")))
                    .isTrue();
            assertThat(cli.err()).contains("no Drover is running here");
            return List.of(); // It does not listen so far.
        }
        return ManagementClient.json()
                .readTree(cli.out())
                .path("nodes")
                .path("nodes")
                .valueStream()
                .map(node -> node.path("state").asText())
                .toList();
    }

    private TestCli command(String... arguments) {
        TestCli cli = cli();
        assertThat(cli.run(arguments)).as(cli.err()).isZero();
        assertThat(cli.err()).isEmpty();
        return cli;
    }

    private TestCli cli() {
        return new TestCli(home, Map.of("DROVER_MANAGEMENT_TOKEN", ALICE));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
