package drover.node;

import static org.assertj.core.api.Assertions.assertThat;

import drover.board.JobBoard;
import drover.board.SlotCommand;
import drover.board.SlotId;
import drover.inference.AssetRef;
import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.inference.fault.FaultSettings;
import drover.job.AttemptOutcome;
import drover.job.AttemptTimings;
import drover.watchdog.Incident;
import drover.watchdog.NodeSilent;
import drover.watchdog.Stall;
import drover.watchdog.Watchdog;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The keeper on manual time, with processes that exist in memory only. */
class NodeKeeperTest {
    private static final AttemptId ATTEMPT = new AttemptId(new JobId("a"), 1);
    private static final AttemptId SIBLING = new AttemptId(new JobId("b"), 1);
    private static final Duration REAL = Duration.ofSeconds(10);

    private final ActorTestKit kit = ActorTestKit.create(ManualTime.config());
    private final ManualTime time = ManualTime.get(kit.system());
    private final AtomicLong millis = new AtomicLong();
    private final TestProbe<JobBoard.Command> board = kit.createTestProbe();
    private final TestProbe<Watchdog.Command> watchdog = kit.createTestProbe();
    private final TestProbe<Incident> incidents = kit.createTestProbe();
    private final TestProbe<ClusterUndertaker.Command> undertaker = kit.createTestProbe();
    private final TestProbe<NodeSupervisor.KeeperSaid> statuses = kit.createTestProbe();
    private final LinkedBlockingQueue<MemoryProcess> launched = new LinkedBlockingQueue<>();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    /** A process that ends when it is killed. */
    private record MemoryProcess(Bootstrap bootstrap, CompletableFuture<Integer> onExit) implements NodeProcess {
        @Override
        public long pid() {
            return 1_000_000_000L + bootstrap.launch();
        }

        @Override
        public void dismiss() {
            onExit.complete(NodeExit.ORPHANED);
        }

        @Override
        public void kill() {
            onExit.complete(137);
        }
    }

    private NodeSettings settings(boolean standby) {
        Path folder = Path.of("unused");
        return ControlFixture.settings(folder, 2, standby, FaultSettings.instant(Set.of(Requests.MODEL)));
    }

    private ActorRef<NodeKeeper.Command> keeper(boolean standby) {
        ProcessLauncher launcher = (device, process, bootstrap) -> {
            MemoryProcess started = new MemoryProcess(bootstrap, new CompletableFuture<>());
            launched.add(started);
            return started;
        };
        NodeKeeper.Links links = new NodeKeeper.Links(
                board.ref(),
                watchdog.ref(),
                incidents.ref(),
                undertaker.ref(),
                statuses.ref(),
                launcher,
                new StackCapture(Path.of("no-jcmd")),
                this::now,
                Duration.ofMillis(100),
                Membership.at("127.0.0.1"),
                "pekko://drover@127.0.0.1:1");
        return kit.spawn(NodeKeeper.create(links, GpuDevice.cpu(0), settings(standby), NodeKeeper.Past.NONE));
    }

    private MemoryProcess process() throws InterruptedException {
        MemoryProcess process = launched.poll(REAL.toSeconds(), TimeUnit.SECONDS);
        assertThat(process).as("a process that was launched").isNotNull();
        return process;
    }

    private Instant now() {
        return Instant.ofEpochMilli(millis.get());
    }

    private void pass(Duration duration) {
        millis.addAndGet(duration.toMillis());
        time.timePasses(duration);
    }

    /** The node's side of a launch. */
    private final class Peer {
        private final ActorRef<NodeKeeper.Command> keeper;
        private final long launch;
        private final TestProbe<Node.Command> probe = kit.createTestProbe();

        private Peer(ActorRef<NodeKeeper.Command> keeper, long launch) {
            this.keeper = keeper;
            this.launch = launch;
        }

        private Peer hello() {
            keeper.tell(new NodeKeeper.Hello(launch, 1, "fault", Set.of(Requests.MODEL), Set.of(), probe.ref()));
            return this;
        }

        private SlotId slot(int index) {
            return new SlotId("cpu0", launch, index);
        }

        private ActorRef<SlotCommand> idle(int index) {
            keeper.tell(new NodeKeeper.SlotIdle(launch, index, Set.of(), true));
            JobBoard.SlotIdle asked = fish(JobBoard.SlotIdle.class);
            assertThat(asked.slot()).isEqualTo(slot(index));
            return asked.keeper();
        }

        private void run(int index, AttemptId attempt) {
            idle(index)
                    .tell(new SlotCommand.Offer(
                            slot(index), attempt, Requests.healthy(4), now().plusSeconds(60), List.of()));
            probe.fishForMessage(
                    REAL,
                    word -> word.equals(new Node.Run(index, attempt, Requests.healthy(4), List.of()))
                            ? FishingOutcomes.complete()
                            : FishingOutcomes.continueAndIgnore());
        }
    }

