package drover.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import drover.board.JobBoard;
import drover.board.NodeStanding;
import drover.board.SlotId;
import drover.board.WithdrawnModel;
import drover.board.WorkAmount;
import drover.client.ConfigView;
import drover.client.ManagementClient;
import drover.client.ManagementException;
import drover.client.OverviewView;
import drover.client.ReloadView;
import drover.inference.AttemptId;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.Sampler;
import drover.job.AttemptOutcome;
import drover.job.Job;
import drover.job.JobEvent;
import drover.job.JobState;
import drover.job.Priority;
import drover.job.Tenant;
import drover.ledger.AuditEntry;
import drover.ledger.AuditLog;
import drover.ledger.IncidentLog;
import drover.ledger.JobLedger;
import drover.ledger.LedgerSettings;
import drover.ledger.LedgerStatistics;
import drover.node.ClusterConfig;
import drover.node.GpuDevice;
import drover.node.Membership;
import drover.node.NodeMemory;
import drover.node.NodeReply;
import drover.node.NodeState;
import drover.node.NodeStatus;
import drover.node.NodeSupervisor;
import drover.report.ReportDesk;
import drover.source.dreamer.HordeSource;
import drover.source.dreamer.HordeStatus;
import drover.watchdog.Incident;
import drover.watchdog.LearnedLimit;
import drover.watchdog.LearnedTimeouts;
import drover.watchdog.Rung;
import drover.watchdog.Watchdog;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The operator's API on a free port, over actors that answer with fixed values. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ManagementServerTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:10Z");
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("j1"), 2);
    private static final String TOKEN = "0123456789abcdef";
    private static final String ALICE = "alice-alice-alice";

    private final AtomicInteger ids = new AtomicInteger();
    private final AtomicInteger drains = new AtomicInteger();
    private ActorTestKit kit;
    private final List<AuditEntry> audited = new CopyOnWriteArrayList<>();
    private final AtomicBoolean databaseDown = new AtomicBoolean();
    private final List<String> unaudited = new CopyOnWriteArrayList<>();
    private ManagementClient open;
    private URI openUri;
    private ManagementClient guarded;
    private URI guardedUri;

    @BeforeAll
    void start() throws Exception {
        kit = ActorTestKit.create(
                "management",
                ClusterConfig.of(Membership.at("127.0.0.1"), 0, List.of(ClusterConfig.CONTROL), List.of()));
        Cluster cluster = Cluster.get(kit.system());
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        openUri = serve(Optional.empty(), Map.of());
        guardedUri = serve(Optional.of(TOKEN), Map.of("alice", ALICE));
        open = new ManagementClient(openUri, Optional.empty(), unaudited::add);
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
        var standing = node.standing().orElseThrow();
        assertThat(standing.trust()).isEqualTo("SUSPENDED");
        assertThat(standing.until()).contains(NOW.plusSeconds(30));
        assertThat(standing.reliability()).isEqualTo(0.25);
        assertThat(standing.megapixelStepsPerSecond()).containsEntry("m", 5.0);
    }

    @Test
    void nodesAreToldWhatToDo() throws Exception {
        assertThat(open.act("gpu0", "restart", Optional.empty()).node()).isEqualTo("gpu0");

        var unknown = catchThrowableOfType(
                ManagementException.Rejected.class, () -> open.act("gpu9", "release", Optional.empty()));
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown).hasMessage("there is no node gpu9; there are: gpu0");

        var senseless = catchThrowableOfType(
                ManagementException.Rejected.class, () -> open.act("gpu0", "paint", Optional.empty()));
        assertThat(senseless.status()).isEqualTo(404);
        assertThat(senseless).hasMessageContaining("drain, resume, restart, quarantine or release");
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
        assertThat(jobs.pending()).isEqualTo(new OverviewView.PendingView(4, 2.5));
        assertThat(jobs.pendingByModel()).containsOnlyKeys("m");
        assertThat(jobs.pendingByTenant()).containsOnlyKeys("shop");
        assertThat(jobs.withdrawn())
                .extracting(OverviewView.WithdrawnView::model)
                .containsExactly("n");
    }

    @Test
    void theWatchdogShowsItsTable() throws Exception {
        assertThat(open.watchdog().watched()).isZero();
        assertThat(open.watchdog().learned()).singleElement().satisfies(learned -> {
            assertThat(learned.phase()).isEqualTo("DENOISING");
            assertThat(learned.p999Seconds()).contains(0.5);
            assertThat(learned.limitSeconds()).contains(5.0);
        });
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
        var refused = catchThrowableOfType(ManagementException.Rejected.class, () -> open.reload(Optional.empty()));
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused).hasMessage("everything stays as it was: drover.conf:3: wrong");
    }

    @Test
    void drainIsPassedOn() throws Exception {
        int before = drains.get();
        open.drain(Optional.empty());
        assertThat(drains.get()).isEqualTo(before + 1);
    }

    @Test
    void logLevelsAreReadAndSet() throws Exception {
        assertThat(open.setLogLevels(Map.of("drover.nothing", "debug"), Optional.empty())
                        .levels())
                .containsEntry("drover.nothing", "DEBUG");
        assertThat(open.logLevels().levels()).containsEntry("drover.nothing", "DEBUG");

        var refused = catchThrowableOfType(
                ManagementException.Rejected.class,
                () -> open.setLogLevels(Map.of("drover.other", "loud"), Optional.empty()));
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
    void everyChangeIsWrittenDownWithWhoMadeIt() throws Exception {
        try (ManagementClient alice = new ManagementClient(guardedUri, Optional.of(ALICE))) {
            alice.act("gpu0", "restart", Optional.of("its fans are loud"));
            guarded.cancelJob("waits", Optional.empty());
            open.setLogLevels(Map.of("drover.nothing", "info"), Optional.of("quieter"));
            assertThatThrownBy(() -> open.act("gpu9", "release", Optional.empty()))
                    .isInstanceOf(ManagementException.Rejected.class);

            assertThat(alice.audit(4).entries())
                    .extracting(e -> e.who() + " " + e.remote().orElse("?") + " " + e.action() + " " + e.subject() + " "
                            + e.detail().orElse("-") + " " + e.result())
                    .containsExactly(
                            "loopback 127.0.0.1 node.release gpu9 - refused: there is no node gpu9; there are: gpu0",
                            "loopback 127.0.0.1 log-levels all processes {drover.nothing=info}: quieter done",
                            "token 127.0.0.1 job.cancel waits - done",
                            "alice 127.0.0.1 node.restart gpu0 its fans are loud done");
        }
    }

    @Test
    void aChangeThatCannotBeWrittenDownIsMadeAndSaysSo() throws Exception {
        databaseDown.set(true);
        try {
            assertThat(open.act("gpu0", "restart", Optional.empty()).node()).isEqualTo("gpu0");
            assertThat(unaudited).singleElement().asString().contains("the database is away");
        } finally {
            databaseDown.set(false);
        }
    }

    @Test
    void jobsAreCancelledAndPutBack() throws Exception {
        assertThat(open.cancelJob("waits", Optional.empty()).state()).isEqualTo("CANCELLED");
        assertThat(open.requeueJob("waits", Optional.empty()).job()).isEqualTo("ended");

        var gone = catchThrowableOfType(
                ManagementException.Rejected.class, () -> open.cancelJob("nobody", Optional.empty()));
        assertThat(gone.status()).isEqualTo(404);
        var ended = catchThrowableOfType(
                ManagementException.Rejected.class, () -> open.requeueJob("ended", Optional.empty()));
        assertThat(ended.status()).isEqualTo(409);
        assertThat(ended).hasMessageContaining("DELIVERED").hasMessageContaining("order it again");
    }

    @Test
    void modelsShowWhereTheyAre() throws Exception {
        assertThat(open.models().models()).singleElement().satisfies(model -> {
            assertThat(model.model()).isEqualTo("m");
            assertThat(model.nodes()).containsExactly("gpu0");
            assertThat(model.resident()).isEmpty();
        });
    }

    @Test
    void theConfigurationIsShown() throws Exception {
        assertThat(open.config().settings())
                .singleElement()
                .satisfies(setting -> assertThat(setting.origin()).isEqualTo("default"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST | /drover/nodes/gpu0/quarantine | | 400",
                "POST | /drover/nodes/gpu0/drain | {\"raeson\": \"x\"} | 400",
                "POST | /drover/nodes/gpu0/drain | {\"reason\": \"\"} | 400",
                "POST | /drover/nodes/gpu0/drain | {\"reason\": \"a\", \"reason\": \"b\"} | 400",
                "POST | /drover/nodes/gpu0/drain | {\"reason\": [1]} | 400",
                "POST | /drover/nodes/gpu0/drain | {} {} | 400",
                "POST | /drover/nodes/gpu0/drain | null | 400",
                "POST | /drover/nodes/gpu0/drain | not json | 400",
                "POST | /drover/nodes/gpu0/actors/-1/restart | | 400",
                "POST | /drover/nodes/gpu0/actors/99999999999/restart | | 400",
                "POST | /drover/nodes/gpu0/actors/0/paint | | 404",
                "POST | /drover/nodes//drain | | 404",
                "POST | /drover/jobs/j1/paint | | 404",
                "POST | /drover/jobs/%00/cancel | | 400",
                "DELETE | /drover/jobs/j1/cancel | | 405",
                "PUT | /drover/log-levels | {\"levels\": null} | 400",
                "PUT | /drover/log-levels | {\"levels\": {\"a\": null}} | 400",
                "PUT | /drover/log-levels | {\"levels\": {\"a\": \"loud\"}} | 400",
                "PUT | /drover/log-levels | [] | 400",
                "PUT | /drover/log-levels | {\"levels\": {}} | 400",
                "PUT | /drover/log-levels | | 400",
                "PUT | /drover/log-levels | {\"levels\": {\"a\": \"info\"}, \"reason\": \"\"} | 400",
                "GET | /drover/report?last=1 | | 400",
                "GET | /drover/report?last=30s | | 400",
                "GET | /drover/report?last=99999d | | 400",
                "GET | /drover/report?lsat=24h | | 400",
                "GET | /drover/report?last=1h&last=2h | | 400",
                "POST | /drover/report | | 405",
                "GET | /drover/report?last=24h | | 503",
                "GET | /drover/jobs?state=sleeping | | 400",
                "GET | /drover/jobs?stat=queued | | 400",
                "GET | /drover/jobs?state=queued&state=queued | | 400",
                "GET | /drover/jobs?limit=101 | | 400",
                "GET | /drover/jobs?before=%0a | | 400",
                "GET | /drover/audit?limit=1e3 | | 400",
                "GET | /drover/incidents?limit=-5 | | 400",
            })
    void nonsenseIsAProblemAndChangesNothing(String method, String path, @Nullable String body, int status)
            throws Exception {
        int before = audited.size();

        HttpResponse<String> answer = send(method, path, Optional.ofNullable(body), Map.of());

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(audited).hasSize(before);
    }

    @Test
    void aBodyOfAnyLengthIsNotRead() throws Exception {
        HttpResponse<String> answer =
                send("POST", "/drover/reload", Optional.of("{\"reason\": \"" + "x".repeat(100_000) + "\"}"), Map.of());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(413);
    }

    @Test
    void aPageOfAnotherSiteOrdersNothing() throws Exception {
        int before = audited.size();
        Map<String, String> elsewhere = Map.of("Origin", "http://example.org");
        assertThat(send("POST", "/drover/nodes/gpu0/restart", Optional.empty(), elsewhere)
                        .statusCode())
                .isEqualTo(403);
        assertThat(audited).hasSize(before);
    }

    private HttpResponse<String> send(String method, String path, Optional<String> body, Map<String, String> headers)
            throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest.Builder request = HttpRequest.newBuilder(openUri.resolve(path))
                    .timeout(Duration.ofSeconds(20))
                    .method(
                            method,
                            body.map(HttpRequest.BodyPublishers::ofString)
                                    .orElseGet(HttpRequest.BodyPublishers::noBody));
            headers.forEach(request::header);
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void anAddressThatOthersReachNeedsAToken() {
        assertThatThrownBy(() -> ManagementServer.start(
                        new ManagementSettings("0.0.0.0", 0, Optional.empty(), Map.of()), context(), kit.system()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("set drover.management.token");
    }

    @Test
    void nobodyThereIsSaidPlainly() {
        try (ManagementClient nobody = new ManagementClient(URI.create("http://127.0.0.1:9"), Optional.empty())) {
            assertThatThrownBy(nobody::nodes).isInstanceOf(ManagementException.Unreachable.class);
        }
    }

    private URI serve(Optional<String> token, Map<String, String> operators) throws Exception {
        ManagementSettings settings = new ManagementSettings("127.0.0.1", 0, token, operators);
        var binding = ManagementServer.start(settings, context(), kit.system())
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
                kit.spawn(audit()),
                kit.spawn(horde()),
                // No database is there.
                Optional.of(new ReportDesk(
                        LedgerSettings.h2In(Path.of("target", "no-ledger-here")),
                        Duration.ofDays(1),
                        () -> NOW,
                        System::nanoTime)),
                () -> "change-" + ids.incrementAndGet(),
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                () -> new ReloadView(false, List.of("drover.conf:3: wrong"), List.of()),
                () -> new ConfigView(
                        List.of(new ConfigView.SettingView("drover.http.port", "1", "default", Optional.empty()))),
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
                true,
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

    private static Behavior<HordeSource.Command> horde() {
        return Behaviors.receive(HordeSource.Command.class)
                .onMessage(HordeSource.GetStatus.class, m -> {
                    m.replyTo()
                            .tell(new HordeStatus(
                                    List.of(), List.of("conf/bridgeData.yaml: api_key is not set"), List.of()));
                    return Behaviors.same();
                })
                .build();
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
                                    List.of(),
                                    new WorkAmount(4, 2_500_000),
                                    Map.of("m", new WorkAmount(4, 2_500_000)),
                                    Map.of("shop", new WorkAmount(4, 2_500_000)),
                                    List.of(new NodeStanding(
                                            "gpu0",
                                            NodeStanding.Trust.SUSPENDED,
                                            Optional.of(NOW.plusSeconds(30)),
                                            0.25,
                                            3,
                                            Optional.of("stood still"),
                                            Map.of("m", 5e6))),
                                    List.of(new WithdrawnModel("n", "stalled 2 GPUs", NOW, Optional.empty())),
                                    List.of(new LearnedTimeouts.Row(
                                            "gpu0",
                                            "m",
                                            "0.26 MP",
                                            Phase.DENOISING,
                                            80,
                                            Optional.of(new LearnedLimit(
                                                    Phase.DENOISING,
                                                    Duration.ofSeconds(5),
                                                    80,
                                                    Duration.ofMillis(500)))))));
                    return Behaviors.same();
                })
                .onMessage(JobBoard.CancelJob.class, m -> {
                    m.replyTo()
                            .tell(
                                    m.job().value().equals("waits")
                                            ? new JobBoard.CancelReply.Cancelled(job("waits", JobState.CANCELLED))
                                            : new JobBoard.CancelReply.NotHere());
                    return Behaviors.same();
                })
                .onMessage(JobBoard.RequeueJob.class, m -> {
                    m.replyTo()
                            .tell(
                                    m.job().value().equals("waits")
                                            ? new JobBoard.RequeueReply.Waiting()
                                            : new JobBoard.RequeueReply.NotHere());
                    return Behaviors.same();
                })
                .build();
    }

    private static Job job(String id, JobState state) {
        return new Job(
                new JobId(id),
                new ImageRequest("m", "p", "", 64, 64, 1, Sampler.EULER, 1, 1, 1, 1, Optional.empty()),
                Priority.NORMAL,
                state,
                NOW,
                NOW,
                NOW,
                List.of(),
                List.of(),
                Optional.empty(),
                Tenant.DEFAULT,
                Optional.empty());
    }

    private static Behavior<JobLedger.Command> ledger() {
        return Behaviors.receive(JobLedger.Command.class)
                .onMessage(JobLedger.Query.class, m -> {
                    m.replyTo().tell(new JobLedger.ReadReply.Found<>(List.of()));
                    return Behaviors.same();
                })
                .onMessage(JobLedger.Find.class, m -> {
                    m.replyTo()
                            .tell(new JobLedger.ReadReply.Found<>(
                                    m.job().value().equals("nobody")
                                            ? Optional.empty()
                                            : Optional.of(job("ended", JobState.DELIVERED))));
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

    private Behavior<AuditLog.Command> audit() {
        return Behaviors.receive(AuditLog.Command.class)
                .onMessage(AuditLog.Keep.class, m -> {
                    audited.add(m.entry());
                    m.replyTo()
                            .tell(
                                    databaseDown.get()
                                            ? new AuditLog.Reply.NotWritten("the database is away")
                                            : new AuditLog.Reply.Written());
                    return Behaviors.same();
                })
                .onMessage(AuditLog.Newest.class, m -> {
                    m.replyTo()
                            .tell(new JobLedger.ReadReply.Found<>(
                                    audited.reversed().stream().limit(m.limit()).toList()));
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
