package drover.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import drover.delivery.DirectoryAssetStore;
import drover.inference.AttemptId;
import drover.inference.Drawing;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.FaultPlan;
import drover.inference.ImageRequest;
import drover.inference.InferenceRequest;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.RunMonitor;
import drover.inference.fault.FaultEngine;
import drover.job.AttemptOutcome;
import drover.safety.SafetyParts;
import drover.watchdog.PhaseTimeouts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guardian of a GPU process, in this process, on manual time, with a real engine and real runner threads. */
class NodeTest {
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("a"), 1);
    private static final AttemptId OTHER = new AttemptId(new JobId("b"), 1);
    private static final Duration STEP = Duration.ofMillis(500);
    private static final Duration REAL = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private final ActorTestKit kit = ActorTestKit.create(ManualTime.config());
    private final ManualTime time = ManualTime.get(kit.system());
    private final AtomicLong nanos = new AtomicLong();
    private final TestProbe<NodeKeeper.FromNode> keeper = kit.createTestProbe();
    private final TestProbe<Integer> exits = kit.createTestProbe();
    private final CompletableFuture<Engine> engine = new CompletableFuture<>();
    private ActorRef<Node.Command> node = kit.<Node.Command>createTestProbe().ref();

    @BeforeEach
    void start() throws IOException {
        PhaseTimeouts timeouts = PhaseTimeouts.builder()
                .inferenceStep(Duration.ofSeconds(2))
                .cancelGrace(Duration.ofSeconds(1))
                .restartGrace(Duration.ofSeconds(1))
                .build();
        Node.Identity identity =
                new Node.Identity("cpu0", 3, 42, timeouts, Duration.ofSeconds(30), Duration.ofSeconds(12));
        Node.Host host = new Node.Host(
                DirectoryAssetStore.open(folder),
                () -> new NodeMemory(1, 2, 3, 4),
                code -> exits.ref().tell(code),
                levels -> {},
                nanos::get,
                InstantSource.system(),
                SafetyParts.withoutChecker());
        node = kit.spawn(Node.create(identity, host, engine, keeper.ref()));
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private void open() {
        engine.complete(new FaultEngine(ControlFixture.engine(Duration.ZERO)));
        assertThat(fish(NodeKeeper.Hello.class).models()).containsExactly(Requests.MODEL);
    }

    private void openWith(int actors) {
        open();
        node.tell(new Node.Resize(actors));
        for (int i = 0; i < actors; i++) {
            fish(NodeKeeper.SlotIdle.class);
        }
    }

    @Test
    void aSlotWithoutWorkAsksAnotherBoardAtOnce() {
        openWith(2);
        node.tell(new Node.AskAgain());
        assertThat(List.of(
                        fish(NodeKeeper.SlotIdle.class).slot(),
                        fish(NodeKeeper.SlotIdle.class).slot()))
                .containsExactlyInAnyOrder(0, 1);
    }

    @Test
    void modelsThatHaveComeAreAskedForAtOnce() {
        FaultEngine real = new FaultEngine(ControlFixture.engine(Duration.ZERO));
        AtomicBoolean more = new AtomicBoolean();
        engine.complete(new Engine() {
            @Override
            public String name() {
                return real.name();
            }

            @Override
            public Set<String> models() {
                return more.get() ? Set.of(Requests.MODEL, "new") : real.models();
            }

            @Override
            public boolean rescan() {
                more.set(true);
                return true;
            }

            @Override
            public Set<String> resident() {
                return real.resident();
            }

            @Override
            public List<Drawing> run(AttemptId attempt, InferenceRequest request, RunMonitor monitor)
                    throws EngineException {
                return real.run(attempt, request, monitor);
            }

            @Override
            public void close() {
                real.close();
            }
        });
        fish(NodeKeeper.Hello.class);
        node.tell(new Node.Resize(1));
        fish(NodeKeeper.SlotIdle.class);

        node.tell(new Node.LookForModels());
        assertThat(fish(NodeKeeper.Hello.class).models()).containsExactlyInAnyOrder(Requests.MODEL, "new");
        assertThat(fish(NodeKeeper.SlotIdle.class).slot()).isZero();
    }

    private void run(int slot, AttemptId attempt, ImageRequest request) {
        node.tell(new Node.Run(slot, attempt, request, List.of()));
    }

    private void runStuck(FaultPlan.Kind kind) {
        run(0, ATTEMPT, Requests.failingOnce(kind, false));
        awaitTold(Phase.DENOISING, 4);
    }

    /** What follows soon after another word is told a moment later by the node's clock, which stands still here. */
    private void awaitTold(Phase phase, int step) {
        await().atMost(REAL).untilAsserted(() -> {
            nanos.addAndGet(NodeSlots.TELL_PAUSE.toNanos());
            time.timePasses(NodeSlots.TELL_PAUSE);
            keeper.fishForMessage(
                    Duration.ofMillis(500),
                    word -> word instanceof NodeKeeper.Advanced it
                                    && it.position().phase() == phase
                                    && it.position().step() == step
                            ? FishingOutcomes.complete()
                            : FishingOutcomes.continueAndIgnore());
        });
    }

    /** In small steps, because the watchdog takes a jump for its own sleep. */
    private void pass(Duration duration) {
        for (long ms = 0; ms < duration.toMillis(); ms += STEP.toMillis()) {
            nanos.addAndGet(STEP.toNanos());
            time.timePasses(STEP);
            node.tell(new Node.StillHere());
        }
    }

    private <T extends NodeKeeper.FromNode> T fish(Class<T> kind) {
        return kind.cast(keeper.fishForMessage(
                        REAL,
                        word -> kind.isInstance(word)
                                ? FishingOutcomes.complete()
                                : FishingOutcomes.continueAndIgnore())
                .getLast());
    }

    @Test
    void aStandbyAsksForNothingUntilItIsGivenActors() {
        open();
        node.tell(new Node.Resize(0));
        pass(Duration.ofSeconds(2));
        assertThat(fish(NodeKeeper.Alive.class).launch()).isEqualTo(3);
        node.tell(new Node.Resize(2));
        assertThat(fish(NodeKeeper.SlotIdle.class).slot()).isBetween(0, 1);
    }

    @Test
    void anEngineThatDoesNotOpenIsReportedAndEndsTheProcess() {
        engine.completeExceptionally(new EngineException.Unsupported("no such device"));

        assertThat(fish(NodeKeeper.StartFailed.class).code()).isEqualTo("drover:engine.unsupported");
        time.timePasses(Duration.ofSeconds(1));
        exits.expectMessage(REAL, NodeExit.START_FAILED);
    }

    @Test
    void aResultIsReportedUntilItIsRecorded() {
        openWith(1);
        run(0, ATTEMPT, Requests.healthy(2));
        NodeKeeper.Produced produced = fish(NodeKeeper.Produced.class);
        assertThat(produced.assets()).hasSize(1);
        time.timePasses(Node.PULSE);
        assertThat(fish(NodeKeeper.Produced.class)).isEqualTo(produced);
        node.tell(new Node.Recorded(ATTEMPT));
        run(0, OTHER, Requests.healthy(2));
        time.timePasses(Node.PULSE);
        assertThat(fish(NodeKeeper.Produced.class).attempt()).isEqualTo(OTHER);
    }

    @Test
    void aRunnerThatComesBackCostsItsActorAndNotTheProcess() {
        openWith(1);
        runStuck(FaultPlan.Kind.COOPERATIVE_STALL);
        pass(Duration.ofSeconds(4));

        assertThat(fish(NodeKeeper.ActorRestarted.class).stall().attempt()).isEqualTo(ATTEMPT);
        NodeKeeper.AttemptEnded ended = fish(NodeKeeper.AttemptEnded.class);
        assertThat(ended.end().outcome()).isEqualTo(AttemptOutcome.STALLED);
        assertThat(ended.end().code()).isEqualTo(NodeKeeper.STALLED);
        assertThat(fish(NodeKeeper.SlotIdle.class).slot()).isZero();
        run(0, OTHER, Requests.healthy(2));
        assertThat(fish(NodeKeeper.Produced.class).attempt()).isEqualTo(OTHER);
    }

    @Test
    void aRunnerThatStaysAwayCostsTheProcessAndTheNodeHaltsIfNobodyEndsIt() {
        openWith(2);
        runStuck(FaultPlan.Kind.JAVA_SLEEP);
        pass(Duration.ofSeconds(4));

        NodeKeeper.ReplaceMe asked = fish(NodeKeeper.ReplaceMe.class);
        assertThat(asked.reason()).isInstanceOf(ReplaceReason.Stalled.class);
        assertThat(fish(NodeKeeper.SlotClosed.class).slot()).isEqualTo(1);
        run(1, OTHER, Requests.healthy(2));
        assertThat(fish(NodeKeeper.AttemptEnded.class).end().outcome()).isEqualTo(AttemptOutcome.HANDED_BACK);
        pass(Duration.ofSeconds(12));
        exits.expectMessage(REAL, NodeExit.SELF_HALT);
    }

    @Test
    void theNeighbourOfAStuckRunnerFinishes() {
        openWith(2);
        ImageRequest slow = Requests.failingOnce(FaultPlan.Kind.CRAWL, false);
        runStuck(FaultPlan.Kind.JAVA_SLEEP);
        pass(Duration.ofMillis(2500)); // It is cancelled and does not come back.
        run(1, OTHER, slow);
        fish(NodeKeeper.Advanced.class);
        pass(Duration.ofSeconds(1));

        fish(NodeKeeper.ReplaceMe.class);
        node.tell(new Node.StillHere());
        pass(Node.PULSE); // What it finished before that is said again.
        assertThat(fish(NodeKeeper.Produced.class).attempt()).isEqualTo(OTHER);
        exits.expectNoMessage(Duration.ofMillis(50));
    }

    @Test
    void fewerActorsMeansThatTheExtraOnesFinishFirst() {
        openWith(2);
        run(1, OTHER, Requests.failingOnce(FaultPlan.Kind.CRAWL, false));
        fish(NodeKeeper.Advanced.class);
        node.tell(new Node.Resize(1));

        assertThat(fish(NodeKeeper.Produced.class).attempt()).isEqualTo(OTHER);
        assertThat(fish(NodeKeeper.SlotClosed.class).slot()).isEqualTo(1);
        run(0, ATTEMPT, Requests.healthy(1));
        assertThat(fish(NodeKeeper.Produced.class).attempt()).isEqualTo(ATTEMPT);
    }

    @Test
    void aDrainedNodeHandsBackWhatTakesTooLong() {
        openWith(1);
        runStuck(FaultPlan.Kind.COOPERATIVE_STALL);
        node.tell(new Node.Drain(Duration.ofMillis(500)));
        pass(Duration.ofMillis(600));

        NodeKeeper.AttemptEnded ended = fish(NodeKeeper.AttemptEnded.class);
        assertThat(ended.end().outcome()).isEqualTo(AttemptOutcome.HANDED_BACK);
        node.tell(new Node.Recorded(ATTEMPT));
        fish(NodeKeeper.Drained.class);
        exits.expectMessage(REAL, NodeExit.DONE);
    }

    @Test
    void aCancelledAttemptFreesItsSlot() {
        openWith(1);
        runStuck(FaultPlan.Kind.COOPERATIVE_STALL);
        node.tell(new Node.Cancel(0, ATTEMPT, "withdrawn"));

        assertThat(fish(NodeKeeper.AttemptEnded.class).end().code()).isEqualTo("drover:engine.cancelled");
        assertThat(fish(NodeKeeper.SlotIdle.class).slot()).isZero();
    }

    @Test
    void withoutAWordOfItsKeeperANodeEnds() {
        openWith(1);
        time.timePasses(Duration.ofSeconds(31));

        exits.expectMessage(REAL, NodeExit.ORPHANED);
    }
}