    private Peer running(ActorRef<NodeKeeper.Command> keeper) throws InterruptedException {
        Peer peer = new Peer(keeper, process().bootstrap().launch()).hello();
        peer.probe.expectMessage(new Node.Resize(2));
        return peer;
    }

    private <T extends JobBoard.Command> T fish(Class<T> kind) {
        List<JobBoard.Command> found = board.fishForMessage(
                REAL, word -> kind.isInstance(word) ? FishingOutcomes.complete() : FishingOutcomes.continueAndIgnore());
        return kind.cast(found.getLast());
    }

    private NodeStatus statusIn(NodeState state) {
        for (int i = 0; i < 50; i++) {
            time.timePasses(Duration.ofMillis(100));
            NodeStatus status = statuses.receiveMessage(REAL).status();
            if (status.state() == state) {
                return status;
            }
        }
        throw new AssertionError("the node never was " + state);
    }

    private static Stall stall(AttemptId attempt, String watchdog) {
        return new Stall(
                attempt,
                Requests.MODEL,
                new Position(Phase.DENOISING, 2, 4),
                Duration.ofSeconds(16),
                Optional.empty(),
                0,
                Duration.ofSeconds(15),
                "configured",
                watchdog,
                Instant.EPOCH);
    }

    @Test
    void theBoardHearsOfModelsThatHaveComeSince() throws Exception {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        Peer peer = running(keeper);
        keeper.tell(new NodeKeeper.LookForModels());
        peer.probe.fishForMessage(
                REAL,
                word -> word instanceof Node.LookForModels
                        ? FishingOutcomes.complete()
                        : FishingOutcomes.continueAndIgnore());
        keeper.tell(new NodeKeeper.Hello(
                peer.launch, 1, "fault", Set.of(Requests.MODEL, "new"), Set.of(), peer.probe.ref()));
        keeper.tell(new NodeKeeper.SlotIdle(peer.launch, 0, Set.of(), true));
        assertThat(fish(JobBoard.SlotIdle.class).models()).containsExactlyInAnyOrder(Requests.MODEL, "new");
    }

    @Test
    void workGoesToTheNodeAndItsResultToTheBoardUntilItIsRecorded() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        Peer peer = running(keeper);
        peer.run(0, ATTEMPT);
        assertThat(watchdog.receiveMessage()).isInstanceOf(Watchdog.Listen.class);
        assertThat(watchdog.receiveMessage()).isInstanceOf(Watchdog.Watch.class);
        List<AssetRef> assets = List.of(new AssetRef("a/1/0.png", "image/png", 3, "00", 7));
        keeper.tell(new NodeKeeper.Produced(peer.launch, 0, ATTEMPT, assets, AttemptTimings.NONE));

