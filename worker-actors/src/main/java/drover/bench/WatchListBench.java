package drover.bench;

import drover.inference.AttemptId;
import drover.inference.JobId;
import drover.inference.Phase;
import drover.inference.Position;
import drover.watchdog.PhaseTimeouts;
import drover.watchdog.Rungs;
import drover.watchdog.WatchList;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Events per second that the rules themselves take in, on one thread. Each event is all that the watchdog does for one:
 * read the clock, find the attempt among {@link #CHILDREN}, judge the new position, put the deadline off, and look
 * whether any deadline is due.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class WatchListBench {
    /** How many attempts are watched. */
    public static final int CHILDREN = 10_000;

    private static final int STEPS = Integer.MAX_VALUE;

    private final WatchList list = new WatchList("bench", InstantSource.system());
    /** Equal to the watched ids but not the same objects, as when reports come from elsewhere. */
    private final List<AttemptId> reporters = attempts();

    private int child;
    private int step = 1;

    /** Watches all children and brings each to its first step. */
    public WatchListBench() {
        long now = System.nanoTime();
        for (AttemptId attempt : attempts()) {
            list.watch(attempt, "bench", PhaseTimeouts.defaults(), Rungs.FULL, now);
        }
    }

    /** A step of the next child: an advance. */
    @Benchmark
    public boolean advance() {
        if (++child == CHILDREN) {
            child = 0;
            step++;
        }
        long now = System.nanoTime();
        boolean advanced = list.advanced(reporters.get(child), new Position(Phase.DENOISING, step, STEPS), now);
        return advanced ^ list.isDue(now);
    }

    /** A sign of life of the next child. */
    @Benchmark
    public boolean heartbeat() {
        if (++child == CHILDREN) {
            child = 0;
        }
        long now = System.nanoTime();
        list.heartbeat(reporters.get(child), now);
        return list.isDue(now);
    }

    /** Ids of as many attempts as are watched. */
    static List<AttemptId> attempts() {
        return IntStream.range(0, CHILDREN)
                .mapToObj(i -> new AttemptId(new JobId("job-" + i), 1))
                .toList();
    }
}
