package drover.node;

import static org.assertj.core.api.Assertions.assertThat;

import drover.delivery.DirectoryAssetStore;
import drover.graph.TorchOptions;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.Drawing;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.OutputFormat;
import drover.inference.Position;
import drover.inference.RunMonitor;
import drover.inference.SafetyPolicy;
import drover.inference.SafetyResult;
import drover.inference.Sampler;
import drover.inference.fault.FaultEngine;
import drover.picture.Picture;
import drover.picture.SourceImages;
import drover.safety.ClipChecker;
import drover.safety.PictureChecker;
import drover.safety.PictureChecker.Findings;
import drover.safety.SafetyParts;
import drover.watchdog.PhaseTimeouts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a job to what lies in the store, with the tiny safety checker of the fixtures and the fault engine's pictures. */
class NodeSafetyTest {
    static final Path FIXTURE = Path.of("..", "inference-actors", "src", "test", "resources", "fixtures", "safety");
    private static final Duration REAL = Duration.ofSeconds(30);
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("a"), 1);
    private static final int MANY = 24;

    @TempDir
    Path folder;

    private final ActorTestKit kit = ActorTestKit.create();
    private final TestProbe<NodeKeeper.FromNode> keeper = kit.createTestProbe();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private ActorRef<Node.Command> start(Optional<PictureChecker.Opener> opener, Duration timeout) throws IOException {
        SafetyParts parts = new SafetyParts(opener, SafetyParts.withoutChecker().filter(), timeout);
        Node.Host host = new Node.Host(
                DirectoryAssetStore.open(folder),
                () -> new NodeMemory(1, 2, 3, 4),
                _ -> {},
                _ -> {},
                System::nanoTime,
                InstantSource.system(),
                parts);
        Node.Identity identity =
                new Node.Identity("cpu0", 3, 42, PhaseTimeouts.defaults(), REAL.multipliedBy(4), REAL.multipliedBy(4));
        Engine engine = new FaultEngine(ControlFixture.engine(Duration.ZERO));
        ActorRef<Node.Command> node =
                kit.spawn(Node.create(identity, host, CompletableFuture.completedFuture(engine), keeper.ref()));
        fish(NodeKeeper.Hello.class);
        node.tell(new Node.Resize(1));
        return node;
    }

    private ActorRef<Node.Command> startWithChecker() throws IOException {
        ActorRef<Node.Command> node = start(Optional.of(() -> ClipChecker.open(FIXTURE, TorchOptions.cpu(1))), REAL);
        NodeKeeper.SlotIdle idle;
        do {
            idle = fish(NodeKeeper.SlotIdle.class);
        } while (!idle.checks());
        return node;
    }

    private <T extends NodeKeeper.FromNode> T fish(Class<T> kind) {
        return kind.cast(keeper.fishForMessage(
                        REAL,
                        word -> kind.isInstance(word)
                                ? FishingOutcomes.complete()
                                : FishingOutcomes.continueAndIgnore())
                .getLast());
    }

    private static ImageRequest cards(String prompt, SafetyPolicy policy) {
        return new ImageRequest(Requests.MODEL, prompt, "", 64, 48, 1, Sampler.EULER, 1, 1, 1, MANY, Optional.empty())
                .withSafety(policy);
    }

    private List<AssetRef> produce(ActorRef<Node.Command> node, ImageRequest request) {
        node.tell(new Node.Run(0, ATTEMPT, request, List.of()));
        return fish(NodeKeeper.Produced.class).assets();
    }

    private Picture stored(AssetRef asset) throws Exception {
        return SourceImages.decode(Files.readAllBytes(folder.resolve(asset.key())), SourceImages.Limits.HORDE);
    }

    /** What the fault engine draws for the request. */
    private static List<Picture> drawn(ImageRequest request) throws EngineException {
        try (FaultEngine engine = new FaultEngine(ControlFixture.engine(Duration.ZERO))) {
            return engine
                    .run(ATTEMPT, request, new RunMonitor() {
                        @Override
                        public void at(Position position) {}

                        @Override
                        public void heartbeat() {}

                        @Override
                        public void checkCancelled() {}

                        @Override
                        public byte[] input(AssetRef ref) {
                            throw new AssertionError("the fault engine reads no inputs");
                        }
                    })
                    .stream()
                    .map(Drawing::picture)
                    .toList();
        }
    }

    @Test
    void whatTheCheckerFlagsNeverReachesTheStore() throws Exception {
        ImageRequest request = cards("bars", SafetyPolicy.CENSOR);
        List<Picture> pictures = drawn(request);
        List<Findings> findings = new ArrayList<>();
        try (ClipChecker checker = ClipChecker.open(FIXTURE, TorchOptions.cpu(1))) {
            for (Picture picture : pictures) {
                findings.add(checker.look(picture));
            }
        }
        assertThat(findings)
                .as("a flagged and a harmless picture at least")
                .extracting(Findings::nsfw)
                .contains(true, false);

        List<AssetRef> assets = produce(startWithChecker(), request);

        for (int i = 0; i < MANY; i++) {
            boolean nsfw = findings.get(i).nsfw();
            SafetyResult censored = findings.get(i).specialCare() ? SafetyResult.CSAM : SafetyResult.CENSORED;
            assertThat(assets.get(i).safety()).isEqualTo(nsfw ? censored : SafetyResult.SAFE);
            byte[] rgb = stored(assets.get(i)).rgb();
            if (nsfw) {
                assertThat(rgb).isNotEqualTo(pictures.get(i).rgb()).startsWith(0x80, 0x80, 0x80);
            } else {
                assertThat(rgb).isEqualTo(pictures.get(i).rgb());
            }
        }
        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile)).hasSize(MANY);
        }
    }

    @Test
    void aForbiddenPromptIsNotDrawn() throws Exception {
        List<AssetRef> assets = produce(startWithChecker(), cards("a nude child", SafetyPolicy.MARK));

        assertThat(assets).hasSize(MANY).allMatch(asset -> asset.safety() == SafetyResult.CSAM);
        assertThat(stored(assets.getFirst()).width()).isEqualTo(64);
    }

    @Test
    void picturesLeaveInTheFormatThatWasAskedFor() throws Exception {
        List<AssetRef> assets =
                produce(startWithChecker(), cards("bars", SafetyPolicy.MARK).withFormat(OutputFormat.HORDE));

        assertThat(assets).hasSize(MANY).allMatch(asset -> asset.mediaType().equals("image/webp"));
        assertThat(assets).extracting(AssetRef::safety).doesNotContain(SafetyResult.UNCHECKED);
        assertThat(Files.readAllBytes(folder.resolve(assets.getFirst().key()))).startsWith('R', 'I', 'F', 'F');
    }

    @Test
    void aNodeWithoutACheckerSaysSoAndWithholds() throws Exception {
        ActorRef<Node.Command> node = start(Optional.empty(), REAL);
        assertThat(fish(NodeKeeper.SlotIdle.class).checks()).isFalse();
        node.tell(new Node.Run(0, ATTEMPT, cards("bars", SafetyPolicy.CENSOR), List.of()));

        NodeKeeper.AttemptEnded ended = fish(NodeKeeper.AttemptEnded.class);
        assertThat(ended.end().code()).isEqualTo("drover:safety.unavailable");
        assertThat(ended.end().retryable()).isTrue();
        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @Test
    void aCheckThatHangsCostsTheProcess() throws Exception {
        CompletableFuture<Findings> never = new CompletableFuture<>();
        PictureChecker stuck = new PictureChecker() {
            @Override
            public Findings look(Picture picture) {
                return never.join();
            }

            @Override
            public void close() {}
        };
        ActorRef<Node.Command> node = start(Optional.of(() -> stuck), Duration.ofMillis(200));
        fish(NodeKeeper.SlotIdle.class);
        node.tell(new Node.Run(0, ATTEMPT, cards("bars", SafetyPolicy.MARK), List.of()));

        assertThat(fish(NodeKeeper.ReplaceMe.class).reason())
                .isInstanceOfSatisfying(
                        ReplaceReason.Unusable.class,
                        why -> assertThat(why.code()).isEqualTo("drover:safety.failed"));
        assertThat(fish(NodeKeeper.AttemptEnded.class).end().code()).isEqualTo("drover:safety.failed");
        never.complete(new Findings(false, false));
    }
}
