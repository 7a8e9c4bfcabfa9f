package drover.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/** What the processes of a Drover hold while ever more jobs are done. */
final class MemoryCurve {
    private static final double MIB = 1024 * 1024;
    private static final double PER = 100_000;

    private final List<Point> points = new ArrayList<>();

    /**
     * One look.
     *
     * @param jobs how many had been delivered
     * @param control the control process
     * @param nodes all node processes together
     */
    record Point(long jobs, ProcessProbe.Memory control, ProcessProbe.Memory nodes) {}

    void add(Point point) {
        points.add(point);
    }

    /**
     * Prints the curve and how steep it is.
     *
     * @param limit growth from the first look to the last that still counts as flat, as a share of the mean
     * @return whether it is flat
     */
    boolean print(PrintStream out, double limit) {
        out.printf(
                "%12s %20s %20s %20s %20s%n", "MiB after", "control heap", "control RSS", "nodes' heaps", "nodes' RSS");
        for (Point point : points) {
            out.printf(
                    Locale.ROOT,
                    "%,12d %20.1f %20.1f %20.1f %20.1f%n",
                    point.jobs(),
                    point.control().heapBytes() / MIB,
                    point.control().residentBytes() / MIB,
                    point.nodes().heapBytes() / MIB,
                    point.nodes().residentBytes() / MIB);
        }
        boolean flat = true;
        out.printf("growth, by a straight line through the points (at most %.0f %% over all of them):%n", 100 * limit);
        flat &= slope(out, "control process, heap", limit, p -> p.control().heapBytes());
        flat &= slope(out, "control process, RSS", limit, p -> p.control().residentBytes());
        flat &= slope(out, "node processes, heap", limit, p -> p.nodes().heapBytes());
        flat &= slope(out, "node processes, RSS", limit, p -> p.nodes().residentBytes());
        return flat;
    }

    private boolean slope(PrintStream out, String what, double limit, ToLongFunction<Point> bytes) {
        SimpleRegression line = new SimpleRegression();
        points.forEach(point -> line.addData((double) point.jobs(), (double) bytes.applyAsLong(point)));
        double span = points.getLast().jobs() - points.getFirst().jobs();
        double mean = points.stream().mapToLong(bytes).average().orElse(1);
        double growth = line.getSlope() * span / mean;
        out.printf(
                Locale.ROOT,
                "  %-24s %+8.2f MiB per 100,000 jobs, %+.1f %%%n",
                what,
                line.getSlope() * PER / MIB,
                100 * growth);
        return growth <= limit;
    }
}
