package drover.cli;

import static org.assertj.core.api.Assertions.assertThat;

import drover.horde.ApiKey;
import drover.horde.BridgeAgent;
import drover.horde.GenerationState;
import drover.horde.HordeClient;
import drover.horde.HordeClient.SubmitPlan;
import drover.horde.HordeResult;
import drover.horde.HordeSettings;
import drover.horde.ImageJob;
import drover.horde.ImageOrder;
import drover.horde.ImageParams;
import drover.horde.ImagePop;
import drover.horde.ImagePopAnswer;
import drover.horde.ImageSubmit;
import drover.horde.Retries;
import drover.horde.Uploader;
import drover.horde.WorkerMessage;
import drover.setting.Secret;
import drover.source.server.HordeClock;
import drover.source.server.LocalHorde;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code drover horde} does with a Horde that answers. */
final class HordeOnlineTest {
    private static final byte[] WEBP =
            HexFormat.of().parseHex("524946461a000000574542505650384c0d0000002f00000010071011118888fe0700");
    private static final BridgeAgent AGENT = BridgeAgent.parse("AI Horde Worker reGen:13.0.0:https://example.invalid");
    private static final Duration PATIENT = Duration.ofSeconds(60);

    private static ActorTestKit kit;

    @TempDir
    Path home;

    private final HordeClock clock = new HordeClock(Instant.now());
    private LocalHorde horde;
    private String key;
    private TestCli cli;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @BeforeEach
    void anInstallation() throws Exception {
        horde = new LocalHorde(kit.system(), LocalHorde.Settings.REAL, clock);
        key = horde.register("owner", true);
        Files.createDirectories(home.resolve("models"));
        Files.createDirectories(home.resolve("checker"));
        Files.createDirectories(home.resolve("conf"));
        Files.writeString(home.resolve("reference.json"), """
                {"Deliberate": {"baseline": "stable diffusion 1", "size_on_disk_bytes": 2147483648},
                 "AlbedoBase XL (SDXL)": {"baseline": "stable_diffusion_xl", "size_on_disk_bytes": 6442450944}}""");
        Files.writeString(home.resolve("conf/drover.conf"), """
                drover {
                  engine = fault, fault.models = [Deliberate], safety.model = checker
                  horde.model-reference = "reference.json"
                }
                """);
        bridgeData(key, "My Worker", "- TOP 2");
        cli = new TestCli(home, Map.of());
    }

    @AfterEach
    void end() throws IOException {
        horde.close();
    }

    private void bridgeData(String apiKey, String name, String models) throws IOException {
        Files.writeString(home.resolve("conf/bridgeData.yaml"), """
                        horde_url: %s
                        api_key: "%s"
                        dreamer_name: %s
                        models_to_load:
                          %s
                        """.formatted(horde.url(), apiKey, name, models));
    }

    private HordeClient worker(String apiKey) {
        return new HordeClient(kit.system(), HordeSettings.of(horde.url(), new ApiKey(apiKey), AGENT), retries());
    }

    private static Retries retries() {
        return Retries.of(kit.system(), InstantSource.system(), new Random(1));
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(PATIENT.toSeconds(), TimeUnit.SECONDS);
    }

    private static <T> T ok(CompletionStage<HordeResult<T>> stage) throws Exception {
        return get(stage) instanceof HordeResult.Ok<T>(T value) ? value : failed(stage);
    }

    private static <T> T failed(CompletionStage<HordeResult<T>> stage) throws Exception {
        throw new AssertionError(get(stage));
    }

    private static ImagePop pop(String name) {
        return new ImagePop(
                name,
                List.of("Deliberate"),
                AGENT.toString(),
                true,
                4,
                4_194_304,
                1,
                List.of(),
                List.of(),
                false,
                true,
                true,
                true,
                true,
                false,
                false,
                true,
                false,
                false);
    }

    @Test
    void aWorkerThatCanStartPasses() {
        assertThat(cli.run("horde", "check")).as(cli.out()).isZero();

        assertThat(cli.out())
                .contains("ok       the Horde at " + horde.url() + " answers, version 5.1.5")
                .contains("ok       this machine's clock agrees with the Horde's")
                .contains("ok       the API key is that of owner#1, with 10,000 kudos, trusted")
                .contains("ok       the name My Worker is free")
                .contains("warning  the public Horde does not know the agent name Drover", "no uploads (r2)")
                .containsPattern("TOP 2 +AlbedoBase XL \\(SDXL\\), Deliberate")
                .contains("ok       on disk and offered: Deliberate")
                .doesNotContain(key, "FAILURE");
    }

    @Test
    void anOfficialAgentIsFine() throws IOException {
        Files.writeString(
                home.resolve("conf/drover.conf"),
                "\ndrover.horde.bridge-agent = \"" + AGENT + "\"\n",
                StandardOpenOption.APPEND);

        assertThat(cli.run("horde", "check")).isZero();
        assertThat(cli.out()).contains("ok       the public Horde grants everything to the agent");
    }

