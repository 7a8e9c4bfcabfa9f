package drover.inference;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.fault.FaultEngine;
import drover.inference.fault.FaultSettings;
import drover.picture.BadImageException;
import drover.picture.Picture;
import drover.picture.SourceImages;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.imageio.ImageIO;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InferenceActorTest {
    private static final ActorTestKit KIT = ActorTestKit.create("inference");
    private static final String MODEL = "test-card";
    private static final AttemptId FIRST = new AttemptId(new JobId("a"), 1);
    private static final AttemptId SECOND = new AttemptId(new JobId("b"), 1);
    private static final InferenceActor.Id ID = new InferenceActor.Id("gpu0", 1, 7);

    private final TestProbe<InferenceActor.Event> owner = KIT.createTestProbe();
    private final MemoryStore store = new MemoryStore();
    private Safety safety = Safety.none();

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    /** Keeps results in memory. */
    private static final class MemoryStore implements AssetStore {
        private final Map<String, byte[]> files = new ConcurrentHashMap<>();

        @Override
        public AssetRef put(AttemptId attempt, int index, Artifact artifact) {
            String key = attempt + "/" + index;
            files.put(key, artifact.bytes());
            return new AssetRef(
                    key, artifact.mediaType(), artifact.bytes().length, "", artifact.seed(), artifact.safety());
        }

        @Override
        public AssetRef putInput(JobId job, String name, String mediaType, byte[] bytes) {
            String key = job + "/input/" + name;
            files.put(key, bytes);
            return new AssetRef(key, mediaType, bytes.length, "", 0);
        }

        @Override
        public void removeInputs(JobId job) {
            files.keySet().removeIf(key -> key.startsWith(job + "/input/"));
        }

        @Override
        public InputStream open(AssetRef ref) throws IOException {
            byte[] bytes = files.get(ref.key());
            if (bytes == null) {
                throw new NoSuchFileException(ref.key());
            }
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public boolean holds(AssetRef ref) {
            return files.containsKey(ref.key());
        }
    }

    /** An engine whose run is what the test says. */
    private record Doing(Work work) implements Engine {
        interface Work {
            List<Drawing> run(RunMonitor monitor) throws EngineException;
        }

        @Override
        public String name() {
            return "doing";
        }

        @Override
        public Set<String> models() {
            return Set.of(MODEL);
        }

        @Override
        public Set<String> resident() {
            return Set.of();
        }

        @Override
        public List<Drawing> run(AttemptId attempt, InferenceRequest request, RunMonitor monitor)
                throws EngineException {
            return work.run(monitor);
        }

        @Override
        public void close() {}
    }

    private static ImageRequest request(int steps, Optional<FaultPlan> fault) {
        return new ImageRequest(MODEL, "bars", "", 16, 16, steps, Sampler.EULER, 1, 5, 1, 2, fault);
    }

    private static ImageRequest request(FaultPlan.Kind kind) {
        return request(4, Optional.of(new FaultPlan(kind, Phase.DENOISING, 2, true, 1)));
    }

    private ActorRef<InferenceActor.Command> idleActor(Engine engine) {
        ActorRef<InferenceActor.Command> actor =
                KIT.spawn(InferenceActor.create(ID, engine, store, safety, owner.ref()));
        owner.expectMessageClass(InferenceActor.Idle.class);
        return actor;
    }

    private ActorRef<InferenceActor.Command> idleActor() {
        return idleActor(new FaultEngine(FaultSettings.instant(Set.of(MODEL))));
    }

    @Test
    void previewsAreMadeAsWishedAndAfterTheStepThatTheyShow() {
        ActorRef<InferenceActor.Command> actor = idleActor(new Doing(monitor -> {
            while (!monitor.wantsPreview(2)) {
                Thread.onSpinWait();
            }
            for (int step = 1; step <= 6; step++) {
                monitor.at(new Position(Phase.DENOISING, step, 6));
                if (monitor.wantsPreview(step)) {
                    monitor.preview(new Picture(4, 2, new byte[4 * 2 * 3]));
                }
            }
            return List.of();
        }));
        actor.tell(new InferenceActor.Run(FIRST, request(6, Optional.empty())));
        actor.tell(new InferenceActor.ShowPreviews(SECOND, new PreviewWish(1, 9)));
        actor.tell(new InferenceActor.ShowPreviews(FIRST, new PreviewWish(2, 2)));

        List<Position> shown = new ArrayList<>();
        Position reached = new Position(Phase.STARTING, 0, 1);
        InferenceActor.Event event = owner.receiveMessage(Duration.ofSeconds(10));
        while (!(event instanceof InferenceActor.Produced)) {
            switch (event) {
                case InferenceActor.Advanced it -> reached = it.position();
                case InferenceActor.Previewed it -> {
                    assertThat(it.preview().position()).isEqualTo(reached);
                    assertThat(it.preview().width()).isEqualTo(4);
                    assertThat(Base64.getDecoder().decode(it.preview().jpeg())).startsWith(0xFF, 0xD8);
                    shown.add(reached);
                }
                default -> assertThat(event).isInstanceOf(InferenceActor.Heartbeat.class);
            }
            event = owner.receiveMessage(Duration.ofSeconds(10));
        }
        assertThat(shown).containsExactly(new Position(Phase.DENOISING, 2, 6), new Position(Phase.DENOISING, 4, 6));
    }

    /** Everything up to the first word that is neither an advance nor a heartbeat, and that word. */
    private List<Position> positionsUntil(Class<? extends InferenceActor.Event> last) {
        List<Position> positions = new ArrayList<>();
        while (true) {
            switch (owner.receiveMessage(Duration.ofSeconds(10))) {
                case InferenceActor.Advanced it -> positions.add(it.position());
                case InferenceActor.Heartbeat _ -> {}
                case InferenceActor.Event it -> {
                    assertThat(it).isInstanceOf(last);
                    end = it;
                    return positions;
                }
            }
        }
    }

    private InferenceActor.Event end = new InferenceActor.Idle(ID, Set.of());

    private InferenceActor.Ended ended() {
        positionsUntil(InferenceActor.Ended.class);
        return (InferenceActor.Ended) end;
    }

    private void waitForPosition(Position position) {
        Position seen;
        do {
            seen = owner.receiveMessage(Duration.ofSeconds(10)) instanceof InferenceActor.Advanced it
                    ? it.position()
                    : Position.entering(Phase.STARTING, 1);
        } while (!seen.equals(position));
    }

    @Test
    void anAttemptAdvancesThroughItsPhasesAndItsPicturesAreStored() {
        ActorRef<InferenceActor.Command> actor = idleActor();
        actor.tell(new InferenceActor.Run(FIRST, request(3, Optional.empty())));

        List<Position> positions = positionsUntil(InferenceActor.Produced.class);

        assertThat(positions).isSorted().contains(new Position(Phase.DENOISING, 3, 3));
        assertThat(positions.stream().map(Position::phase).distinct())
                .containsExactly(
                        Phase.STARTING,
                        Phase.LOADING,
                        Phase.ENCODING,
                        Phase.DENOISING,
                        Phase.DECODING,
                        Phase.UPLOADING);
        InferenceActor.Produced produced = (InferenceActor.Produced) end;
        assertThat(produced.assets()).extracting(AssetRef::seed).containsExactly(5L, 6L);
        assertThat(produced.assets()).allMatch(store::holds);
        owner.expectMessage(new InferenceActor.RunnerReturned(ID, FIRST));
        assertThat(owner.expectMessageClass(InferenceActor.Idle.class).resident())
                .containsExactly(MODEL);
    }

    @Test
    void aBusyActorRefusesAnotherAttempt() {
        ActorRef<InferenceActor.Command> actor = idleActor();
        actor.tell(new InferenceActor.Run(FIRST, request(FaultPlan.Kind.COOPERATIVE_STALL)));
        actor.tell(new InferenceActor.Run(SECOND, request(3, Optional.empty())));

        assertThat(ended().attempt()).isEqualTo(SECOND);
        assertThat(((InferenceActor.Ended) end).code()).isEqualTo("drover:slot.busy");
        actor.tell(new InferenceActor.Stop());
    }

    @ParameterizedTest
    @EnumSource(names = {"COOPERATIVE_STALL", "SWING"})
    void aCancelledAttemptGivesItsThreadBack(FaultPlan.Kind kind) {
        ActorRef<InferenceActor.Command> actor = idleActor();
        actor.tell(new InferenceActor.Run(FIRST, request(kind)));
        waitForPosition(new Position(Phase.DENOISING, 2, 4));
        actor.tell(new InferenceActor.Cancel(SECOND, "another attempt's"));
        actor.tell(new InferenceActor.Cancel(FIRST, "a test"));

        InferenceActor.Ended ended = ended();

        assertThat(ended.cancelled()).isTrue();
        assertThat(ended.retryable()).isTrue();
        owner.expectMessage(new InferenceActor.RunnerReturned(ID, FIRST));
        owner.expectMessageClass(InferenceActor.Idle.class);
        actor.tell(new InferenceActor.Run(SECOND, request(1, Optional.empty())));
        positionsUntil(InferenceActor.Produced.class);
    }

    @Test
    void aRunnerThatDoesNotComeBackIsNotWaitedFor() {
        ActorRef<InferenceActor.Command> stuck = idleActor();
        stuck.tell(new InferenceActor.Run(FIRST, request(FaultPlan.Kind.JAVA_SLEEP)));
        waitForPosition(new Position(Phase.DENOISING, 2, 4));
        stuck.tell(new InferenceActor.Cancel(FIRST, "a test"));
        stuck.tell(new InferenceActor.Stop());
        owner.expectTerminated(stuck, Duration.ofSeconds(5));
        InferenceActor.Idle mark = new InferenceActor.Idle(new InferenceActor.Id("mark", 0, 0), Set.of());
        owner.ref().tell(mark);
        owner.fishForMessage(
                Duration.ofSeconds(5),
                word -> word.equals(mark) ? FishingOutcomes.complete() : FishingOutcomes.continueAndIgnore());

        // Its thread still says every 100 ms that it is alive; that reaches nobody any more.
        owner.expectNoMessage(Duration.ofMillis(300));
    }

    @Test
    void aResultThatIsFinishedWhileItIsCancelledIsKept() {
        ActorRef<InferenceActor.Command> actor = idleActor(new Doing(monitor -> {
            monitor.at(Position.entering(Phase.DECODING, 1));
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            return List.of(new Drawing(new Picture(1, 1, new byte[3]), 5, Map.of()));
        }));
        actor.tell(new InferenceActor.Run(FIRST, request(1, Optional.empty())));
        waitForPosition(Position.entering(Phase.DECODING, 1));
        actor.tell(new InferenceActor.Cancel(FIRST, "too late"));

        positionsUntil(InferenceActor.Produced.class);
    }

    @Test
    void anEnginesFailureIsReportedByItsCode() {
        ActorRef<InferenceActor.Command> actor = idleActor();
        actor.tell(new InferenceActor.Run(FIRST, request(FaultPlan.Kind.THROW)));

        assertThat(ended().code()).isEqualTo("drover:engine.failed");
        assertThat(((InferenceActor.Ended) end).unusable()).isFalse();

        owner.expectMessageClass(InferenceActor.RunnerReturned.class);
        owner.expectMessageClass(InferenceActor.Idle.class);
        actor.tell(new InferenceActor.Run(
                SECOND, new ImageRequest("other", "", "", 16, 16, 1, Sampler.EULER, 1, 5, 1, 1, Optional.empty())));
        assertThat(ended().retryable()).isFalse();
    }

    @Test
    void anEngineIsHandedTheInputsOfItsJob() {
        AssetRef source = store.putInput(FIRST.job(), "source", "image/png", new byte[] {1, 2, 3});
        AssetRef shortened = new AssetRef(source.key(), "image/png", 4, "", 0);
        List<byte[]> read = new ArrayList<>();
        ActorRef<InferenceActor.Command> actor = idleActor(new Doing(monitor -> {
            read.add(monitor.input(source));
            read.add(monitor.input(shortened));
            return List.of();
        }));
        actor.tell(new InferenceActor.Run(FIRST, request(1, Optional.empty())));

        assertThat(ended().reason()).contains("it has 3 bytes; expected 4");
        assertThat(read).hasSize(1);
        assertThat(read.getFirst()).containsExactly(1, 2, 3);
    }

    @Test
    void wantOfMemoryMakesTheProcessUnusable() {
        ActorRef<InferenceActor.Command> actor = idleActor(new Doing(monitor -> {
            throw new OutOfMemoryError("a test");
        }));
        actor.tell(new InferenceActor.Run(FIRST, request(1, Optional.empty())));

        assertThat(ended().unusable()).isTrue();
        assertThat(((InferenceActor.Ended) end).code()).isEqualTo("drover:engine.out-of-memory");
    }

    @Test
    void wantOfStackDoesNot() {
        ActorRef<InferenceActor.Command> actor = idleActor(new Doing(monitor -> recurse(0)));
        actor.tell(new InferenceActor.Run(FIRST, request(1, Optional.empty())));

        assertThat(ended().unusable()).isFalse();
        assertThat(((InferenceActor.Ended) end).code()).isEqualTo("drover:engine.failed");
    }

    @Test
    void aLibraryThatDoesNotLoadMakesTheProcessUnusable() {
        ActorRef<InferenceActor.Command> actor = idleActor(new Doing(monitor -> {
            throw new UnsatisfiedLinkError("no libtorch");
        }));
        actor.tell(new InferenceActor.Run(FIRST, request(1, Optional.empty())));

        assertThat(ended().unusable()).isTrue();
        assertThat(((InferenceActor.Ended) end).code()).isEqualTo("drover:engine.broken");
    }

    @Test
    void attemptsRunOnANamedThread() {
        List<String> threads = new ArrayList<>();
        ActorRef<InferenceActor.Command> actor = idleActor(new Doing(monitor -> {
            threads.add(Thread.currentThread().getName());
            return List.of();
        }));
        actor.tell(new InferenceActor.Run(FIRST, request(1, Optional.empty())));
        positionsUntil(InferenceActor.Produced.class);

        assertThat(threads).containsExactly("runner-gpu0-1");
    }

    /** A safety check that says what the test says. */
    private record Saying(boolean forbids, Judge judge) implements Safety {
        interface Judge {
            SafetyResult of(Picture picture) throws EngineException;
        }

        @Override
        public boolean forbids(String prompt) {
            return forbids;
        }

        @Override
        public SafetyResult judge(String prompt, SafetyPolicy policy, Picture picture) throws EngineException {
            return judge.of(picture);
        }
    }

    private Picture stored(AssetRef asset) throws IOException {
        try {
            return SourceImages.decode(store.open(asset).readAllBytes(), SourceImages.Limits.HORDE);
        } catch (BadImageException e) {
            throw new AssertionError(asset + " is no picture", e);
        }
    }

    private static ImageRequest checked() {
        return request(2, Optional.empty()).withSafety(SafetyPolicy.MARK);
    }

    @Test
    void picturesAreCheckedBeforeTheyAreStored() throws IOException {
        List<Picture> seen = new ArrayList<>();
        safety = new Saying(false, picture -> {
            assertThat(store.files).isEmpty();
            seen.add(picture);
            return seen.size() == 1 ? SafetyResult.NSFW : SafetyResult.CENSORED;
        });
        ActorRef<InferenceActor.Command> actor = idleActor();
        actor.tell(new InferenceActor.Run(FIRST, checked()));

        List<Position> positions = positionsUntil(InferenceActor.Produced.class);

        assertThat(positions)
                .isSorted()
                .containsSubsequence(
                        new Position(Phase.CHECKING, 0, 2),
                        new Position(Phase.CHECKING, 1, 2),
                        new Position(Phase.CHECKING, 2, 2),
                        new Position(Phase.UPLOADING, 0, 2),
                        new Position(Phase.UPLOADING, 2, 2));
        List<AssetRef> assets = ((InferenceActor.Produced) end).assets();
        assertThat(assets).extracting(AssetRef::safety).containsExactly(SafetyResult.NSFW, SafetyResult.CENSORED);
        assertThat(stored(assets.get(0)).rgb()).isEqualTo(seen.get(0).rgb());
        Picture placeholder = stored(assets.get(1));
        assertThat(placeholder.rgb())
                .startsWith(0x80, 0x80, 0x80)
                .isNotEqualTo(seen.get(1).rgb());
        assertThat(placeholder.width()).isEqualTo(seen.get(1).width());
        assertThat(assets.get(1).seed()).isEqualTo(6);
    }

    @Test
    void aPictureThatCouldNotBeCheckedIsNotStored() {
        safety = new Saying(false, _ -> {
            throw new EngineException.SafetyFailed("it was dark", false);
        });
        ActorRef<InferenceActor.Command> actor = idleActor();
        actor.tell(new InferenceActor.Run(FIRST, checked()));

        assertThat(ended().code()).isEqualTo("drover:safety.failed");
        assertThat(((InferenceActor.Ended) end).retryable()).isTrue();
        assertThat(((InferenceActor.Ended) end).unusable()).isFalse();
        assertThat(store.files).isEmpty();
    }

    @Test
    void aCheckThatHangsMakesTheProcessUnusable() {
        safety = new Saying(false, _ -> {
            throw new EngineException.SafetyFailed("it is still dark", true);
        });
        ActorRef<InferenceActor.Command> actor = idleActor();
        actor.tell(new InferenceActor.Run(FIRST, checked()));

        assertThat(ended().unusable()).isTrue();
    }

    @Test
    void whereNothingChecksAPolicyWithholdsAndNoneDelivers() {
        ActorRef<InferenceActor.Command> actor = idleActor();
        actor.tell(new InferenceActor.Run(FIRST, checked()));
        assertThat(ended().code()).isEqualTo("drover:safety.unavailable");
        owner.expectMessageClass(InferenceActor.RunnerReturned.class);
        owner.expectMessageClass(InferenceActor.Idle.class);

        actor.tell(new InferenceActor.Run(SECOND, request(2, Optional.empty())));
        positionsUntil(InferenceActor.Produced.class);
        assertThat(((InferenceActor.Produced) end).assets())
                .extracting(AssetRef::safety)
                .containsOnly(SafetyResult.UNCHECKED);
    }

    @Test
    void whatIsForbiddenIsNotEvenMade() throws IOException {
        safety = new Saying(true, _ -> {
            throw new AssertionError("there is nothing to look at");
        });
        ActorRef<InferenceActor.Command> actor = idleActor(new Doing(_ -> {
            throw new AssertionError("it was made");
        }));
        actor.tell(new InferenceActor.Run(FIRST, checked()));
        positionsUntil(InferenceActor.Produced.class);

        List<AssetRef> assets = ((InferenceActor.Produced) end).assets();
        assertThat(assets).hasSize(2).allMatch(asset -> asset.safety() == SafetyResult.CSAM);
        assertThat(assets).extracting(AssetRef::seed).containsExactly(5L, 6L);
        assertThat(stored(assets.get(0)).rgb()).hasSize(3 * 16 * 16).contains(0x80);
    }

    @ParameterizedTest
    @EnumSource
    void picturesAreWrittenAsTheRequestSays(OutputFormat.Kind kind) throws IOException {
        ActorRef<InferenceActor.Command> actor = idleActor();
        actor.tell(new InferenceActor.Run(FIRST, request(1, Optional.empty()).withFormat(OutputFormat.of(kind))));
        positionsUntil(InferenceActor.Produced.class);

        AssetRef asset = ((InferenceActor.Produced) end).assets().getFirst();
        assertThat(asset.mediaType()).isEqualTo(kind.mediaType());
        assertThat(ImageIO.read(store.open(asset)).getWidth()).isEqualTo(16);
    }

    @Test
    void aFormatWithoutRoomForThePictureIsRefused() {
        ActorRef<InferenceActor.Command> actor = idleActor();
        ImageRequest wide = new ImageRequest(
                        MODEL, "bars", "", 20_000, 1, 1, Sampler.EULER, 1, 5, 1, 1, Optional.empty())
                .withFormat(OutputFormat.HORDE);
        actor.tell(new InferenceActor.Run(FIRST, wide));

        assertThat(ended().retryable()).isFalse();
        assertThat(((InferenceActor.Ended) end).reason()).contains("webp file has at most 16383 pixels a side");
    }

    /** Ends after 2^31 calls, which no stack holds. */
    private static List<Drawing> recurse(int depth) {
        return depth == Integer.MAX_VALUE ? List.of() : new ArrayList<>(recurse(depth + 1));
    }
}
