package drover.bench;

import drover.inference.AttemptId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Rungs;
import drover.watchdog.Verdict;
import drover.watchdog.WatchCounts;
import drover.watchdog.Watchdog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Events per second through a real {@link Watchdog} in a real actor system: made, sent, taken from the mailbox and
 * judged. One thread sends, the actor runs on another; the slower of the two sets the pace.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class WatchdogMessagesBench {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final ActorSystem<Watchdog.Command> system =
            BenchSystem.start(Watchdog.create("bench", System::nanoTime, InstantSource.system()), "bench-messages");
    private final List<AttemptId> reporters = WatchListBench.attempts();
    private int step;

    /** Watches all children. */
    public WatchdogMessagesBench() {
        ActorRef<Verdict> nobody = system.deadLetters();
        for (AttemptId attempt : WatchListBench.attempts()) {
            system.tell(new Watchdog.Watch(attempt, "bench", PhaseTimeouts.defaults(), Rungs.FULL, nobody));
        }
        await();
    }

    /** One step of every child, until the watchdog has taken in the last one. */
    @Benchmark
    @OperationsPerInvocation(WatchListBench.CHILDREN)
    public WatchCounts advance() {
        step++;
        for (AttemptId attempt : reporters) {
            system.tell(new Watchdog.Advanced(attempt, new Position(Phase.DENOISING, step, Integer.MAX_VALUE)));
        }
        return await();
    }

    /** Ends the actor system. */
    @TearDown
    public void stop() {
        BenchSystem.stop(system);
    }

    private WatchCounts await() {
        return AskPattern.<Watchdog.Command, WatchCounts>ask(
                        system, Watchdog.GetCounts::new, PATIENCE, system.scheduler())
                .toCompletableFuture()
                .join();
    }
}
