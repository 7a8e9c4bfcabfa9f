package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.client.DroverClient;
import drover.client.DroverException;
import drover.client.JobRequest;
import drover.client.JobView;
import drover.process.JavaCommand;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code drover up} as real processes, with the fault engine: killed, started again, and ended in good order. */
@Tag("processes")
class UpProcessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path home;

    private final List<ProcessHandle> started = new ArrayList<>();
    private int port;

    @BeforeEach
    void configure() throws IOException {
        port = freePort();
        Files.writeString(home.resolve("drover.conf"), """
                drover {
                  engine = fault
                  http.port = %d
                  management.port = 0
                  cluster.port = 0
                  nodes { gpus = [cpu], heap = 128m }
                  fault { load-time = 10ms, encode-time = 1ms, step-time = 20ms, decode-time = 1ms }
                }
                """.formatted(port));
    }

    @AfterEach
    void reap() {
        started.forEach(ProcessHandle::destroyForcibly);
        await().atMost(PATIENCE).until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void jobsOutliveAKilledControlProcessAndItsChildrenDoNot() throws Exception {
        try (DroverClient client = new DroverClient(URI.create("http://127.0.0.1:" + port), Optional.empty())) {
            Process first = up(client);
            List<String> jobs = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                jobs.add(client.submit(
                                JobRequest.of("job " + i).steps(50).seed(i).build(), Optional.empty())
                        .id());
            }
            await().atMost(PATIENCE)
                    .until(() -> client.job(jobs.getFirst()).state().equals("running"));
            List<ProcessHandle> children = first.descendants().toList();
            assertThat(children).hasSize(1);
            started.addAll(children);

            first.destroyForcibly();

            await().atMost(PATIENCE).until(() -> children.stream().noneMatch(ProcessHandle::isAlive));

            Process second = up(client);
            for (String job : jobs) {
                await().atMost(PATIENCE).until(() -> client.job(job).ended());
                JobView ended = client.job(job);
                assertThat(ended.state()).isEqualTo("delivered");
                assertThat(ended.assets()).hasSize(1);
            }
            assertThat(client.job(jobs.getFirst()).attempts()).hasSize(2);

            List<ProcessHandle> last = second.descendants().toList();
            started.addAll(last);
            aReloadedLogLevelReachesTheChild(second);
            second.destroy();
            assertThat(second.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(second.exitValue()).isZero();
            assertThat(last).noneMatch(ProcessHandle::isAlive);
            assertThat(home.resolve("logs").resolve("drover.log"))
                    .content()
                    .contains("SIGHUP: reload configuration: done")
                    .contains("SIGTERM: drain everything: done")
                    .doesNotContain("not in the audit log");
        }
    }

    @Test
    void whoFollowsAPictureSeesPreviewsFromTheNodesProcess() throws Exception {
        Files.writeString(home.resolve("drover.conf"), "drover.fault.step-time = 200ms", StandardOpenOption.APPEND);
        try (DroverClient client = new DroverClient(URI.create("http://127.0.0.1:" + port), Optional.empty());
                HttpClient http = HttpClient.newHttpClient()) {
            Process up = up(client);
            String job = client.submit(
                            JobRequest.of("a red apple").steps(150).seed(1).build(), Optional.empty())
                    .id();
            HttpRequest preview = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + port + "/v1/jobs/" + job + "/preview"))
                    .build();
            await().atMost(PATIENCE).untilAsserted(() -> {
                HttpResponse<InputStream> answer = http.send(preview, HttpResponse.BodyHandlers.ofInputStream());
                try (InputStream body = answer.body()) {
                    assertThat(answer.statusCode()).isEqualTo(200);
                    assertThat(ImageIO.read(body).getWidth()).isEqualTo(32);
                }
            });
            started.addAll(up.descendants().toList());
            client.cancel(job);
            up.destroy();
            assertThat(up.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
    }

    private void aReloadedLogLevelReachesTheChild(Process up) throws Exception {
        Path log = home.resolve("logs").resolve("node-cpu0.log");
        assertThat(log).content().contains("is ready").doesNotContain("log levels are now");
        Files.writeString(home.resolve("drover.conf"), "drover.logging.level = debug", StandardOpenOption.APPEND);
        assertThat(new ProcessBuilder("kill", "-HUP", Long.toString(up.pid()))
                        .start()
                        .waitFor())
                .isZero();
        await().atMost(PATIENCE).until(() -> Files.readString(log).contains("log levels are now {drover=DEBUG}"));
    }

    private Process up(DroverClient client) throws IOException {
        List<String> line = new ArrayList<>(HostProcess.DEFAULT_SIGNALS);
        line.addAll(
                JavaCommand.drover("up", "--config", home.resolve("drover.conf").toString())
                        .withHeap("256m")
                        .line());
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().put("DROVER_HOME", home.toString());
        builder.redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(home.resolve("up.log").toFile()));
        Process process = builder.start();
        started.add(process.toHandle());
        await().atMost(PATIENCE).until(() -> {
            if (!process.isAlive()) {
                throw new AssertionError(Files.readString(home.resolve("up.log")));
            }
            return isHealthy(client);
        });
        return process;
    }

    private static boolean isHealthy(DroverClient client) throws InterruptedException {
        try {
            return client.health().status().equals("ok");
        } catch (DroverException e) {
            return false; // It does not listen so far.
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