    @Test
    void aKeyThatNobodyHasIsSaid() throws IOException {
        bridgeData("abcdefghijklmnopqrstuv", "My Worker", "- Deliberate");

        assertThat(cli.run("horde", "check")).isEqualTo(1);
        assertThat(cli.out())
                .contains("FAILURE  the Horde does not know this API key")
                .doesNotContain("abcdefghijkl");
    }

    @Test
    void aNameThatSomebodyHasIsSaid() throws Exception {
        ok(worker(horde.register("other", true)).pop(pop("My Worker")));

        assertThat(cli.run("horde", "check")).isEqualTo(1);
        assertThat(cli.out()).contains("FAILURE  the name My Worker is taken by other#2");
    }

    @Test
    void onesOwnWorkerAndItsMaintenanceAreShown() throws Exception {
        ok(worker(key).pop(pop("My Worker")));
        assertThat(cli.run("horde", "maintenance", "on", "--message", "back in an hour"))
                .isZero();

        assertThat(cli.run("horde", "check")).isZero();
        assertThat(cli.out())
                .contains("My Worker: maintenance on")
                .contains("ok       the worker is known: 0 jobs done, 0 not completed, online")
                .contains("warning  the worker is in maintenance");

        assertThat(cli.run("horde", "maintenance", "OFF", "--worker", "My Worker"))
                .isZero();
        assertThat(cli.out()).contains("My Worker: maintenance off");
        assertThat(ok(worker(key).workerByName("My Worker")).maintenanceMode()).hasValue(false);
    }

    @Test
    void maintenanceOfAWorkerThatIsNotThereFails() {
        assertThat(cli.run("horde", "maintenance", "on")).isEqualTo(1);
        assertThat(cli.err()).contains("My Worker: is not known to the Horde; a worker is listed after its first pop");
    }

    @Test
    void aClockThatIsWrongIsSaid() {
        clock.advance(Duration.ofSeconds(30));
        assertThat(cli.run("horde", "check")).isZero();
        assertThat(cli.out()).containsPattern("warning  this machine's clock is (1\\d|2\\d|30) s behind the Horde's");

        clock.advance(Duration.ofSeconds(-330));
        assertThat(cli.run("horde", "check")).isEqualTo(1);
        assertThat(cli.out()).containsPattern("FAILURE  this machine's clock is [23]\\d\\d s ahead of the Horde's");
    }

    @Test
    void aHordeThatIsNotThereIsSaid() throws Exception {
        int nobody;
        try (ServerSocket free = new ServerSocket(0)) {
            nobody = free.getLocalPort();
        }
        Path conf = home.resolve("conf/bridgeData.yaml");
        Files.writeString(conf, Files.readString(conf).replace(horde.url(), "http://127.0.0.1:" + nobody + "/api/"));

        assertThat(cli.run("horde", "check")).isEqualTo(1);
        assertThat(cli.out()).contains("FAILURE  the Horde at http://127.0.0.1:" + nobody + "/api/ does not answer");
    }

    @Test
    void theStatusHasTheAccountTheWorkersAndTheMessages() throws Exception {
        HordeClient client = worker(key);
        ok(client.pop(pop("My Worker")));
        ok(client.leaveMessage(
                new WorkerMessage.Draft(Optional.empty(), "Please update your worker", Optional.of("somebody"), 12)));

        assertThat(cli.run("horde", "status")).isZero();
        assertThat(cli.out())
                .contains("owner#1 at " + horde.url() + ": 10,000 kudos, trusted")
                .containsPattern("My Worker +yes +no +0 +0 +0 +AI Horde Worker reGen")
                .contains("Please update your worker");
    }

    /** Does what is ordered, as a worker would. */
    private CompletableFuture<Void> work(int pictures) {
        HordeClient client = worker(key);
        Uploader uploader = new Uploader(kit.system(), HordeSettings.Limits.DEFAULT, retries());
        // Not on the common pool: on a small machine it has one thread, which the clients need.
        return CompletableFuture.runAsync(
                () -> Awaitility.await().atMost(PATIENT).untilAsserted(() -> {
                    assertThat(ok(client.pop(pop("My Worker"))).job())
                            .isInstanceOfSatisfying(
                                    ImagePopAnswer.Job.class, it -> deliver(client, uploader, it.job()));
                    assertThat(horde.histories()).hasSize(pictures);
                }),
                Thread::startVirtualThread);
    }

