package drover.bench;

import drover.client.JobRequest;
import drover.job.Job;
import drover.job.JobState;
import drover.node.NodeMemory;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;

/** Draws many pictures in one node process and looks at its memory: nothing may pile up, in Java or beneath it. */
public final class MemoryBench {
    private static final int PICTURES = 200;
    private static final int SETTLED = 20;
    private static final double LIMIT = 0.05;
    private static final double MIB = 1024 * 1024;

    private MemoryBench() {}

    /**
     * Measures and prints.
     *
     * @return whether memory stayed flat and handles came back to where they were
     * @throws BenchException if it could not be measured
     */
    public static boolean run(PrintStream out) throws BenchException {
        try (Rig rig = Rig.start("drover.nodes.gpus = [cpu]")) {
            rig.awaitReady(1);
            long pid = rig.nodes().getFirst().pid().orElseThrow();
            draw(rig, 1, SETTLED);
            NodeMemory settled = memory(rig);
            NodeMemory last = settled;
            long most = settled.residentBytes();
            out.printf("%8s %14s %12s %14s%n", "pictures", "resident MiB", "heap MiB", "native handles");
            print(out, SETTLED, settled);
            for (int drawn = SETTLED; drawn < PICTURES; drawn += SETTLED) {
                draw(rig, drawn + 1, SETTLED);
                last = memory(rig);
                most = Math.max(most, last.residentBytes());
                print(out, drawn + SETTLED, last);
            }
            if (rig.nodes().getFirst().pid().orElse(-1) != pid) {
                throw new BenchException("the node's process was replaced while it was measured");
            }
            double growth = (double) most / settled.residentBytes() - 1;
            long left = last.nativeHandles() - settled.nativeHandles();
            out.printf(
                    Locale.ROOT,
                    "growth after the first %d: %.1f %% (limit %.0f %%), native handles left over: %d%n",
                    SETTLED,
                    100 * growth,
                    100 * LIMIT,
                    left);
            return growth <= LIMIT && left == 0;
        }
    }

    private static void draw(Rig rig, int first, int count) throws BenchException {
        for (int seed = first; seed < first + count; seed++) {
            Job job = rig.follow(
                            rig.submit(JobRequest.of("a red apple").seed(seed).build()))
                    .awaitEnd();
            if (job.state() != JobState.DELIVERED) {
                throw new BenchException("picture " + seed + " ended as " + job.state() + " " + job.fault());
            }
        }
    }

    /** The first report that was made after this call. */
    private static NodeMemory memory(Rig rig) throws BenchException {
        Optional<NodeMemory> before = rig.nodes().getFirst().memory();
        return rig.awaitNode(
                        "a report of memory",
                        0,
                        n -> n.memory().isPresent() && !n.memory().equals(before))
                .status()
                .memory()
                .orElseThrow();
    }

    private static void print(PrintStream out, int drawn, NodeMemory memory) {
        out.printf(
                Locale.ROOT,
                "%8d %14.1f %12.1f %14d%n",
                drawn,
                memory.residentBytes() / MIB,
                memory.heapUsedBytes() / MIB,
                memory.nativeHandles());
    }
}
