package drover.bench;

import drover.client.JobRequest;
import drover.inference.Phase;
import drover.inference.fault.Trace;
import drover.job.JobEvent;
import drover.ledger.LedgerStatistics;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * What the runtime adds to a job: from {@code POST /v1/jobs} until the runner thread in the GPU process enters its first
 * inference step, with an engine that does nothing, one job at a time. The runner notes that moment itself, on the
 * monotonic clock that all processes of a Linux host share. The figure includes the commit that acceptance waits for,
 * whose time in the same run is printed beside it.
 *
 * <p>Warm means that the compiler has come to rest: it would otherwise be one of the two cores that are measured.
 */
public final class OverheadBench {
    private static final int ROUND = 1_000;
    private static final int MAX_WARM_UP_ROUNDS = 40;
    private static final double COMPILER_SHARE = 0.03;
    private static final int MEASURED = 5_000;
    private static final double P50_LIMIT_MS = 1;
    private static final double P99_LIMIT_MS = 5;

    private final Rig rig;
    private final Path trace;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final Submitter submitter;

    private OverheadBench(Rig rig, Path trace) throws IOException {
        this.rig = rig;
        this.trace = trace;
        this.submitter =
                new Submitter(rig.server(), JobRequest.of("overhead").steps(1).build());
    }

    /**
     * Measures and prints.
     *
     * @return whether the figures are within their limits
     * @throws BenchException if it could not be measured
     */
    public static boolean run(PrintStream out) throws BenchException {
        try {
            Path trace = Files.createTempFile("drover-overhead", ".trace");
            try (Rig rig = Rig.start("""
                    drover.engine = fault
                    drover.nodes.gpus = [cpu]
                    drover.fault { load-time = 0s, encode-time = 0s, step-time = 0s, decode-time = 0s }
                    drover.fault.trace = "%s"
                    """.formatted(trace))) {
                rig.awaitReady(1);
                OverheadBench bench = new OverheadBench(rig, trace);
                try (bench.submitter) {
                    return bench.report(out);
                }
            } finally {
                Files.delete(trace);
            }
        } catch (IOException e) {
            throw new BenchException("a job was not accepted: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    private boolean report(PrintStream out) throws IOException, InterruptedException, BenchException {
        var actor = rig.control().system().systemActorOf(listener(events), "bench-events", Props.empty());
        rig.control().system().eventStream().tell(new EventStream.Subscribe<>(JobEvent.class, actor));
        int warmUp = warmUp();
        LedgerStatistics before = rig.ledger();
        Parts parts = measure(MEASURED);
        Figures total = parts.firstStep();
        LedgerStatistics ledger = rig.ledger();
        out.printf("warm after %d jobs%n", warmUp);
        out.printf("submit over HTTP to first inference step: %s%n", total);
        out.printf("  submit to assignment:                   %s%n", parts.assigned());
        out.printf("  submit to the answer:                   %s%n", parts.answered());
        out.printf(
                "the ledger's commits:                     p50 %.3f ms, p99 %.3f ms (n = %d)%n",
                ledger.p50().toNanos() / 1e6, ledger.p99().toNanos() / 1e6, ledger.commits() - before.commits());
        double p50 = total.millis(0.5) - ledger.p50().toNanos() / 1e6;
        double p99 = total.millis(0.99) - ledger.p99().toNanos() / 1e6;
        out.printf(
                "beyond the commit: p50 %.3f ms (limit %.0f), p99 %.3f ms (limit %.0f)%n",
                p50, P50_LIMIT_MS, p99, P99_LIMIT_MS);
        return p50 <= P50_LIMIT_MS && p99 <= P99_LIMIT_MS;
    }

    private record Event(JobEvent event, long nanos) {}

    /** From the submission on. */
    private record Parts(Figures assigned, Figures answered, Figures firstStep) {}

    private static Behavior<JobEvent> listener(BlockingQueue<Event> events) {
        return Behaviors.receiveMessage(event -> {
            events.add(new Event(event, System.nanoTime()));
            return Behaviors.same();
        });
    }

    /** Runs jobs until the compiler takes but a small share of the time, and says how many that took. */
    private int warmUp() throws IOException, InterruptedException, BenchException {
        CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
        for (int round = 1; round <= MAX_WARM_UP_ROUNDS; round++) {
            long compiled = compiler.getTotalCompilationTime();
            long begin = System.nanoTime();
            measure(ROUND);
            double share = (compiler.getTotalCompilationTime() - compiled) * 1e6 / (System.nanoTime() - begin);
            if (share < COMPILER_SHARE) {
                return round * ROUND;
            }
        }
        return MAX_WARM_UP_ROUNDS * ROUND;
    }

    private Parts measure(int count) throws IOException, InterruptedException, BenchException {
        String[] jobs = new String[count];
        long[] begin = new long[count];
        long[] assigned = new long[count];
        long[] answered = new long[count];
        long[] firstStep = new long[count];
        for (int i = 0; i < count; i++) {
            begin[i] = System.nanoTime();
            jobs[i] = submitter.submit();
            answered[i] = System.nanoTime() - begin[i];
            assigned[i] = awaitAssigned(jobs[i]) - begin[i];
            rig.follow(jobs[i]).awaitEnd();
        }
        Map<String, Long> firstSteps = firstSteps();
        for (int i = 0; i < count; i++) {
            Long at = firstSteps.get(jobs[i]);
            if (at == null) {
                throw new BenchException("job " + jobs[i] + " left no first step in " + trace);
            }
            firstStep[i] = at - begin[i];
        }
        return new Parts(new Figures(assigned), new Figures(answered), new Figures(firstStep));
    }

    private Map<String, Long> firstSteps() throws IOException {
        Map<String, Long> all = new HashMap<>();
        for (Trace.Line line : Trace.read(trace)) {
            if (line.position().phase() == Phase.DENOISING && line.position().step() == 0) {
                all.put(line.attempt().job().value(), line.nanos());
            }
        }
        return all;
    }

    private long awaitAssigned(String job) throws InterruptedException, BenchException {
        while (true) {
            Event next = events.poll(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (next == null) {
                throw new BenchException("job " + job + " was not assigned");
            }
            if (next.event() instanceof JobEvent.Assigned
                    && next.event().job().value().equals(job)) {
                return next.nanos();
            }
        }
    }
}
