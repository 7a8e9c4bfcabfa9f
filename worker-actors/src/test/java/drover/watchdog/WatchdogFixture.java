package drover.watchdog;

import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.eventstream.EventStream;

/** A real watchdog on manual time, with a probe that owns every watch and one that listens to the event stream. */
final class WatchdogFixture implements AutoCloseable {
    static final Duration STEP_TIMEOUT = Duration.ofSeconds(15);
    static final Duration CANCEL_GRACE = Duration.ofSeconds(5);
    static final Duration RESTART_GRACE = Duration.ofSeconds(10);
    static final PhaseTimeouts TIMEOUTS = PhaseTimeouts.builder()
            .inferenceStep(STEP_TIMEOUT)
            .cancelGrace(CANCEL_GRACE)
            .restartGrace(RESTART_GRACE)
            .build();

    /** Held while the watchdog is meant to be busy: it cannot get past reading its clock. */
    private final ReentrantLock busy = new ReentrantLock();

    final ActorTestKit kit = ActorTestKit.create(TestTime.config());
    final TestTime time = TestTime.of(kit.system());
    final TestProbe<Verdict> owner = kit.createTestProbe();
    final TestProbe<Verdict> published = kit.createTestProbe();
    final ActorRef<Watchdog.Command> watchdog = kit.spawn(Watchdog.create("node", this::nanoTime, time));

    private final TestProbe<WatchCounts> counts = kit.createTestProbe();
    private final TestProbe<Table> tables = kit.createTestProbe();

    WatchdogFixture() {
        kit.system().eventStream().tell(new EventStream.Subscribe<>(Verdict.class, published.ref()));
        settle();
    }

    static AttemptId attempt(String job) {
        return new AttemptId(new JobId(job), 1);
    }

    static Position denoising(int step, int of) {
        return new Position(Phase.DENOISING, step, of);
    }

    void watch(AttemptId attempt) {
        tell(new Watchdog.Watch(attempt, "emoji", TIMEOUTS, Rungs.FULL, owner.ref()));
    }

    void advanced(AttemptId attempt, Position position) {
        tell(new Watchdog.Advanced(attempt, position));
    }

    void heartbeat(AttemptId attempt) {
        tell(new Watchdog.Heartbeat(attempt));
    }

    void tell(Watchdog.Command command) {
        watchdog.tell(command);
    }

    WatchCounts counts() {
        tell(new Watchdog.GetCounts(counts.ref()));
        return counts.receiveMessage();
    }

    List<Table.Row> rows() {
        tell(new Watchdog.GetTable(tables.ref()));
        return tables.receiveMessage().rows();
    }

    /** Lets time pass. */
    void pass(Duration duration) {
        time.pass(duration, this::settle);
    }

    /** Does something while the watchdog is busy, so that all messages of it wait in the mailbox in this order. */
    void whileBusy(Runnable action) {
        busy.lock();
        try {
            action.run();
        } finally {
            busy.unlock();
        }
    }

    private long nanoTime() {
        busy.lock();
        try {
            return time.getAsLong();
        } finally {
            busy.unlock();
        }
    }

    /** Two rounds, because the watchdog answers a tick with a message to itself. */
    void settle() {
        counts();
        counts();
    }

    /** Asserts that no verdict has come that was not received; everything told so far is taken into account. */
    void expectNoVerdict() {
        settle();
        owner.expectNoMessage(Duration.ZERO);
    }

    @Override
    public void close() {
        kit.shutdownTestKit();
    }
}
