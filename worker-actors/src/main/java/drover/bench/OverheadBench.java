package drover.bench;

import drover.client.DroverException;
import drover.client.JobRequest;
import drover.job.JobEvent;
import drover.ledger.LedgerStatistics;
import java.io.PrintStream;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * What the runtime adds to a job: from the first byte of {@code POST /v1/jobs} until the control process hears of the
 * attempt's first progress, with an engine that does nothing, warm, one job at a time. The node's word has to come back
 * first, so the figure includes both ways between the processes; and it includes the commit that acceptance waits for,
 * whose time in the same run is printed beside it.
 */
public final class OverheadBench {
    private static final int WARM_UP = 2_000;
    private static final int MEASURED = 2_000;
    private static final double P50_LIMIT_MS = 1;
    private static final double P99_LIMIT_MS = 5;

    private OverheadBench() {}

    /**
     * Measures and prints.
     *
     * @return whether the figures are within their limits
     * @throws BenchException if it could not be measured
     */
    public static boolean run(PrintStream out) throws BenchException {
        try (Rig rig = Rig.start("""
                drover.engine = fault
                drover.nodes.gpus = [cpu]
                drover.fault { load-time = 0s, encode-time = 0s, step-time = 0s, decode-time = 0s }
                """)) {
            rig.awaitReady(1);
            BlockingQueue<Event> events = new LinkedBlockingQueue<>();
            var actor = rig.control().system().systemActorOf(listener(events), "bench-events", Props.empty());
            rig.control().system().eventStream().tell(new EventStream.Subscribe<>(JobEvent.class, actor));
            measure(rig, events, WARM_UP);
            LedgerStatistics before = rig.ledger();
            Parts parts = measure(rig, events, MEASURED);
            Figures total = parts.started();
            LedgerStatistics ledger = rig.ledger();
            out.printf("submit over HTTP to first progress: %s%n", total);
            out.printf("  submit to assignment:             %s%n", parts.assigned());
            out.printf("  submit to the answer:             %s%n", parts.answered());
            out.printf(
                    "the ledger's commits in this run:   p50 %.3f ms, p99 %.3f ms (n = %d)%n",
                    ledger.p50().toNanos() / 1e6, ledger.p99().toNanos() / 1e6, ledger.commits() - before.commits());
            double p50 = total.millis(0.5) - ledger.p50().toNanos() / 1e6;
            double p99 = total.millis(0.99) - ledger.p99().toNanos() / 1e6;
            out.printf(
                    "beyond the commit: p50 %.3f ms (limit %.0f), p99 %.3f ms (limit %.0f)%n",
                    p50, P50_LIMIT_MS, p99, P99_LIMIT_MS);
            return p50 <= P50_LIMIT_MS && p99 <= P99_LIMIT_MS;
        }
    }

    private record Event(JobEvent event, long nanos) {}

    /** From the submission on. */
    private record Parts(Figures assigned, Figures answered, Figures started) {}

    private static Behavior<JobEvent> listener(BlockingQueue<Event> events) {
        return Behaviors.receiveMessage(event -> {
            events.add(new Event(event, System.nanoTime()));
            return Behaviors.same();
        });
    }

    private static Parts measure(Rig rig, BlockingQueue<Event> events, int count) throws BenchException {
        JobRequest request = JobRequest.of("overhead").steps(1).build();
        long[] assigned = new long[count];
        long[] answered = new long[count];
        long[] started = new long[count];
        try {
            for (int i = 0; i < count; i++) {
                long begin = System.nanoTime();
                String job = rig.client().submit(request, Optional.empty()).id();
                answered[i] = System.nanoTime() - begin;
                assigned[i] = await(events, job, JobEvent.Assigned.class) - begin;
                started[i] = await(events, job, JobEvent.Started.class) - begin;
                rig.follow(job).awaitEnd();
            }
        } catch (DroverException e) {
            throw new BenchException("a job was not accepted: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
        return new Parts(new Figures(assigned), new Figures(answered), new Figures(started));
    }

    private static long await(BlockingQueue<Event> events, String job, Class<? extends JobEvent> type)
            throws InterruptedException, BenchException {
        while (true) {
            Event next = events.poll(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (next == null) {
                throw new BenchException("job " + job + " had no " + type.getSimpleName() + " event");
            }
            if (type.isInstance(next.event()) && next.event().job().value().equals(job)) {
                return next.nanos();
            }
        }
    }
}