    private static void deliver(HordeClient client, Uploader uploader, ImageJob job) {
        Instant until = Instant.now().plus(PATIENT);
        for (int i = 0; i < job.ids().size(); i++) {
            uploader.upload(job.uploads().get(i), WEBP, until)
                    .toCompletableFuture()
                    .join();
            client.submit(
                            new ImageSubmit(
                                    job.ids().get(i),
                                    "R2",
                                    GenerationState.OK,
                                    job.seed().orElse(0),
                                    List.of()),
                            new SubmitPlan(until, false))
                    .toCompletableFuture()
                    .join();
        }
    }

    @Test
    void picturesAreOrderedAndFetched() throws Exception {
        Path source = Files.write(home.resolve("source.webp"), WEBP);
        Path out = Files.createDirectories(home.resolve("pictures"));
        ok(worker(key).pop(pop("My Worker")));
        CompletableFuture<Void> work = work(2);

        int code = cli.run(
                "horde",
                "request",
                "a lighthouse at dusk ### blurry",
                "--model",
                "Deliberate",
                "--width",
                "512",
                "--height",
                "768",
                "--steps",
                "20",
                "--sampler",
                "k_euler",
                "--cfg",
                "7.5",
                "--seed",
                "42",
                "--n",
                "2",
                "--source",
                source.toString(),
                "--worker",
                "My Worker",
                "--out",
                out.toString());

        assertThat(code).as(cli.err()).isZero();
        work.get(PATIENT.toSeconds(), TimeUnit.SECONDS);
        try (var files = Files.list(out)) {
            List<Path> pictures = files.toList();
            assertThat(pictures).hasSize(2).allSatisfy(file -> assertThat(file).hasBinaryContent(WEBP));
            assertThat(cli.out()).contains(pictures.getFirst().toString(), "seed 42", "by My Worker");
        }
        assertThat(cli.err())
                .containsPattern("ordered as .* for at most \\d+ kudos")
                .contains("2 done");
        assertThat(horde.histories()).hasSize(2);
    }

    @Test
    void withoutAKeyTheOrderIsAnonymous() throws Exception {
        Files.delete(home.resolve("conf/bridgeData.yaml"));
        Path other = Files.writeString(home.resolve("other.yaml"), "horde_url: " + horde.url() + "\n");
        ok(worker(key).pop(pop("My Worker")));
        CompletableFuture<Void> work = work(1);

        int code = cli.run(
                "horde", "request", "a lighthouse", "--bridge-data", other.toString(), "--out", home.toString());

        assertThat(code).as(cli.err()).isZero();
        work.get(PATIENT.toSeconds(), TimeUnit.SECONDS);
        assertThat(cli.err()).contains(", anonymously");
    }

    @Test
    void anOrderThatTakesTooLongIsWithdrawn() throws Exception {
        assertThat(cli.run("horde", "request", "a lighthouse", "--timeout", "1", "--out", home.toString()))
                .isEqualTo(1);
        assertThat(cli.err())
                .contains("No available workers")
                .contains("no worker that is there can do this")
                .contains("not done within 1 s; the order is withdrawn");
        assertThat(ok(worker(key).pop(pop("My Worker"))).id())
                .as("nobody wants it any more")
                .isEmpty();
    }

    @Test
    void whoeverInterruptsItWithdrawsTheOrder() throws Exception {
        HordeAccount account = new HordeAccount(horde.url(), Secret.of(key), Optional.empty());
        Cli quiet = new Cli(home, Map.of(), System.out, System.err, Optional.empty());
        ImageOrder order = ImageOrder.of(
                "a lighthouse", ImageParams.of(512, 512, 1, Optional.empty(), Optional.empty()), List.of("Deliberate"));
        try (HordeSession session = new HordeSession(AGENT)) {
            HordeOrderRun run = new HordeOrderRun(quiet, session, account, home, PATIENT);
            CompletableFuture<Integer> code =
                    CompletableFuture.supplyAsync(() -> run.run(order), Thread::startVirtualThread);
            Awaitility.await().atMost(PATIENT).until(() -> !horde.finished());
            run.interrupt();
            assertThat(code.get(PATIENT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(130);
        }
        assertThat(horde.finished()).isTrue();
    }

    @Test
    void whatCannotBeOrderedIsSaid() throws IOException {
        assertThat(cli.run("horde", "request", "a", "--out", home.toString(), "--width", "500"))
                .isEqualTo(1);
        assertThat(cli.err()).contains("500 is not a multiple of 64");
        assertThat(cli.run(
                        "horde",
                        "request",
                        "a",
                        "--out",
                        home.resolve("nowhere").toString()))
                .isEqualTo(2);
        assertThat(cli.run("horde", "request", "a", "--out", home.toString(), "--mask", "mask.png"))
                .isEqualTo(2);
        assertThat(cli.run("horde", "request", "a", "--out", home.toString(), "--worker", "Nobody"))
                .isEqualTo(1);
        assertThat(cli.err()).contains("the Horde knows no worker Nobody");
    }
}
