package drover.bench;

import drover.client.JobRequest;
import drover.job.JobState;
import drover.ledger.LedgerStatistics;
import drover.node.NodeStatus;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How many jobs the whole runtime brings from their acceptance over HTTP to their delivery in a second, with an engine
 * that draws a test card and does nothing else: control process, ledger, node processes, asset store, and the callers, on
 * the same processors. And whether memory stays where it is, however many jobs have been done.
 */
public final class ThroughputBench {
    private static final double GOAL = 1_000;
    private static final double FLAT = 0.10;
    private static final Duration SAMPLE_PAUSE = Duration.ofMillis(20);
    private static final int KINDS_SHOWN = 6;

    /** How long single jobs are followed at each of the two paces. */
    private static final Duration PACED = Duration.ofSeconds(20);

    private final Scale scale;
    private final Rig rig;
    private final PrintStream out;

    /**
     * How much is done.
     *
     * @param nodes node processes
     * @param actors inference actors of each
     * @param callers connections that submit
     * @param window jobs on their way at most
     * @param warmUp until memory and compilers have settled
     * @param measured at full speed
     * @param looks how often memory is looked at meanwhile, at least 3 times
     */
    public record Scale(int nodes, int actors, int callers, int window, Duration warmUp, Duration measured, int looks) {
        /** Inference actors of each node, and callers, of the README's figure. */
        public static final int ACTORS = 8;

        public static final int CALLERS = 32;

        /** What the README's figure is about. */
        public static Scale of(int actors, int callers, Duration measured) {
            return new Scale(4, actors, callers, 200, Duration.ofSeconds(60), measured, 12);
        }
    }

    private ThroughputBench(Scale scale, Rig rig, PrintStream out) {
        this.scale = scale;
        this.rig = rig;
        this.out = out;
    }

