package drover.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import drover.board.JobBoard;
import drover.board.SlotId;
import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.OverviewView;
import drover.client.ReloadView;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.job.AttemptOutcome;
import drover.job.JobEvent;
import drover.ledger.IncidentLog;
import drover.ledger.JobLedger;
import drover.ledger.LedgerStatistics;
import drover.node.ClusterConfig;
import drover.node.GpuDevice;
import drover.node.Membership;
import drover.node.NodeMemory;
import drover.node.NodeReply;
import drover.node.NodeState;
import drover.node.NodeStatus;
import drover.node.NodeSupervisor;
import drover.watchdog.Incident;
import drover.watchdog.Rung;
import drover.watchdog.Watchdog;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The operator's API on a free port, over actors that answer with fixed values. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ManagementServerTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:10Z");
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("j1"), 2);
    private static final String TOKEN = "0123456789abcdef";

    private final AtomicInteger drains = new AtomicInteger();
    private ActorTestKit kit;
    private ManagementClient open;
    private ManagementClient guarded;
    private URI guardedUri;

    @BeforeAll
    void start() throws Exception {
        kit = ActorTestKit.create(
                "management",
                ClusterConfig.of(Membership.at("127.0.0.1"), 0, List.of(ClusterConfig.CONTROL), List.of()));
        Cluster cluster = Cluster.get(kit.system());
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        URI openUri = serve(Optional.empty());
        guardedUri = serve(Optional.of(TOKEN));
        open = new ManagementClient(openUri, Optional.empty());
        guarded = new ManagementClient(guardedUri, Optional.of(TOKEN));
    }

    @AfterAll
    void stop() {
        open.close();
        guarded.close();
        kit.shutdownTestKit();
    }

    @Test
    void nodesShowWhatTheyDo() throws Exception {
        var node = open.nodes().nodes().getFirst();

        assertThat(node.node()).isEqualTo("gpu0");
        assertThat(node.state()).isEqualTo("RUNNING");
        assertThat(node.pid()).contains(42L);
        assertThat(node.memory().orElseThrow().residentBytes()).isEqualTo(1 << 30);
        var work = node.actors().getFirst().work().orElseThrow();
        assertThat(work.job()).isEqualTo("j1");
        assertThat(work.attempt()).isEqualTo(2);
        assertThat(work.position().orElseThrow().step()).isEqualTo(5);
        assertThat(work.secondsSinceAdvance()).isEqualTo(2.5);
    }

    @Test
    void nodesAreToldWhatToDo() throws Exception {
        assertThat(open.act("gpu0", "restart").node()).isEqualTo("gpu0");

        var unknown = catchThrowableOfType(ManagementException.Rejected.class, () -> open.act("gpu9", "release"));
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown).hasMessage("there is no node gpu9; there are: gpu0");

        var senseless = catchThrowableOfType(ManagementException.Rejected.class, () -> open.act("gpu0", "paint"));
        assertThat(senseless.status()).isEqualTo(404);
        assertThat(senseless).hasMessageContaining("drain, restart, quarantine or release");
    }

    @Test
    void jobsShowBoardAndLedger() throws Exception {
        OverviewView jobs = open.jobs();

        assertThat(jobs.waiting()).isEqualTo(3);
        assertThat(jobs.running()).singleElement().satisfies(r -> {
            assertThat(r.job()).isEqualTo("j1");
            assertThat(r.actor()).isEqualTo("gpu0.1/0");
        });
        assertThat(jobs.newest()).isEmpty();
    }

    @Test
    void theWatchdogShowsItsTable() throws Exception {
        assertThat(open.watchdog().watched()).isZero();
        assertThat(open.incidents(5).incidents()).isEmpty();
    }

    @Test
    void aLimitOutOfRangeIsRefused() {
        var refused = catchThrowableOfType(ManagementException.Rejected.class, () -> open.incidents(0));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused).hasMessage("limit must be 1 to 1000, but was 0");
    }

    @Test
    void aReloadThatFailsSaysWhy() {
        var refused = catchThrowableOfType(ManagementException.Rejected.class, () -> open.reload());
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused).hasMessage("everything stays as it was: drover.conf:3: wrong");
    }

    @Test
    void drainIsPassedOn() throws Exception {
        int before = drains.get();
        open.drain();
        assertThat(drains.get()).isEqualTo(before + 1);
    }

    @Test
    void logLevelsAreReadAndSet() throws Exception {
        assertThat(open.setLogLevels(Map.of("drover.nothing", "debug")).levels())
                .containsEntry("drover.nothing", "DEBUG");
        assertThat(open.logLevels().levels()).containsEntry("drover.nothing", "DEBUG");

        var refused = catchThrowableOfType(
                ManagementException.Rejected.class, () -> open.setLogLevels(Map.of("drover.other", "loud")));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(open.logLevels().levels()).doesNotContainKey("drover.other");
    }

    @Test
    void withATokenNothingButHealthIsOpen() throws Exception {
        assertThat(guarded.nodes().nodes()).hasSize(1);
        assertThat(get("/alive", Optional.empty()).statusCode()).isEqualTo(200);
        assertThat(get("/ready", Optional.empty()).body()).contains("\"healthy\":true");
        for (String path : List.of("/drover/nodes", "/metrics", "/cluster/members", "/nothing")) {
            for (Optional<String> shown :
                    List.of(Optional.<String>empty(), Optional.of("Bearer wrong"), Optional.of("Basic " + TOKEN))) {
                HttpResponse<String> answer = get(path, shown);
                assertThat(answer.statusCode()).as(path).isEqualTo(401);
                assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
                assertThat(answer.body()).contains("drover:unauthorized").doesNotContain(TOKEN);
            }
        }
    }

    @Test
    void wrongPathsAndMethodsAreProblems() throws Exception {
        Optional<String> token = Optional.of("Bearer " + TOKEN);
        assertThat(get("/drover/nothing", token).statusCode()).isEqualTo(404);
        assertThat(get("/drover/reload", token).statusCode()).isEqualTo(405);
        assertThat(get("/drover/incidents?limit=x", token).statusCode()).isEqualTo(400);
        assertThat(get("/drover/nothing", token).headers().firstValue("Content-Type"))
                .contains("application/problem+json");
    }

    @Test
    void pekkosOwnRoutesAreThere() throws Exception {
        assertThat(get("/cluster/members", Optional.of("Bearer " + TOKEN)).body())
                .contains("\"control\"");
    }

    @Test
    void metricsCountWhatHappensAndShowWhatIs() {
        kit.system()
                .eventStream()
                .tell(new EventStream.Publish<>(
                        new JobEvent.AttemptEnded(ATTEMPT, NOW, AttemptOutcome.STALLED, "stood still")));

        kit.system()
                .eventStream()
                .tell(new EventStream.Publish<>(new Incident(
                        "i1",
                        NOW,
                        "gpu0",
                        "0",
                        new Incident.Cause.Exited(137),
                        Rung.REPLACE_PROCESS,
                        Incident.Memory.UNKNOWN,
                        new Incident.Stack.NotTaken("gone"),
                        List.of(ATTEMPT),
                        List.of())));

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(
                                get("/metrics", Optional.of("Bearer " + TOKEN)).body())
                        .contains("drover_attempts_ended_total{outcome=\"STALLED\"} ")
                        .contains("drover_incidents_total{node=\"gpu0\",rung=\"REPLACE_PROCESS\"} ")
                        .contains("drover_board_jobs{state=\"waiting\"} 3.0")
                        .contains("drover_node_restarts{node=\"gpu0\"} 1.0")
                        .contains("drover_node_memory_resident_bytes{node=\"gpu0\"} 1.073741824E9")
                        .contains("drover_node_native_handles{node=\"gpu0\"} 9.0")
                        .contains("drover_ledger_pending 7.0")
                        .contains("jvm_memory_used_bytes"));
    }

    @Test
    void anAddressThatOthersReachNeedsAToken() {
        assertThatThrownBy(() -> ManagementServer.start(
                        new ManagementSettings("0.0.0.0", 0, Optional.empty()), context(), kit.system()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("set drover.management.token");
    }

    @Test
    void nobodyThereIsSaidPlainly() {
        try (ManagementClient nobody = new ManagementClient(URI.create("http://127.0.0.1:9"), Optional.empty())) {
            assertThatThrownBy(nobody::nodes).isInstanceOf(ManagementException.Unreachable.class);
        }
    }

    private URI serve(Optional<String> token) throws Exception {
        var binding = ManagementServer.start(new ManagementSettings("127.0.0.1", 0, token), context(), kit.system())
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
        return URI.create("http://127.0.0.1:" + binding.localAddress().getPort());
    }

    private ManagementContext context() {
        return new ManagementContext(
                kit.spawn(nodes()),
                kit.spawn(Watchdog.create("control", System::nanoTime, InstantSource.system())),
                kit.spawn(board()),
                kit.spawn(ledger()),
                kit.spawn(incidents()),
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                () -> new ReloadView(false, List.of("drover.conf:3: wrong"), List.of()),
                drains::incrementAndGet,
                () -> NOW);
    }

    private static Behavior<NodeSupervisor.Command> nodes() {
        return Behaviors.receive(NodeSupervisor.Command.class)
                .onMessage(NodeSupervisor.GetStatus.class, m -> {
                    m.replyTo().tell(new NodeSupervisor.Status(List.of(status())));
                    return Behaviors.same();
                })
                .onMessage(NodeSupervisor.RestartNode.class, m -> {
                    m.replyTo().tell(new NodeReply.Done(status()));
                    return Behaviors.same();
                })
                .onMessage(NodeSupervisor.ReleaseNode.class, m -> {
                    m.replyTo().tell(new NodeReply.UnknownNode(m.node(), List.of("gpu0")));
                    return Behaviors.same();
                })
                .build();
    }

    private static NodeStatus status() {
        return new NodeStatus(
                GpuDevice.gpu(0),
                NodeState.RUNNING,
                NOW,
                1,
                OptionalLong.of(42),
                1,
                Optional.of("fault"),
                Set.of("m"),
                Set.of(),
                Optional.of(new NodeMemory(1 << 30, 1, 2, 9)),
                List.of(new NodeStatus.Slot(
                        0,
                        Optional.of(new NodeStatus.Work(
                                ATTEMPT,
                                "m",
                                Optional.of(new Position(Phase.DENOISING, 5, 20)),
                                NOW.minusMillis(2500))))),
                false,
                Optional.empty(),
                Optional.empty());
    }

    private static Behavior<JobBoard.Command> board() {
        return Behaviors.receive(JobBoard.Command.class)
                .onMessage(JobBoard.GetSnapshot.class, m -> {
                    m.replyTo()
                            .tell(new JobBoard.Snapshot(
                                    3,
                                    List.of(new JobBoard.Running(
                                            ATTEMPT, "m", new SlotId("gpu0", 1, 0), Optional.empty())),
                                    0,
                                    List.of()));
                    return Behaviors.same();
                })
                .build();
    }

    private static Behavior<JobLedger.Command> ledger() {
        return Behaviors.receive(JobLedger.Command.class)
                .onMessage(JobLedger.Query.class, m -> {
                    m.replyTo().tell(new JobLedger.ReadReply.Found<>(List.of()));
                    return Behaviors.same();
                })
                .onMessage(JobLedger.GetStatistics.class, m -> {
                    m.replyTo()
                            .tell(new LedgerStatistics(
                                    true, 5, 7, 9, 11, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO));
                    return Behaviors.same();
                })
                .build();
    }

    private static Behavior<IncidentLog.Command> incidents() {
        return Behaviors.receive(IncidentLog.Command.class)
                .onMessage(IncidentLog.Newest.class, m -> {
                    m.replyTo().tell(new JobLedger.ReadReply.Found<>(List.of()));
                    return Behaviors.same();
                })
                .build();
    }

    private HttpResponse<String> get(String path, Optional<String> authorization) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(guardedUri.resolve(path)).timeout(Duration.ofSeconds(20));
            authorization.ifPresent(value -> request.header("Authorization", value));
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
