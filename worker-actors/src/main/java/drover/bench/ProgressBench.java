package drover.bench;

import drover.horde.ProgressSteps;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What the count of a download's progress costs for each piece that comes in, over a file of the largest size taken. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ProgressBench {
    private static final long FILE = 400L << 20;
    private static final int PIECE = 16 << 10;

    private ProgressSteps steps = begun();
    private long bytes;
    private int told;

    private ProgressSteps begun() {
        return new ProgressSteps(FILE, step -> told = step);
    }

    /** One piece of 16 KiB, and every 25,600th the file's end and the next one's beginning. */
    @Benchmark
    public int progressOfADownload() {
        bytes += PIECE;
        steps.reached(bytes);
        if (bytes >= FILE) {
            steps.done();
            steps = begun();
            bytes = 0;
        }
        return told;
    }
}