    /**
     * Measures and prints.
     *
     * @return whether the figures are within their limits
     * @throws BenchException if it could not be measured
     */
    public static boolean run(Scale scale, PrintStream out) throws BenchException {
        try (Rig rig = Rig.start(
                """
                drover.engine = fault
                drover.nodes.gpus = [%s]
                drover.nodes.actors-per-gpu = %d
                drover.fault { load-time = 0s, encode-time = 0s, step-time = 0s, decode-time = 0s }
                """.formatted(String.join(", ", Collections.nCopies(scale.nodes(), "cpu")), scale.actors()))) {
            rig.awaitReady(scale.nodes());
            return new ThroughputBench(scale, rig, out).report();
        } catch (IOException e) {
            throw new BenchException("it could not be measured: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    private boolean report() throws BenchException, IOException, InterruptedException {
        JobRequest job = JobRequest.of("throughput").steps(1).build();
        out.printf(
                Locale.ROOT,
                "%d node processes of %d inference actors, engine that does nothing; %d callers, at most %d jobs on their"
                        + " way; %d processors, Java %s%n",
                scale.nodes(),
                scale.actors(),
                scale.callers(),
                scale.window(),
                Runtime.getRuntime().availableProcessors(),
                Runtime.version());
        List<ProcessProbe> probes = new ArrayList<>();
        try (JobStream stream = JobStream.start(rig, job, scale.callers(), scale.window())) {
            probes.add(ProcessProbe.own());
            for (NodeStatus node : rig.nodes()) {
                probes.add(ProcessProbe.of(node.pid().orElseThrow()));
            }
            TimeUnit.NANOSECONDS.sleep(scale.warmUp().toNanos());
            Full full = atFullSpeed(stream, probes);
            Histogram busy = latencies(job);
            double half = full.rate() / 2;
            stream.setPace(half);
            Histogram paced = latencies(job);
            long all = stream.end();
            requireAllDelivered();
            out.printf(
                    Locale.ROOT,
                    "%nfrom the acceptance to the delivery, at full speed: %s%n"
                            + "                                at %,6.0f jobs/s: %s%n",
                    describe(busy),
                    half,
                    describe(paced));
            boolean flat = full.curve().print(out, FLAT);
            out.printf(
                    Locale.ROOT,
                    "%n%,d jobs in all, every one delivered by its first process; accepted to delivered: %,.0f jobs/s"
                            + " (at least %,.0f)%n",
                    all,
                    full.rate(),
                    GOAL);
            return full.rate() >= GOAL && flat;
        } finally {
            for (ProcessProbe probe : probes) {
                probe.close();
            }
        }
    }

    /** What was seen at full speed. */
    private record Full(double rate, MemoryCurve curve) {}

    private Full atFullSpeed(JobStream stream, List<ProcessProbe> probes)
            throws BenchException, IOException, InterruptedException {
        MemoryCurve curve = new MemoryCurve();
        List<String> slices = new ArrayList<>();
        LedgerStatistics before = rig.ledger();
        List<Map<String, Long>> used =
                probes.stream().map(ProcessProbe::processorTime).toList();
        long first = stream.delivered();
        long begin = System.nanoTime();
        curve.add(look(first, probes));
        for (int i = 1; i < scale.looks(); i++) {
            long sliceBegin = System.nanoTime();
            long sliceFirst = stream.delivered();
            TimeUnit.NANOSECONDS.sleep(scale.measured().toNanos() / (scale.looks() - 1));
            slices.add(String.format(
                    Locale.ROOT, "%,.0f", rate(stream.delivered() - sliceFirst, System.nanoTime() - sliceBegin)));
            curve.add(look(stream.delivered(), probes));
        }
        long jobs = stream.delivered() - first;
        long nanos = System.nanoTime() - begin;
        LedgerStatistics after = rig.ledger();
        out.printf(
                Locale.ROOT,
                "at full speed for %.0f s: %,.0f jobs/s; piece by piece: %s%n",
                nanos / 1e9,
                rate(jobs, nanos),
                String.join(" ", slices));
        out.printf(
                Locale.ROOT,
                "the ledger: %,.0f commits/s of %.1f entries, p50 %.2f ms, p99 %.2f ms%n",
                rate(after.commits() - before.commits(), nanos),
                (double) (after.events() - before.events()) / Math.max(1, after.commits() - before.commits()),
                after.p50().toNanos() / 1e6,
                after.p99().toNanos() / 1e6);
        printProcessorTime(probes, used, jobs, nanos);
        return new Full(rate(jobs, nanos), curve);
    }

    private static double rate(long count, long nanos) {
        return count * 1e9 / nanos;
    }

    private MemoryCurve.Point look(long jobs, List<ProcessProbe> probes) throws IOException {
        ProcessProbe.Memory control = probes.getFirst().memory();
        long heaps = 0;
        long resident = 0;
        for (ProcessProbe node : probes.subList(1, probes.size())) {
            ProcessProbe.Memory memory = node.memory();
            heaps += memory.heapBytes();
            resident += memory.residentBytes();
        }
        return new MemoryCurve.Point(jobs, control, new ProcessProbe.Memory(heaps, resident));
    }

    /** By kind of thread; what is left of the processors shows whether they are what bounds the figure. */
    private void printProcessorTime(List<ProcessProbe> probes, List<Map<String, Long>> before, long jobs, long nanos) {
        Map<String, Long> control = new TreeMap<>();
        Map<String, Long> nodes = new TreeMap<>();
        for (int i = 0; i < probes.size(); i++) {
            Map<String, Long> then = before.get(i);
            Map<String, Long> sum = i == 0 ? control : nodes;
            probes.get(i)
                    .processorTime()
                    .forEach((kind, used) ->
                            sum.merge(kind, Math.max(0, used - then.getOrDefault(kind, 0L)), Long::sum));
        }
        long all = total(control) + total(nodes);
        out.printf(
                Locale.ROOT,
                "processor time: %.2f of %d processors; µs per job:%n",
                (double) all / nanos,
                Runtime.getRuntime().availableProcessors());
        printProcessorTime("control process and callers", control, jobs);
        printProcessorTime("node processes", nodes, jobs);
    }

    private void printProcessorTime(String what, Map<String, Long> used, long jobs) {
        out.printf(Locale.ROOT, "  %-36s %7.0f%n", what, total(used) / 1e3 / jobs);
        used.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(KINDS_SHOWN)
                .forEach(kind ->
                        out.printf(Locale.ROOT, "    %-34s %7.0f%n", kind.getKey(), kind.getValue() / 1e3 / jobs));
    }

    private static long total(Map<String, Long> used) {
        return used.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Follows single jobs among all the others. */
    private Histogram latencies(JobRequest job) throws IOException, BenchException, InterruptedException {
        Histogram nanos = new Histogram(Rig.PATIENCE.toNanos(), 3);
        long end =
                System.nanoTime() + Math.min(PACED.toNanos(), scale.measured().toNanos());
        try (Submitter submitter = new Submitter(rig.server(), job)) {
            while (System.nanoTime() < end) {
                String id = submitter.submit();
                long accepted = System.nanoTime();
                Rig.Heard heard = rig.follow(id)
                        .await(
                                "the end of the job",
                                h -> h.job().filter(j -> j.state().isTerminal()).isPresent());
                nanos.recordValue(Math.max(0, heard.nanos() - accepted));
                TimeUnit.NANOSECONDS.sleep(SAMPLE_PAUSE.toNanos());
            }
        }
        return nanos;
    }

    private static String describe(Histogram nanos) {
        return String.format(
                Locale.ROOT,
                "p50 %.1f ms, p99 %.1f ms, max %.1f ms (n = %d)",
                nanos.getValueAtPercentile(50) / 1e6,
                nanos.getValueAtPercentile(99) / 1e6,
                nanos.getMaxValue() / 1e6,
                nanos.getTotalCount());
    }

    private void requireAllDelivered() throws BenchException {
        for (JobState state : List.of(JobState.FAULTED, JobState.EXPIRED, JobState.CANCELLED)) {
            if (rig.hasJobs(state)) {
                throw new BenchException("jobs ended as " + state);
            }
        }
        for (NodeStatus node : rig.nodes()) {
            if (node.restarts() > 0) {
                throw new BenchException("process " + node.node() + " was replaced: "
                        + node.note().orElse(""));
            }
        }
    }
}