        JobBoard.Produced told = fish(JobBoard.Produced.class);
        assertThat(told.assets()).isEqualTo(assets);
        watchdog.expectMessage(new Watchdog.Unwatch(ATTEMPT));
        pass(Duration.ofSeconds(1));
        assertThat(fish(JobBoard.Produced.class).attempt()).isEqualTo(ATTEMPT);
        told.keeper().tell(new SlotCommand.ResultRecorded(peer.slot(0), ATTEMPT));
        peer.probe.fishForMessage(
                REAL,
                word -> word.equals(new Node.Recorded(ATTEMPT))
                        ? FishingOutcomes.complete()
                        : FishingOutcomes.continueAndIgnore());
        pass(Duration.ofSeconds(1));
        board.expectNoMessage(Duration.ofMillis(100));
    }

    /** The defect by the name of purge: a recovery that throws away what was finished. */
    @Test
    void purgeAResultThatWasReportedSurvivesTheEndOfItsProcess() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        MemoryProcess process = launched.poll(REAL.toSeconds(), TimeUnit.SECONDS);
        assertThat(process).isNotNull();
        Peer peer = new Peer(keeper, 1).hello();
        peer.run(0, ATTEMPT);
        keeper.tell(new NodeKeeper.Produced(1, 0, ATTEMPT, List.of(), AttemptTimings.NONE));
        fish(JobBoard.Produced.class);

        process.kill();

        undertaker.expectMessage(REAL, new ClusterUndertaker.Bury("launch-cpu0-1"));
        assertThat(fish(JobBoard.SlotGone.class).slot()).isEqualTo(peer.slot(0));
        pass(Duration.ofSeconds(1));
        assertThat(board.receiveMessage(REAL)).isInstanceOf(JobBoard.Produced.class);
    }

    @ParameterizedTest
    @CsvSource({"137, NODE_LOST", "143, NODE_LOST", "139, CRASHED"})
    void theEndOfAProcessIsTheEndOfItsAttemptsAndAnotherOneIsStarted(int code, AttemptOutcome outcome)
            throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        MemoryProcess first = process();
        Peer peer = new Peer(keeper, 1).hello();
        peer.run(1, ATTEMPT);
        first.onExit().complete(code);

        JobBoard.AttemptEnded ended = fish(JobBoard.AttemptEnded.class);
        assertThat(ended.end().outcome()).isEqualTo(outcome);
        assertThat(ended.end().retryable()).isTrue();
        Incident incident = incidents.receiveMessage(REAL);
        assertThat(incident.cause()).isEqualTo(new Incident.Cause.Exited(code));
        assertThat(incident.lost()).containsExactly(ATTEMPT);
        assertThat(process().bootstrap().launch()).isEqualTo(2);
        // What the dead process still had on the way counts for nothing.
        keeper.tell(new NodeKeeper.Advanced(1, 1, ATTEMPT, new Position(Phase.DENOISING, 3, 4)));
        keeper.tell(new NodeKeeper.SlotIdle(1, 1, Set.of(), true));
        board.expectNoMessage(Duration.ofMillis(100));
    }

    /** The defect by the name of wrong victim: the stuck one's neighbour pays. */
    @Test
    void wrongVictimTheHealthyNeighbourGoesOnUntilTheReplacementIsReady() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        MemoryProcess first = process();
        Peer peer = new Peer(keeper, 1).hello();
        peer.run(0, ATTEMPT);
        peer.run(1, SIBLING);
        keeper.tell(new NodeKeeper.ReplaceMe(1, new ReplaceReason.Stalled(0, stall(ATTEMPT, "node"))));

        JobBoard.AttemptEnded stuck = fish(JobBoard.AttemptEnded.class);
        assertThat(stuck.attempt()).isEqualTo(ATTEMPT);
        assertThat(stuck.end().outcome()).isEqualTo(AttemptOutcome.STALLED);
        MemoryProcess second = process();
        keeper.tell(new NodeKeeper.Advanced(1, 1, SIBLING, new Position(Phase.DENOISING, 3, 4)));
        assertThat(fish(JobBoard.Advanced.class).attempt()).isEqualTo(SIBLING);
        assertThat(first.onExit()).isNotDone();

        Peer next = new Peer(keeper, second.bootstrap().launch()).hello();

        JobBoard.AttemptEnded handedBack = fish(JobBoard.AttemptEnded.class);
        assertThat(handedBack.attempt()).isEqualTo(SIBLING);
        assertThat(handedBack.end().outcome()).isEqualTo(AttemptOutcome.HANDED_BACK);
        next.probe.expectMessage(REAL, new Node.Resize(2));
        assertThat(incidents.receiveMessage(REAL).lost()).containsExactly(ATTEMPT, SIBLING);
    }

    @Test
    void aHealthyNeighbourThatFinishesInTimeLosesNothing() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        MemoryProcess first = process();
        Peer peer = new Peer(keeper, 1).hello();
        peer.run(0, ATTEMPT);
        peer.run(1, SIBLING);
        keeper.tell(new NodeKeeper.ReplaceMe(1, new ReplaceReason.Stalled(0, stall(ATTEMPT, "node"))));
        fish(JobBoard.AttemptEnded.class);
        keeper.tell(new NodeKeeper.Produced(1, 1, SIBLING, List.of(), AttemptTimings.NONE));

        assertThat(fish(JobBoard.Produced.class).attempt()).isEqualTo(SIBLING);
        assertThat(incidents.receiveMessage(REAL).lost()).containsExactly(ATTEMPT);
        assertThat(first.onExit()).isCompletedWithValue(137);
    }

    @Test
    void aWarmStandbyTakesOverAtOnce() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(true);
        MemoryProcess first = process();
        new Peer(keeper, 1).hello();
        Peer standby = new Peer(keeper, process().bootstrap().launch()).hello();
        standby.probe.expectMessage(REAL, new Node.Resize(0));
        first.kill();

        standby.probe.fishForMessage(
                REAL,
                word -> word.equals(new Node.Resize(2))
                        ? FishingOutcomes.complete()
                        : FishingOutcomes.continueAndIgnore());
        assertThat(process().bootstrap().launch()).isEqualTo(3);
        assertThat(statusIn(NodeState.RUNNING).launch()).isEqualTo(2);
    }

    @Test
    void processesThatKeepFailingAreHeldBackAndThenQuarantined() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        process().onExit().complete(NodeExit.START_FAILED);
        process().onExit().complete(NodeExit.START_FAILED); // The first new try comes at once.
        assertThat(statusIn(NodeState.BACKING_OFF).note())
                .hasValueSatisfying(n -> assertThat(n).contains("could not start"));
        pass(Duration.ofSeconds(1));
        process().onExit().complete(NodeExit.START_FAILED);
        assertThat(statusIn(NodeState.QUARANTINED).until()).isPresent();
        assertThat(launched).isEmpty();

        keeper.tell(new NodeKeeper.Release());

        running(keeper);
        assertThat(statusIn(NodeState.RUNNING).restarts()).isEqualTo(3);
    }

    @Test
    void aProcessThatNeverSaysHelloIsEnded() throws InterruptedException {
        keeper(false);
        MemoryProcess dumb = process();
        // The start is noted by the keeper a moment after it has happened.
        statusIn(NodeState.LAUNCHING);
        pass(settings(false).limits().launch());

        assertThat(dumb.onExit()).succeedsWithin(REAL).isEqualTo(137);
        assertThat(process().bootstrap().launch()).isEqualTo(2);
    }

    @Test
    void anOfferToANodeThatIsAwayIsHandedBack() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        MemoryProcess first = process();
        Peer peer = new Peer(keeper, 1).hello();
        ActorRef<SlotCommand> words = peer.idle(0);
        first.kill();
        fish(JobBoard.SlotGone.class);
        words.tell(new SlotCommand.Offer(peer.slot(0), ATTEMPT, Requests.healthy(4), now().plusSeconds(60), List.of()));

        JobBoard.AttemptEnded back = fish(JobBoard.AttemptEnded.class);
        assertThat(back.end().outcome()).isEqualTo(AttemptOutcome.HANDED_BACK);
        assertThat(back.end().code()).isEqualTo("drover:node.unavailable");
    }

    @Test
    void aDrainedNodeIsToldAndStopsWhenItsProcessHasEnded() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        MemoryProcess first = process();
        Peer peer = new Peer(keeper, 1).hello();
        peer.probe.expectMessage(new Node.Resize(2));
        keeper.tell(new NodeKeeper.Drain(
                NodeKeeper.AfterDrain.STOP, "a test", settings(false).limits().drain()));
        peer.probe.expectMessage(REAL, new Node.Drain(settings(false).limits().drain()));
        first.onExit().complete(NodeExit.DONE);

        board.expectTerminated(keeper, REAL);
        incidents.expectNoMessage(Duration.ofMillis(50));
        assertThat(launched).isEmpty();
    }

    @Test
    void aDrainThatTakesTooLongEndsTheProcess() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        MemoryProcess first = process();
        Peer peer = new Peer(keeper, 1).hello();
        peer.run(0, ATTEMPT);
        keeper.tell(new NodeKeeper.Drain(
                NodeKeeper.AfterDrain.QUARANTINE,
                "a test",
                settings(false).limits().drain()));
        peer.probe.fishForMessage(
                REAL,
                word -> word instanceof Node.Drain ? FishingOutcomes.complete() : FishingOutcomes.continueAndIgnore());
        pass(settings(false).limits().drain().plusSeconds(30));

        assertThat(first.onExit()).succeedsWithin(REAL).isEqualTo(137);
        assertThat(fish(JobBoard.AttemptEnded.class).attempt()).isEqualTo(ATTEMPT);
        assertThat(statusIn(NodeState.QUARANTINED).note()).contains("a test");
    }

    @Test
    void aDrainedProcessThatFallsSilentIsNotWaitedFor() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        MemoryProcess first = process();
        Peer peer = new Peer(keeper, 1).hello();
        peer.run(0, ATTEMPT);
        Watchdog.Listen listen = watchdog.expectMessageClass(Watchdog.Listen.class, REAL);
        keeper.tell(new NodeKeeper.Drain(NodeKeeper.AfterDrain.QUARANTINE, "a test", Duration.ofHours(1)));

        listen.owner().tell(new NodeSilent(listen.node(), listen.limit(), listen.limit(), now()));

        assertThat(first.onExit()).succeedsWithin(REAL).isEqualTo(137);
        assertThat(fish(JobBoard.AttemptEnded.class).attempt()).isEqualTo(ATTEMPT);
        assertThat(statusIn(NodeState.QUARANTINED).note()).contains("a test");
    }

    @Test
    void aKeeperThatEndsTakesItsProcessesWithIt() throws InterruptedException {
        ActorRef<NodeKeeper.Command> keeper = keeper(false);
        MemoryProcess first = process();
        kit.stop(keeper);

        assertThat(first.onExit()).succeedsWithin(REAL).isEqualTo(137);
    }
}
