package drover.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import drover.client.DroverClient;
import drover.client.DroverException;
import drover.client.JobRequest;
import drover.client.JobView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A control host and one that only has nodes, each in its own network namespace, and the cable between them. */
@Tag("processes")
class LinkCutTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String TOKEN = "link-cut-test-token";
    private static final int CONTROL = 0;
    private static final int JOINED = 1;

    @TempDir
    Path folder;

    private Optional<Namespaces> network = Optional.empty();
    private List<Host> hosts = List.of();

    @BeforeEach
    void onlyWhereTheMachineAllowsIt() {
        Optional<String> obstacle = Namespaces.obstacle();
        assumeTrue(obstacle.isEmpty(), obstacle::orElseThrow);
    }

    @AfterEach
    void reap() throws IOException {
        hosts.forEach(Host::killAll);
        await().atMost(PATIENCE)
                .until(() -> hosts.stream().allMatch(host -> host.processes().isEmpty()));
        if (network.isPresent()) {
            network.get().close();
        }
    }

    @Test
    void aShortCutCostsNothingAndAfterALongOneTheStepIsEndedAndTheJobRunsElsewhere() throws Exception {
        Namespaces cables = Namespaces.create(2);
        network = Optional.of(cables);
        Host control = new Host("control", folder("control"), cables, CONTROL, List.of("up"), System::nanoTime);
        Host joined = new Host(
                "joined",
                folder("joined"),
                cables,
                JOINED,
                List.of("node", "--gpu", "cpu", "--join", control.seed()),
                System::nanoTime);
        hosts = List.of(control, joined);
        control.configure(configuration(control, 400));
        joined.configure(configuration(joined, 100));
        control.start();
        awaitLog(control, "ready: jobs at");
        try (DroverClient client = new DroverClient(control.door(), Optional.of(TOKEN))) {
            String busy = submit(client, 150);
            await().atMost(PATIENCE).until(() -> isRunning(client, busy, "cpu0"));
            joined.start();
            awaitLog(joined, "ready: taking work from");
            String there = "cpu0@" + cables.address(JOINED);
            String first = submit(client, 30);
            await().atMost(PATIENCE).until(() -> isRunning(client, first, there));

            cables.cut(JOINED);
            String second = submit(client, 100);
            cables.mend(JOINED);

            JobView after = awaitEnd(client, first);
            assertThat(after.state()).isEqualTo("delivered");
            assertThat(after.attempts()).hasSize(1);
            await().atMost(PATIENCE).until(() -> isRunning(client, second, there));

            cables.cut(JOINED);

            awaitLog(joined, "ended in good order");
            await().atMost(PATIENCE).until(() -> !joined.isAlive());
            assertThat(joined.hasSaid("the other hosts have removed this one")).isTrue();
            client.cancel(busy);
            await().atMost(PATIENCE).until(() -> isRunning(client, second, "cpu0"));
            assertThat(client.job(second).attempts())
                    .extracting(JobView.AttemptView::node)
                    .containsExactly(there, "cpu0");

            cables.mend(JOINED);
            String third = submit(client, 5);
            await().atMost(PATIENCE).until(() -> {
                joined.supervise();
                return client.job(third).ended();
            });
            assertThat(client.job(third).attempts())
                    .extracting(JobView.AttemptView::node)
                    .containsExactly(there);
            assertThat(joined.starts()).isEqualTo(2);
        }
    }

    private Path folder(String name) throws IOException {
        return Files.createDirectories(folder.resolve(name));
    }

    private String configuration(Host host, int stepMillis) {
        return """
                assets-dir = "%s"
                %s
                http.token = %s
                cluster { unreachable-after = 2s, remove-after = 1s }
                nodes { gpus = [cpu], heap = 128m }
                fault { load-time = 10ms, encode-time = 1ms, step-time = %dms, decode-time = 1ms }
                """.formatted(folder.resolve("assets"), host.http(), TOKEN, stepMillis);
    }

    private static String submit(DroverClient client, int steps) throws DroverException, InterruptedException {
        return client.submit(JobRequest.of("a cat").steps(steps).seed(1).build(), Optional.empty())
                .id();
    }

    private static boolean isRunning(DroverClient client, String id, String node)
            throws DroverException, InterruptedException {
        JobView job = client.job(id);
        return job.state().equals("running") && job.attempts().getLast().node().equals(node);
    }

    private static JobView awaitEnd(DroverClient client, String id) throws DroverException, InterruptedException {
        await().atMost(PATIENCE).until(() -> client.job(id).ended());
        return client.job(id);
    }

    private static void awaitLog(Host host, String text) {
        await().atMost(PATIENCE).until(() -> {
            if (!host.isAlive() && !host.hasSaid(text)) {
                throw new AssertionError(Files.readString(host.log()));
            }
            return host.hasSaid(text);
        });
    }
}
